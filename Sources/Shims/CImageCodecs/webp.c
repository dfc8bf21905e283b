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
    fovea_codec_begin(error);
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

// The part of the canvas that the first frame covers, its bitstream, and what becomes of its colours.
typedef struct {
    const uint8_t *bytes;
    size_t count;
    int x, y, width, height;
    const fovea_conversion *conversion;
} frame_place;

// Decodes into `out` of `samples` samples a pixel.
static VP8StatusCode decode_into(const frame_place *frame, int samples, uint8_t *out) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) return VP8_STATUS_INVALID_PARAM;
    config.output.colorspace = samples == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = out;
    config.output.u.RGBA.stride = frame->width * samples;
    config.output.u.RGBA.size = (size_t)frame->width * (size_t)frame->height * (size_t)samples;
    VP8StatusCode code = WebPDecode(frame->bytes, frame->count, &config);
    WebPFreeDecBuffer(&config.output);
    if (code == VP8_STATUS_OK) {
        size_t area = (size_t)frame->width * (size_t)frame->height;
        fovea_colours_convert(frame->conversion, out, out, area, samples);
    }
    return code;
}

static fovea_codec_status decode_over(const frame_place *frame, const fovea_codec_header *header,
                                      const uint8_t *background, uint8_t *pixels, fovea_codec_error *error) {
    size_t stride = (size_t)frame->width * 4;
    uint8_t *room = calloc(stride, (size_t)frame->height);
    if (!room) return fail(error, VP8_STATUS_OUT_OF_MEMORY);
    VP8StatusCode code = decode_into(frame, 4, room);
    if (code == VP8_STATUS_OK) {
        size_t width = (size_t)header->width;
        if (frame->width != header->width || frame->height != header->height) {
            fovea_codec_fill(pixels, width * (size_t)header->height, 3, background);
        }
        for (int row = 0; row < frame->height; row++) {
            uint8_t *out = pixels + 3 * ((size_t)(frame->y + row) * width + (size_t)frame->x);
            fovea_codec_composite(room + (size_t)row * stride, 4, (size_t)frame->width, 3, background, out);
        }
    } else {
        fail(error, code);
    }
    free(room);
    return error->status;
}

static fovea_codec_status decode_first_frame(WebPDemuxer *demuxer, const fovea_conversion *conversion,
                                             const fovea_codec_header *header, const uint8_t *background,
                                             uint8_t *pixels, fovea_codec_error *error) {
    WebPIterator frame;
    if (!WebPDemuxGetFrame(demuxer, 1, &frame)) {
        return fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the WebP container holds no frame");
    }
    frame_place place = {frame.fragment.bytes, frame.fragment.size, frame.x_offset, frame.y_offset, frame.width,
                         frame.height, conversion};
    if (!frame.complete) {
        fail(error, VP8_STATUS_NOT_ENOUGH_DATA);
    } else if (place.x < 0 || place.y < 0 || place.width <= 0 || place.height <= 0
               || place.x + (int64_t)place.width > header->width || place.y + (int64_t)place.height > header->height) {
        fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the first frame lies outside its canvas");
    } else {
        decode_over(&place, header, background, pixels, error);
    }
    WebPDemuxReleaseIterator(&frame);
    return error->status;
}

// The conversion to sRGB that the container's profile asks for.
static const fovea_conversion *conversion_of(WebPDemuxer *demuxer, fovea_colours *colours) {
    WebPChunkIterator chunk;
    if (!colours || !demuxer || !WebPDemuxGetChunk(demuxer, "ICCP", 1, &chunk)) return NULL;
    const fovea_conversion *conversion =
        fovea_colours_find(colours, chunk.chunk.bytes, chunk.chunk.size, FOVEA_SAMPLES_RGB);
    WebPDemuxReleaseChunkIterator(&chunk);
    return conversion;
}

fovea_codec_status fovea_webp_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                     const fovea_codec_request *request, uint8_t *pixels, fovea_codec_error *error) {
    fovea_codec_begin(error);
    if (is_cut_short(bytes, count)) return fail(error, VP8_STATUS_NOT_ENOUGH_DATA);
    if (request->channels != 3) return fail(error, VP8_STATUS_INVALID_PARAM);
    WebPBitstreamFeatures features;
    VP8StatusCode code = WebPGetFeatures(bytes, count, &features);
    if (code != VP8_STATUS_OK) return fail(error, code);
    if (features.width != header->width || features.height != header->height || features.width < 1
        || features.height < 1) {
        return fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the size is not what the header says");
    }
    WebPData data = {bytes, count};
    WebPDemuxer *demuxer = features.has_animation || request->colours ? WebPDemux(&data) : NULL;
    const fovea_conversion *conversion = conversion_of(demuxer, request->colours);
    frame_place whole = {bytes, count, 0, 0, features.width, features.height, conversion};
    if (features.has_animation && !demuxer) {
        fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the WebP container is damaged");
    } else if (features.has_animation) {
        decode_first_frame(demuxer, conversion, header, request->background, pixels, error);
    } else if (features.has_alpha) {
        decode_over(&whole, header, request->background, pixels, error);
    } else {
        code = decode_into(&whole, 3, pixels);
        if (code != VP8_STATUS_OK) fail(error, code);
    }
    WebPDemuxDelete(demuxer);
    return error->status;
}
