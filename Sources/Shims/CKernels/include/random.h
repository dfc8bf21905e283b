// Many random numbers at once: the blocks of Philox 4x32-10, and numbers made of them. The same bits on every processor,
// whatever the instruction set: nothing here is rounded otherwise by one of them.

#ifndef FOVEA_RANDOM_H
#define FOVEA_RANDOM_H

#include <stdint.h>

/// A place in a stream of 32-bit words: word `used` (0 to 4) of the block of `counter`.
struct fovea_random_place {
    uint32_t counter[4];
    uint32_t key[2];
    int64_t used;
};

/// `count` normal numbers times `deviation` (Box and Muller 1958), of two words each: its first gives the radius, its
/// second the angle.
void fovea_random_normal(const struct fovea_random_place *place, int64_t count, float deviation, float *out);

/// `count` numbers in [lower, upper), of one word each.
void fovea_random_uniform(const struct fovea_random_place *place, int64_t count, float lower, float upper, float *out);

#endif
