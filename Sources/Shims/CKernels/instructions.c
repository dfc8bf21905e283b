#include "include/instructions.h"

#include <stdatomic.h>

// Asked once for each kernel's call, so it must cost nothing: one relaxed read. -1 is not yet asked.
static atomic_int processor = -1;
static atomic_int limit = FOVEA_INSTRUCTIONS_AVX512_BF16;

static int ask_processor(void) {
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2"))
        return FOVEA_INSTRUCTIONS_ANY;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512cd"))
        return FOVEA_INSTRUCTIONS_AVX2;
    return __builtin_cpu_supports("avx512bf16") ? FOVEA_INSTRUCTIONS_AVX512_BF16 : FOVEA_INSTRUCTIONS_AVX512;
#else
    return FOVEA_INSTRUCTIONS_ANY;
#endif
}

enum fovea_instructions fovea_instructions(void) {
    int has = atomic_load_explicit(&processor, memory_order_relaxed);
    if (has < 0) {
        has = ask_processor();
        atomic_store_explicit(&processor, has, memory_order_relaxed);
    }
    const int most = atomic_load_explicit(&limit, memory_order_relaxed);
    return (enum fovea_instructions)(has < most ? has : most);
}

void fovea_limit_instructions(enum fovea_instructions most) {
    atomic_store_explicit(&limit, (int)most, memory_order_relaxed);
}

const char *fovea_instructions_name(void) {
#if defined(__aarch64__)
    return "neon";
#endif
    switch (fovea_instructions()) {
    case FOVEA_INSTRUCTIONS_ANY: return "any";
    case FOVEA_INSTRUCTIONS_AVX2: return "avx2";
    case FOVEA_INSTRUCTIONS_AVX512: return "avx512";
    case FOVEA_INSTRUCTIONS_AVX512_BF16: return "avx512_bf16";
    }
    return "any";
}
