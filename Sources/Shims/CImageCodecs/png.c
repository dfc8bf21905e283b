// PNG by libpng: 1 to 16 bits, gray, colour and palette, alpha and tRNS, interlaced or not. 16-bit samples keep their
// high byte. Damage to pixels (a wrong checksum included) is an error; damage to comments and profiles is passed over.

#include "codec.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

typedef struct {
    const uint8_t *bytes;
    size_t left;
    fovea_codec_error *error;
} png_input;

static void on_error(png_structp png, png_const_charp text) {
    png_input *input = png_get_error_ptr(png);
    if (input->error->status == FOVEA_CODEC_OK) {
        int memory = strstr(text, "memory") != NULL;
        fovea_codec_fail(input->error, memory ? FOVEA_CODEC_NO_MEMORY : FOVEA_CODEC_DAMAGED, text);
    }
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) { (void)png, (void)text; }

static void on_read(png_structp png, png_bytep out, size_t count) {
    png_input *input = png_get_io_ptr(png);
    if (count > input->left) {
        fovea_codec_fail(input->error, FOVEA_CODEC_TRUNCATED, "the file ends before the picture does");
        png_error(png, "truncated");
    }
    memcpy(out, input->bytes, count);
    input->bytes += count;
    input->left -= count;
}

// Chunks that say nothing about pixels as Fovea sees them: skipped unread, so that nothing in them can do harm.
// The profile comes last: it is read where colours are to be converted.
static const png_byte skipped[] =
    "cHRM\0eXIf\0gAMA\0hIST\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0sTER\0tEXt\0tIME\0zTXt\0iCCP";
enum { LARGEST_CHUNK = 1 << 24 };

static png_structp open_file(png_input *input) {
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, input, on_error, on_warning);
    if (!png) {
        fovea_codec_fail(input->error, FOVEA_CODEC_NO_MEMORY, "libpng cannot start");
        return NULL;
    }
    png_set_read_fn(png, input, on_read);
    return png;
}

static void read_header(png_structp png, png_infop info, fovea_codec_header *header, int with_profile) {
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, skipped, (int)(sizeof skipped / 5) - with_profile);
    png_set_chunk_malloc_max(png, LARGEST_CHUNK);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_read_info(png, info);
    int colour = png_get_color_type(png, info);
    header->width = png_get_image_width(png, info);
    header->height = png_get_image_height(png, info);
    header->channels = (colour & PNG_COLOR_MASK_COLOR) ? 3 : 1;
    header->alpha = (colour & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS);
    header->depth = png_get_bit_depth(png, info);
}

fovea_codec_status fovea_png_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,
                                    fovea_codec_error *error) {
    png_input input = {bytes, count, error};
    fovea_codec_begin(error);
    png_structp png = open_file(&input);
    if (!png) return error->status;
    png_infop volatile info = NULL;
    if (setjmp(png_jmpbuf(png)) == 0) {
        info = png_create_info_struct(png);
        if (!info) png_error(png, "out of memory");
        read_header(png, info, header, 0);
    }
    png_infop made = info;
    png_destroy_read_struct(&png, &made, NULL);
    return error->status;
}

// Reads all rows as 8-bit samples: straight into `pixels` where the file has no alpha, else through `room`.
static void read_pixels(png_structp png, png_infop info, const fovea_codec_header *header, uint8_t *target, int samples) {
    png_set_expand(png);
    png_set_strip_16(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t stride = (size_t)header->width * (size_t)samples;
    if (png_get_rowbytes(png, info) != stride) png_error(png, "rows are not as long as the header says");
    for (int pass = 0; pass < passes; pass++) {
        for (int64_t row = 0; row < header->height; row++) png_read_row(png, target + (size_t)row * stride, NULL);
    }
    png_read_end(png, NULL);
}

// The conversion to sRGB that the file's profile asks for.
static const fovea_conversion *conversion_of(png_structp png, png_infop info, const fovea_codec_header *header,
                                             fovea_colours *colours) {
    png_charp name;
    int compression;
    png_bytep profile;
    png_uint_32 length;
    if (!colours || !png_get_iCCP(png, info, &name, &compression, &profile, &length)) return NULL;
    return fovea_colours_find(colours, profile, length, (fovea_samples)header->channels);
}

fovea_codec_status fovea_png_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                    const fovea_codec_request *request, uint8_t *pixels, fovea_codec_error *error) {
    png_input input = {bytes, count, error};
    fovea_codec_begin(error);
    size_t area = (size_t)header->width * (size_t)header->height;
    int samples = header->channels + (header->alpha ? 1 : 0);
    int direct = !header->alpha;
    if (direct ? request->channels != header->channels : request->channels < header->channels) {
        return fovea_codec_fail(error, FOVEA_CODEC_UNSUPPORTED, "the wrong number of channels was asked for");
    }
    uint8_t *room = direct ? NULL : malloc(area * (size_t)samples);
    if (!direct && !room) return fovea_codec_fail(error, FOVEA_CODEC_NO_MEMORY, "no room for the transparent picture");
    png_structp png = open_file(&input);
    if (!png) {
        free(room);
        return error->status;
    }
    png_infop volatile info = NULL;
    if (setjmp(png_jmpbuf(png)) == 0) {
        fovea_codec_header found;
        info = png_create_info_struct(png);
        if (!info) png_error(png, "out of memory");
        read_header(png, info, &found, request->colours != NULL);
        if (found.width != header->width || found.height != header->height || found.channels != header->channels
            || found.alpha != header->alpha) {
            png_error(png, "the size is not what the header says");
        }
        uint8_t *target = direct ? pixels : room;
        read_pixels(png, info, header, target, samples);
        fovea_colours_convert(conversion_of(png, info, header, request->colours), target, target, area, samples);
        if (!direct) fovea_codec_composite(room, samples, area, request->channels, request->background, pixels);
    }
    png_infop made = info;
    png_destroy_read_struct(&png, &made, NULL);
    free(room);
    return error->status;
}
