// WebP by libwebp: lossy and lossless, with and without alpha; of an animation the first frame, on its canvas.

#include "codec.h"

#include <stdlib.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

static fovea_codec_status fail(fovea_codec_error *error, VP8StatusCode code) {
    switch (code) {
        case VP8_STATUS_OUT_OF_MEMORY: return fovea_codec_fail(error, FOVEA_CODEC_NO_MEMORY, "out of memory");
        case VP8_STATUS_NOT_ENOUGH_DATA:
        case VP8_STATUS_SUSPENDED:
            return fovea_codec_fail(error, FOVEA_CODEC_TRUNCATED, "the file ends before the picture does");
        case VP8_STATUS_UNSUPPORTED_FEATURE:
            return fovea_codec_fail(error, FOVEA_CODEC_UNSUPPORTED, "a feature that libwebp does not read");
        default: return fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the WebP bitstream is damaged");
    }
}

// The length that the RIFF header promises, itself included; a last padding byte that is missing is forgiven.
static int is_cut_short(const uint8_t *bytes, size_t count) {
    if (count < 12) return 1;
    uint64_t promised = (uint64_t)bytes[4] | (uint64_t)bytes[5] << 8 | (uint64_t)bytes[6] << 16 | (uint64_t)bytes[7] << 24;
    return promised + 8 > count;
}

fovea_codec_status fovea_webp_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,
                                     fovea_codec_error *error) {
    error->status = FOVEA_CODEC_OK;
    error->text[0] = 0;
    if (is_cut_short(bytes, count)) return fail(error, VP8_STATUS_NOT_ENOUGH_DATA);
    WebPBitstreamFeatures features;
    VP8StatusCode code = WebPGetFeatures(bytes, count, &features);
    if (code != VP8_STATUS_OK) return fail(error, code);
    header->width = features.width;
    header->height = features.height;
    header->channels = 3;
    header->alpha = features.has_alpha || features.has_animation;
    header->depth = 8;
    return FOVEA_CODEC_OK;
}

// The part of the canvas that the first frame covers, and its bitstream.
typedef struct {
    const uint8_t *bytes;
    size_t count;
    int x, y, width, height;
} frame_place;

static fovea_codec_status decode_over(const frame_place *frame, const fovea_codec_header *header,
                                      const uint8_t *background, uint8_t *pixels, fovea_codec_error *error) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) return fail(error, VP8_STATUS_INVALID_PARAM);
    size_t stride = (size_t)frame->width * 4;
    size_t size = stride * (size_t)frame->height;
    uint8_t *room = calloc(1, size);
    if (!room) return fail(error, VP8_STATUS_OUT_OF_MEMORY);
    config.output.colorspace = MODE_RGBA;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = room;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = size;
    VP8StatusCode code = WebPDecode(frame->bytes, frame->count, &config);
    if (code == VP8_STATUS_OK) {
        size_t width = (size_t)header->width;
        if (frame->width != header->width || frame->height != header->height) {
            for (size_t i = 0; i < width * (size_t)header->height; i++) memcpy(pixels + 3 * i, background, 3);
        }
        for (int row = 0; row < frame->height; row++) {
            uint8_t *out = pixels + 3 * ((size_t)(frame->y + row) * width + (size_t)frame->x);
            fovea_codec_composite(room + (size_t)row * stride, 4, (size_t)frame->width, 3, background, out);
        }
    } else {
        fail(error, code);
    }
    WebPFreeDecBuffer(&config.output);
    free(room);
    return error->status;
}

static fovea_codec_status decode_first_frame(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                             const uint8_t *background, uint8_t *pixels, fovea_codec_error *error) {
    WebPData data = {bytes, count};
    WebPDemuxer *demuxer = WebPDemux(&data);
    if (!demuxer) return fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the WebP container is damaged");
    WebPIterator frame;
    if (WebPDemuxGetFrame(demuxer, 1, &frame)) {
        frame_place place = {frame.fragment.bytes, frame.fragment.size, frame.x_offset, frame.y_offset, frame.width,
                             frame.height};
        if (!frame.complete) {
            fail(error, VP8_STATUS_NOT_ENOUGH_DATA);
        } else if (place.x < 0 || place.y < 0 || place.width <= 0 || place.height <= 0
                   || place.x + (int64_t)place.width > header->width
                   || place.y + (int64_t)place.height > header->height) {
            fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the first frame lies outside its canvas");
        } else {
            decode_over(&place, header, background, pixels, error);
        }
        WebPDemuxReleaseIterator(&frame);
    } else {
        fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the WebP container holds no frame");
    }
    WebPDemuxDelete(demuxer);
    return error->status;
}

fovea_codec_status fovea_webp_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                     int32_t channels, const uint8_t *background, uint8_t *pixels,
                                     fovea_codec_error *error) {
    error->status = FOVEA_CODEC_OK;
    error->text[0] = 0;
    if (is_cut_short(bytes, count)) return fail(error, VP8_STATUS_NOT_ENOUGH_DATA);
    if (channels != 3) return fail(error, VP8_STATUS_INVALID_PARAM);
    WebPBitstreamFeatures features;
    VP8StatusCode code = WebPGetFeatures(bytes, count, &features);
    if (code != VP8_STATUS_OK) return fail(error, code);
    if (features.width != header->width || features.height != header->height) {
        return fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the size is not what the header says");
    }
    if (features.has_animation) return decode_first_frame(bytes, count, header, background, pixels, error);
    if (features.has_alpha) {
        frame_place whole = {bytes, count, 0, 0, features.width, features.height};
        return decode_over(&whole, header, background, pixels, error);
    }
    size_t size = (size_t)features.width * (size_t)features.height * 3;
    if (size == 0) return fail(error, VP8_STATUS_BITSTREAM_ERROR);
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) return fail(error, VP8_STATUS_INVALID_PARAM);
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = features.width * 3;
    config.output.u.RGBA.size = size;
    code = WebPDecode(bytes, count, &config);
    WebPFreeDecBuffer(&config.output);
    return code == VP8_STATUS_OK ? FOVEA_CODEC_OK : fail(error, code);
}
