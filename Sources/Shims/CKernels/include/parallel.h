// Loops on the pool of threads that the kernel library uses itself, so that the two never compete for cores.

#ifndef FOVEA_PARALLEL_H
#define FOVEA_PARALLEL_H

#include <stdint.h>

// Does a part of the work: items first ..< last.
typedef void (*fovea_loop_body)(int64_t first, int64_t last, const void *context);

// Splits 0 ..< count into one contiguous part a thread, none smaller than `grain` items, and waits for all.
// Runs on libgomp's pool where that is loaded, else on the calling thread alone.
void fovea_parallel(int64_t count, int64_t grain, fovea_loop_body body, const void *context);

// Threads of the pool as seen by the calling thread; 1 without a pool.
int fovea_pool_threads(void);

// Sets the number of threads of regions that the calling thread starts.
void fovea_set_pool_threads(int count);

// Makes denormal results and inputs zero on the calling thread (x86-64 and arm64; elsewhere nothing happens).
void fovea_flush_denormals(void);

// True if every thread of the pool flushes denormals.
int fovea_pool_flushes_denormals(void);

#endif
