// FOVEA_CLONES before a function: compiled for AVX-512, for AVX2 and for any x86-64, chosen at load. Elsewhere nothing:
// NEON is part of every arm64, and clang refuses x86 names there.

#ifndef FOVEA_CLONES_H
#define FOVEA_CLONES_H

#include <stdlib.h>  // defines __GLIBC__, where this is glibc

#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__)
#define FOVEA_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOVEA_CLONES
#endif

#endif
