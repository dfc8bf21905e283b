#include "include/parallel.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// libgomp's entry points, weak: present when oneDNN has brought libgomp along. macOS has no libgomp.
#if defined(__linux__)
extern void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags) __attribute__((weak));
extern int omp_get_thread_num(void) __attribute__((weak));
extern int omp_get_num_threads(void) __attribute__((weak));
extern int omp_get_max_threads(void) __attribute__((weak));
extern void omp_set_num_threads(int count) __attribute__((weak));
#define HAS_POOL (GOMP_parallel && omp_get_thread_num && omp_get_num_threads && omp_get_max_threads)
#else
#define HAS_POOL 0
#endif

struct region {
    int64_t count;
    fovea_loop_body body;
    const void *context;
};

#if defined(__linux__)
static void part(void *data) {
    const struct region *region = data;
    const int64_t threads = omp_get_num_threads(), thread = omp_get_thread_num();
    const int64_t first = region->count * thread / threads, last = region->count * (thread + 1) / threads;
    if (first < last) region->body(first, last, region->context);
}
#endif

void fovea_parallel(int64_t count, int64_t grain, fovea_loop_body body, const void *context) {
#if defined(__linux__)
    if (HAS_POOL && grain > 0 && count >= 2 * grain) {
        const int64_t useful = count / grain, available = omp_get_max_threads();
        struct region region = {count, body, context};
        GOMP_parallel(part, &region, (unsigned)(useful < available ? useful : available), 0);
        return;
    }
#else
    (void)grain;
#endif
    if (count > 0) body(0, count, context);
}

int fovea_pool_threads(void) {
#if defined(__linux__)
    if (HAS_POOL) return omp_get_max_threads();
#endif
    return 1;
}

void fovea_set_pool_threads(int count) {
#if defined(__linux__)
    if (HAS_POOL && omp_set_num_threads && count > 0) omp_set_num_threads(count);
#else
    (void)count;
#endif
}

#if defined(__x86_64__)
// Flush-to-zero (bit 15) and denormals-are-zero (bit 6) of MXCSR.
enum { flush_bits = 0x8040 };
#elif defined(__aarch64__)
// FZ (bit 24) of FPCR.
static const uint64_t flush_bits = 1u << 24;
#endif

void fovea_flush_denormals(void) {
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | flush_bits);
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    __asm__ volatile("msr fpcr, %0" : : "r"(control | flush_bits));
#endif
}

static int flushes(void) {
#if defined(__x86_64__)
    return (_mm_getcsr() & flush_bits) == flush_bits;
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    return (control & flush_bits) != 0;
#else
    return 1;
#endif
}

static void count_flushing(int64_t first, int64_t last, const void *context) {
    int *answers = *(int *const *)context;
    for (int64_t index = first; index < last; index++) answers[index] = flushes();
}

int fovea_pool_flushes_denormals(void) {
    int answers[256] = {0};
    int *pointer = answers;
    const int threads = fovea_pool_threads() < 256 ? fovea_pool_threads() : 256;
    fovea_parallel(threads, 1, count_flushing, &pointer);
    for (int index = 0; index < threads; index++)
        if (!answers[index]) return 0;
    return 1;
}
