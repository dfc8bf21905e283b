// Counts what the calling thread allocates, where the C library lets a program replace malloc (glibc). For tests only.
#pragma once

/// Whether allocations are counted here at all.
int fovea_counts_allocations(void);

/// How many blocks the calling thread has asked for since it began.
long fovea_allocations(void);

/// How many of them were asked for within oneDNN, while it executed a primitive.
long fovea_allocations_within_onednn(void);
