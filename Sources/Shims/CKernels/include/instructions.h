// The instruction sets that these kernels know, and which of them they use: the processor's best, unless somebody who
// limits the kernel library too has set a limit.

#ifndef FOVEA_INSTRUCTIONS_H
#define FOVEA_INSTRUCTIONS_H

// In order: each includes those before it. Elsewhere than on x86-64 there is the first alone, which on arm64 has NEON.
enum fovea_instructions {
    FOVEA_INSTRUCTIONS_ANY,
    FOVEA_INSTRUCTIONS_AVX2,
    FOVEA_INSTRUCTIONS_AVX512,
    FOVEA_INSTRUCTIONS_AVX512_BF16
};

// What kernels use from here on.
enum fovea_instructions fovea_instructions(void);

// Kernels use no more than this from now on, in the whole process, whatever the processor has.
void fovea_limit_instructions(enum fovea_instructions most);

// `avx512_bf16`: a name for people.
const char *fovea_instructions_name(void);

#endif
