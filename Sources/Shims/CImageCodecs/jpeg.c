// JPEG by libjpeg-turbo: baseline and progressive, gray, RGB, YCbCr, CMYK and YCCK. Four inks are taken as Adobe writes
// them, inverted, whether or not the file says so (as Pillow does). A file that ends early is refused, never filled up.

#include "codec.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

// A progressive file of more scans than this is an attack: encoders write about ten.
enum { MAXIMUM_SCANS = 100, ROWS_AT_A_TIME = 16 };

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
    if (((j_decompress_ptr)info)->input_scan_number > MAXIMUM_SCANS) {
        fail(info, FOVEA_CODEC_UNSUPPORTED, "more than 100 progressive scans");
    }
}

static void open_file(struct jpeg_decompress_struct *info, jpeg_failure *failure, const uint8_t *bytes, size_t count) {
    jpeg_create_decompress(info);
    jpeg_mem_src(info, (unsigned char *)bytes, (unsigned long)count);
    info->src->fill_input_buffer = on_end_of_bytes;
    (void)failure;
    jpeg_read_header(info, TRUE);
}

static void set_up(jpeg_failure *failure, struct jpeg_decompress_struct *info, fovea_codec_error *error) {
    memset(info, 0, sizeof *info);
    error->status = FOVEA_CODEC_OK;
    error->text[0] = 0;
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
        open_file(&info, &failure, bytes, count);
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

static void read_rows(struct jpeg_decompress_struct *info, int channels, uint8_t *pixels) {
    size_t width = info->output_width;
    JSAMPARRAY inks = NULL;
    if (info->output_components == 4) {
        inks = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, (JDIMENSION)(width * 4), 1);
    }
    while (info->output_scanline < info->output_height) {
        uint8_t *row = pixels + info->output_scanline * width * (size_t)channels;
        if (inks) {
            if (jpeg_read_scanlines(info, inks, 1) == 1) inks_to_rgb(inks[0], width, row);
            continue;
        }
        JSAMPROW rows[ROWS_AT_A_TIME];
        JDIMENSION left = info->output_height - info->output_scanline;
        JDIMENSION wanted = left < ROWS_AT_A_TIME ? left : ROWS_AT_A_TIME;
        for (JDIMENSION r = 0; r < wanted; r++) rows[r] = row + r * width * (size_t)channels;
        jpeg_read_scanlines(info, rows, wanted);
    }
}

fovea_codec_status fovea_jpeg_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                     int32_t channels, const uint8_t *background, uint8_t *pixels,
                                     fovea_codec_error *error) {
    struct jpeg_decompress_struct info;
    struct jpeg_progress_mgr progress;
    jpeg_failure failure;
    (void)background;
    if (count == 0) return fovea_codec_fail(error, FOVEA_CODEC_TRUNCATED, "the file is empty");
    set_up(&failure, &info, error);
    if (setjmp(failure.escape) == 0) {
        open_file(&info, &failure, bytes, count);
        memset(&progress, 0, sizeof progress);
        progress.progress_monitor = on_progress;
        info.progress = &progress;
        info.out_color_space = channels == 1 ? JCS_GRAYSCALE : info.num_components == 4 ? JCS_CMYK : JCS_RGB;
        info.dct_method = JDCT_ISLOW;
        jpeg_start_decompress(&info);
        int components = info.num_components == 4 ? 4 : channels;
        if (info.output_width != header->width || info.output_height != header->height
            || info.output_components != components) {
            fail((j_common_ptr)&info, FOVEA_CODEC_DAMAGED, "the size is not what the header says");
        }
        read_rows(&info, channels, pixels);
        jpeg_finish_decompress(&info);
    }
    jpeg_destroy_decompress(&info);
    return error->status;
}
