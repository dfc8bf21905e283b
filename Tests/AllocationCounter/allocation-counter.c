// Replaces the allocating functions of glibc by ones that count and pass on, and oneDNN's function that executes a
// primitive by one that notes what was allocated meanwhile. Linked into the test program only.

#define _GNU_SOURCE
#include "allocation-counter.h"

#if defined(__GLIBC__) || (defined(__linux__) && __has_include(<gnu/libc-version.h>))
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Thread_local long count __attribute__((tls_model("initial-exec")));
static _Thread_local long within_onednn __attribute__((tls_model("initial-exec")));

void *malloc(size_t size) { count++; return __libc_malloc(size); }
void *calloc(size_t number, size_t size) { count++; return __libc_calloc(number, size); }
void *realloc(void *block, size_t size) { count++; return __libc_realloc(block, size); }
void *memalign(size_t alignment, size_t size) { count++; return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { count++; return __libc_memalign(alignment, size); }
int posix_memalign(void **block, size_t alignment, size_t size) {
    count++;
    void *result = __libc_memalign(alignment, size);
    if (!result) return ENOMEM;
    *block = result;
    return 0;
}

// With oneDNN's own types this would need its headers; for the calling convention pointers are pointers.
typedef int execute_function(const void *primitive, void *stream, int count, const void *arguments);

int dnnl_primitive_execute(const void *primitive, void *stream, int argument_count, const void *arguments) {
    static execute_function *_Atomic execute;
    if (!execute) execute = (execute_function *)dlsym(RTLD_NEXT, "dnnl_primitive_execute");
    const long before = count;
    const int status = execute(primitive, stream, argument_count, arguments);
    within_onednn += count - before;
    return status;
}

int fovea_counts_allocations(void) { return 1; }
long fovea_allocations(void) { return count; }
long fovea_allocations_within_onednn(void) { return within_onednn; }

#else

int fovea_counts_allocations(void) { return 0; }
long fovea_allocations(void) { return 0; }
long fovea_allocations_within_onednn(void) { return 0; }

#endif
