// One function compiled for AVX-512, for AVX2 and for any x86-64, chosen at each call by what fovea_instructions() allows.
// Write its body as FOVEA_BODY name_body(...), then FOVEA_CLONES(static or nothing, name, (parameters), (arguments)).
// Elsewhere there is one version: NEON is part of every arm64, and clang refuses x86 names there.

#ifndef FOVEA_CLONES_H
#define FOVEA_CLONES_H

#include "include/instructions.h"

#define FOVEA_BODY static inline __attribute__((always_inline)) void

#if defined(__x86_64__)
#define FOVEA_CLONES(linkage, name, parameters, arguments)                                                            \
    __attribute__((target("arch=x86-64-v4"), min_vector_width(512))) static void name##_avx512 parameters {           \
        name##_body arguments;                                                                                        \
    }                                                                                                                 \
    __attribute__((target("arch=x86-64-v3"))) static void name##_avx2 parameters { name##_body arguments; }           \
    linkage void name parameters {                                                                                    \
        switch (fovea_instructions()) {                                                                               \
        case FOVEA_INSTRUCTIONS_AVX512_BF16:                                                                          \
        case FOVEA_INSTRUCTIONS_AVX512: name##_avx512 arguments; break;                                               \
        case FOVEA_INSTRUCTIONS_AVX2: name##_avx2 arguments; break;                                                   \
        case FOVEA_INSTRUCTIONS_ANY: name##_body arguments; break;                                                    \
        }                                                                                                             \
    }
#else
#define FOVEA_CLONES(linkage, name, parameters, arguments)                                                            \
    linkage void name parameters { name##_body arguments; }
#endif

#endif
