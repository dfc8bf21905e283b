// JPEG by libjpeg-turbo: baseline and progressive, gray, RGB, YCbCr, CMYK and YCCK. Four inks are taken as Adobe writes
// them, inverted, whether or not the file says so (as Pillow does). A file that ends early is refused, never filled up.
// A part of the picture costs less than all of it, and its pixels are those of the whole.

#include "codec.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

// A progressive file of more scans than this is an attack: encoders write about ten. Each scan costs time that grows with
// the picture, not with the file, so large pictures may have fewer.
enum { MAXIMUM_SCANS = 100, ROWS_AT_A_TIME = 16 };
static const int64_t maximum_scanned_pixels = (int64_t)1 << 32;

typedef struct {
    struct jpeg_error_mgr manager;  // must be first: libjpeg hands this pointer back
    jmp_buf escape;
    fovea_codec_error *error;
} jpeg_failure;

static void fail(j_common_ptr info, fovea_codec_status status, const char *text) {
    jpeg_failure *failure = (jpeg_failure *)info->err;
    fovea_codec_fail(failure->error, status, text);
    longjmp(failure->escape, 1);
}

static void on_error(j_common_ptr info) {
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    fovea_codec_status status = FOVEA_CODEC_DAMAGED;
    switch (info->err->msg_code) {
        case JERR_OUT_OF_MEMORY: status = FOVEA_CODEC_NO_MEMORY; break;
        case JERR_BAD_PRECISION:
        case JERR_SOF_UNSUPPORTED:
        case JERR_ARITH_NOTIMPL:
        case JERR_NOT_COMPILED: status = FOVEA_CODEC_UNSUPPORTED; break;
        default: break;
    }
    fail(info, status, text);
}

static void on_message(j_common_ptr info, int level) { (void)info, (void)level; }

// All bytes are in memory: asking for more means that the file is cut short.
static boolean on_end_of_bytes(j_decompress_ptr info) {
    fail((j_common_ptr)info, FOVEA_CODEC_TRUNCATED, "the file ends before the picture does");
    return FALSE;
}

static void on_progress(j_common_ptr info) {
    j_decompress_ptr file = (j_decompress_ptr)info;
    int64_t pixels = (int64_t)file->image_width * file->image_height;
    if (file->input_scan_number > MAXIMUM_SCANS
        || (file->input_scan_number > 1 && file->input_scan_number * pixels > maximum_scanned_pixels)) {
        fail(info, FOVEA_CODEC_UNSUPPORTED, "more progressive scans than any encoder writes");
    }
}

static void open_file(struct jpeg_decompress_struct *info, const uint8_t *bytes, size_t count, int with_profile) {
    jpeg_create_decompress(info);
    jpeg_mem_src(info, (unsigned char *)bytes, (unsigned long)count);
    info->src->fill_input_buffer = on_end_of_bytes;
    if (with_profile) jpeg_save_markers(info, JPEG_APP0 + 2, 0xFFFF);
    jpeg_read_header(info, TRUE);
}

static void set_up(jpeg_failure *failure, struct jpeg_decompress_struct *info, fovea_codec_error *error) {
    memset(info, 0, sizeof *info);
    fovea_codec_begin(error);
    failure->error = error;
    info->err = jpeg_std_error(&failure->manager);
    failure->manager.error_exit = on_error;
    failure->manager.emit_message = on_message;
    failure->manager.output_message = NULL;
}

fovea_codec_status fovea_jpeg_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,
                                     fovea_codec_error *error) {
    struct jpeg_decompress_struct info;
    jpeg_failure failure;
    if (count == 0) return fovea_codec_fail(error, FOVEA_CODEC_TRUNCATED, "the file is empty");
    set_up(&failure, &info, error);
    if (setjmp(failure.escape) == 0) {
        open_file(&info, bytes, count, 0);
        header->width = info.image_width;
        header->height = info.image_height;
        header->channels = info.num_components == 1 ? 1 : 3;
        header->alpha = 0;
        header->depth = info.data_precision;
        if (info.num_components != 1 && info.num_components != 3 && info.num_components != 4) {
            fail((j_common_ptr)&info, FOVEA_CODEC_UNSUPPORTED, "a JPEG of neither 1, 3 nor 4 components");
        }
    }
    jpeg_destroy_decompress(&info);
    return error->status;
}

// Inverted inks to RGB, rounded as Pillow does: r = (255 - k) - c (255 - k) / 255 of the true inks.
static void inks_to_rgb(const uint8_t *in, size_t count, uint8_t *out) {
    for (size_t i = 0; i < count; i++, in += 4, out += 3) {
        unsigned light = in[3];
        for (int c = 0; c < 3; c++) {
            unsigned product = (255u - in[c]) * light + 128;
            int value = (int)light - (int)(((product >> 8) + product) >> 8);
            out[c] = (uint8_t)(value < 0 ? 0 : value);
        }
    }
}

// What is read, and where it goes.
typedef struct {
    const fovea_codec_request *request;
    const fovea_conversion *conversion;
    uint8_t *pixels;
    int64_t left;  // columns that are decoded before the first that is wanted
} jpeg_part;

// Limits decoding to the columns wanted. Chroma is smoothed between neighbours, so a block more than is wanted is decoded
// on either side: then every pixel is what it is in the whole picture.
static void choose_columns(struct jpeg_decompress_struct *info, jpeg_part *part) {
    int64_t width = info->output_width, wanted = part->request->width;
    part->left = part->request->x;
    if (wanted == width) return;
    int64_t block = (int64_t)info->max_h_samp_factor * 8;
    int64_t from = part->request->x - block > 0 ? part->request->x - block : 0;
    int64_t to = part->request->x + wanted + block < width ? part->request->x + wanted + block : width;
    JDIMENSION first = (JDIMENSION)from, columns = (JDIMENSION)(to - from);
    jpeg_crop_scanline(info, &first, &columns);
    part->left = part->request->x - (int64_t)first;
}

// One row as the library gives it becomes one row of the result.
static void deliver(struct jpeg_decompress_struct *info, const jpeg_part *part, const uint8_t *row, uint8_t *out) {
    size_t columns = (size_t)part->request->width, channels = (size_t)part->request->channels;
    row += (size_t)part->left * (size_t)info->output_components;
    if (info->output_components != 4) {
        if (row != out) memcpy(out, row, columns * channels);
        fovea_colours_convert(part->conversion, out, out, columns, (int)channels);
    } else if (part->conversion) {
        fovea_colours_convert(part->conversion, row, out, columns, 4);
    } else {
        inks_to_rgb(row, columns, out);
    }
}

// Reads the rows wanted: in place where they are whole rows, else through a few rows of the library's memory.
static void read_rows(struct jpeg_decompress_struct *info, const jpeg_part *part) {
    size_t stride = (size_t)part->request->width * (size_t)part->request->channels;
    JDIMENSION top = (JDIMENSION)part->request->y, bottom = top + (JDIMENSION)part->request->height;
    int in_place = info->output_components != 4 && info->output_width == part->request->width;
    JSAMPARRAY rows = NULL;
    JSAMPROW places[ROWS_AT_A_TIME];
    if (!in_place) {
        JDIMENSION samples = info->output_width * (JDIMENSION)info->output_components;
        rows = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, samples, ROWS_AT_A_TIME);
    }
    if (top > 0) jpeg_skip_scanlines(info, top);
    while (info->output_scanline < bottom) {
        uint8_t *out = part->pixels + (info->output_scanline - top) * stride;
        JDIMENSION left = bottom - info->output_scanline;
        JDIMENSION wanted = left < ROWS_AT_A_TIME ? left : ROWS_AT_A_TIME;
        for (JDIMENSION r = 0; in_place && r < wanted; r++) places[r] = out + r * stride;
        JDIMENSION got = jpeg_read_scanlines(info, in_place ? places : rows, wanted);
        for (JDIMENSION r = 0; r < got; r++) deliver(info, part, in_place ? places[r] : rows[r], out + r * stride);
    }
}

// Rows below those wanted are not decoded, but a file that is cut short there is refused like any other: the end marker
// must follow. Within the pixels' bytes the pair FF D9 cannot occur.
static void find_end(struct jpeg_decompress_struct *info) {
    if (info->unread_marker == JPEG_EOI || jpeg_input_complete(info)) return;
    const uint8_t *bytes = info->src->next_input_byte, *end = bytes + info->src->bytes_in_buffer;
    while (bytes < end && (bytes = memchr(bytes, 0xFF, (size_t)(end - bytes)))) {
        while (bytes < end && *bytes == 0xFF) bytes++;
        if (bytes < end && *bytes == JPEG_EOI) return;
    }
    fail((j_common_ptr)info, FOVEA_CODEC_TRUNCATED, "the file ends before the picture does");
}

// Whether the request fits the picture, so that nothing is written beyond the caller's room.
static int fits(const struct jpeg_decompress_struct *info, const fovea_codec_header *header,
                const fovea_codec_request *request) {
    return info->image_width == header->width && info->image_height == header->height && request->width > 0
        && request->height > 0 && request->x >= 0 && request->y >= 0
        && request->width <= (int64_t)info->output_width - request->x
        && request->height <= (int64_t)info->output_height - request->y
        && info->output_components == (info->num_components == 4 ? 4 : request->channels);
}

// `profile` is the caller's, since what the library allocates by malloc is lost when an error jumps.
static void decode(struct jpeg_decompress_struct *info, const fovea_codec_header *header, jpeg_part *part,
                   JOCTET *volatile *profile) {
    const fovea_codec_request *request = part->request;
    info->out_color_space = request->channels == 1 ? JCS_GRAYSCALE : info->num_components == 4 ? JCS_CMYK : JCS_RGB;
    info->dct_method = JDCT_ISLOW;
    info->scale_num = 1;
    info->scale_denom = (unsigned)request->denominator;
    JOCTET *found = NULL;
    unsigned length = 0;
    if (request->colours && jpeg_read_icc_profile(info, &found, &length)) {
        *profile = found;
        if (info->num_components == 4 || info->num_components == request->channels) {
            fovea_samples samples = (fovea_samples)info->num_components;
            part->conversion = fovea_colours_find(request->colours, found, length, samples);
        }
    }
    jpeg_start_decompress(info);
    if (!fits(info, header, request)) {
        fail((j_common_ptr)info, FOVEA_CODEC_DAMAGED, "the size is not what the header says");
    }
    choose_columns(info, part);
    read_rows(info, part);
    if (info->output_scanline < info->output_height) {
        find_end(info);
    } else {
        jpeg_finish_decompress(info);
    }
}

fovea_codec_status fovea_jpeg_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                     const fovea_codec_request *request, uint8_t *pixels, fovea_codec_error *error) {
    struct jpeg_decompress_struct info;
    struct jpeg_progress_mgr progress;
    jpeg_failure failure;
    jpeg_part part = {request, NULL, pixels, 0};
    JOCTET *volatile profile = NULL;
    if (count == 0) return fovea_codec_fail(error, FOVEA_CODEC_TRUNCATED, "the file is empty");
    set_up(&failure, &info, error);
    if (setjmp(failure.escape) == 0) {
        open_file(&info, bytes, count, request->colours != NULL);
        memset(&progress, 0, sizeof progress);
        progress.progress_monitor = on_progress;
        info.progress = &progress;
        decode(&info, header, &part, &profile);
    }
    jpeg_destroy_decompress(&info);
    free(profile);
    return error->status;
}
