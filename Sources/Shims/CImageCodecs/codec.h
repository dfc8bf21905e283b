// What the codec files share: how an error is written down, and how a transparent sample is laid over a background.

#ifndef FOVEA_CODEC_H
#define FOVEA_CODEC_H

#include "include/fovea_codecs.h"

// Writes status and text, cut to fit, and returns the status.
fovea_codec_status fovea_codec_fail(fovea_codec_error *error, fovea_codec_status status, const char *text);

// The sample `over` with opacity `alpha` on `under`, rounded as Pillow's paste does: (over a + under (255 - a)) / 255.
static inline uint8_t fovea_codec_blend(unsigned over, unsigned alpha, unsigned under) {
    unsigned sum = over * alpha + under * (255 - alpha) + 128;
    return (uint8_t)((sum + (sum >> 8)) >> 8);
}

// Lays `count` pixels of `in` (in_channels 2: gray + alpha, 4: RGB + alpha) over the background.
void fovea_codec_composite(const uint8_t *in, int in_channels, size_t count, int channels, const uint8_t *background,
                           uint8_t *out);

#endif
