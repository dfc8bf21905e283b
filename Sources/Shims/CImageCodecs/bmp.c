// BMP, read here: no well-kept library reads it on every system. Headers of 12 to 124 bytes; 1, 2, 4, 8, 16, 24 and 32
// bits; palettes, bit fields, run lengths; bottom-up and top-down. Refused: JPEG and PNG inside of BMP, which no file has.

#include "codec.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_HEADER = 14, PLAIN = 0, RUNS_8 = 1, RUNS_4 = 2, FIELDS = 3, ALPHA_FIELDS = 6 };

// Where a channel's bits are in a pixel.
typedef struct {
    uint32_t mask;
    int shift, bits;
} bmp_field;

typedef struct {
    const uint8_t *bytes;
    size_t count;
    int64_t width, height;
    int is_top_down, bits, compression;
    size_t pixels;  // where the pixels begin
    bmp_field fields[4];  // red, green, blue, alpha
    uint8_t palette[256][3];
} bmp_file;

static uint32_t number(const uint8_t *bytes, int count) {
    uint32_t value = 0;
    for (int i = count; i-- > 0;) value = value << 8 | bytes[i];
    return value;
}

static bmp_field field(uint32_t mask) {
    bmp_field found = {mask, 0, 0};
    if (!mask) return found;
    while (!(mask >> found.shift & 1)) found.shift++;
    while (found.shift + found.bits < 32 && mask >> (found.shift + found.bits) & 1) found.bits++;
    return found;
}

// The value of a channel, stretched to 0...255 as Pillow does: cut off, not rounded.
static uint8_t channel(bmp_field field, uint32_t pixel) {
    uint32_t value = (pixel & field.mask) >> field.shift;
    if (field.bits == 8) return (uint8_t)value;
    if (field.bits > 8) return (uint8_t)(value >> (field.bits - 8));
    return field.bits ? (uint8_t)(value * 255 / ((1u << field.bits) - 1)) : 0;
}

static int is_cut(const bmp_file *file, size_t end) { return end > file->count; }

static fovea_codec_status cut(fovea_codec_error *error) {
    return fovea_codec_fail(error, FOVEA_CODEC_TRUNCATED, "the file ends before the picture does");
}

// Colours beyond the palette's end are black. A palette reaches to the pixels at most.
static fovea_codec_status read_palette(bmp_file *file, size_t start, uint32_t used, size_t entry, fovea_codec_error *error) {
    size_t colours = (size_t)1 << file->bits;
    if (used > 0 && used < colours) colours = used;
    if (is_cut(file, start)) return cut(error);
    size_t room = file->pixels > start ? (file->pixels - start) / entry : 0;
    if (colours > room) colours = room;
    if (is_cut(file, start + colours * entry)) return cut(error);
    for (size_t i = 0; i < colours; i++) {
        const uint8_t *colour = file->bytes + start + i * entry;
        for (int c = 0; c < 3; c++) file->palette[i][c] = colour[2 - c];
    }
    return FOVEA_CODEC_OK;
}

// The fields of 16 and 32 bits: 5-5-5 and 8-8-8, unless the file gives its own, after or within its header.
static fovea_codec_status read_fields(bmp_file *file, size_t header, fovea_codec_error *error) {
    static const uint32_t masks_16[] = {0x7C00, 0x03E0, 0x001F}, masks_32[] = {0xFF0000, 0xFF00, 0xFF};
    const uint32_t *masks = file->bits == 16 ? masks_16 : masks_32;
    for (int c = 0; c < 3; c++) file->fields[c] = field(masks[c]);
    if (file->compression == PLAIN) return FOVEA_CODEC_OK;
    int count = header >= 56 || file->compression == ALPHA_FIELDS ? 4 : 3;
    if (is_cut(file, FILE_HEADER + 40 + 4 * (size_t)count)) return cut(error);
    uint32_t seen = 0;
    for (int c = 0; c < count; c++) {
        uint32_t mask = number(file->bytes + FILE_HEADER + 40 + 4 * c, 4);
        file->fields[c] = field(mask);
        int is_whole = file->fields[c].bits == 32 || mask == ((1u << file->fields[c].bits) - 1) << file->fields[c].shift;
        if (!is_whole || (mask & seen) || (file->bits == 16 && mask >> 16)) {
            return fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "bit fields that overlap or have gaps");
        }
        seen |= mask;
    }
    return FOVEA_CODEC_OK;
}

static fovea_codec_status open_file(bmp_file *file, const uint8_t *bytes, size_t count, fovea_codec_error *error) {
    fovea_codec_begin(error);
    memset(file, 0, sizeof *file);
    file->bytes = bytes;
    file->count = count;
    if (count < FILE_HEADER + 12) return cut(error);
    size_t header = number(bytes + FILE_HEADER, 4);
    int is_old = header == 12;
    if (!is_old && header < 40) return fovea_codec_fail(error, FOVEA_CODEC_UNSUPPORTED, "a header of another system");
    if (header > 124 && header < 65536) return fovea_codec_fail(error, FOVEA_CODEC_UNSUPPORTED, "a header of another system");
    if (header >= 65536) return fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the header's length makes no sense");
    if (is_cut(file, FILE_HEADER + header)) return cut(error);
    const uint8_t *info = bytes + FILE_HEADER;
    file->pixels = number(bytes + 10, 4);
    file->width = is_old ? (int64_t)number(info + 4, 2) : (int64_t)(int32_t)number(info + 4, 4);
    file->height = is_old ? (int64_t)number(info + 6, 2) : (int64_t)(int32_t)number(info + 8, 4);
    file->bits = (int)number(info + (is_old ? 10 : 14), 2);
    file->compression = is_old ? PLAIN : (int)number(info + 16, 4);
    file->is_top_down = file->height < 0;
    if (file->is_top_down) file->height = -file->height;
    if (file->width < 1 || file->height < 1) {
        return fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the width or the height makes no sense");
    }
    int bits = file->bits, kind = file->compression;
    int has_palette = bits == 1 || bits == 2 || bits == 4 || bits == 8;
    int fits = (kind == PLAIN && (has_palette || bits == 16 || bits == 24 || bits == 32)) || (kind == RUNS_8 && bits == 8)
               || (kind == RUNS_4 && bits == 4)
               || ((kind == FIELDS || kind == ALPHA_FIELDS) && (bits == 16 || bits == 32) && header >= 40);
    if (!fits || (file->is_top_down && (kind == RUNS_8 || kind == RUNS_4))) {
        return fovea_codec_fail(error, FOVEA_CODEC_UNSUPPORTED, "bits and compression that do not go together");
    }
    if (!has_palette) return read_fields(file, header, error);
    return read_palette(file, FILE_HEADER + header, is_old ? 0 : number(info + 32, 4), is_old ? 3 : 4, error);
}

static size_t row_bytes(const bmp_file *file) { return (size_t)(file->width * file->bits + 31) / 32 * 4; }

// Files without compression must hold every row; the last may lack its padding.
static int holds_rows(const bmp_file *file) {
    if (is_cut(file, file->pixels)) return 0;
    size_t left = file->count - file->pixels, last = (size_t)(file->width * file->bits + 7) / 8;
    size_t above = (size_t)(file->height - 1);
    return last <= left && above <= (left - last) / row_bytes(file);
}

// Whether any pixel is not quite transparent. Many programs leave the fourth byte zero and mean an opaque picture.
static int uses_alpha(const bmp_file *file) {
    if (!file->fields[3].mask || !holds_rows(file)) return 0;
    size_t bytes = (size_t)file->bits / 8;
    for (int64_t y = 0; y < file->height; y++) {
        const uint8_t *row = file->bytes + file->pixels + (size_t)y * row_bytes(file);
        for (int64_t x = 0; x < file->width; x++) {
            if (number(row + (size_t)x * bytes, (int)bytes) & file->fields[3].mask) return 1;
        }
    }
    return 0;
}

fovea_codec_status fovea_bmp_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,
                                    fovea_codec_error *error) {
    bmp_file file;
    if (open_file(&file, bytes, count, error) != FOVEA_CODEC_OK) return error->status;
    header->width = file.width;
    header->height = file.height;
    header->channels = 3;
    header->alpha = uses_alpha(&file);
    header->depth = file.bits < 8 ? file.bits : 8;
    return FOVEA_CODEC_OK;
}

static void read_row(const bmp_file *file, const uint8_t *row, int alpha, const uint8_t *background, uint8_t *out) {
    int bits = file->bits;
    for (int64_t x = 0; x < file->width; x++, out += 3) {
        if (bits <= 8) {
            int place = 8 - bits - (int)(x * bits % 8);
            memcpy(out, file->palette[row[x * bits / 8] >> place & ((1 << bits) - 1)], 3);
        } else if (bits == 24) {
            for (int c = 0; c < 3; c++) out[c] = row[3 * x + 2 - c];
        } else {
            uint32_t pixel = number(row + x * bits / 8, bits / 8);
            for (int c = 0; c < 3; c++) out[c] = channel(file->fields[c], pixel);
            unsigned opacity = alpha ? channel(file->fields[3], pixel) : 255;
            for (int c = 0; opacity < 255 && c < 3; c++) out[c] = fovea_codec_blend(out[c], opacity, background[c]);
        }
    }
}

// Where run lengths are written: rows count from the bottom. What lies beside the picture is left out.
typedef struct {
    const bmp_file *file;
    uint8_t *pixels;
    int64_t x, y;
} bmp_pen;

static void put(bmp_pen *pen, unsigned index) {
    if (pen->x < pen->file->width && pen->y < pen->file->height) {
        int64_t row = pen->file->height - 1 - pen->y;
        memcpy(pen->pixels + 3 * (row * pen->file->width + pen->x), pen->file->palette[index & 255], 3);
    }
    pen->x++;
}

// A pixel of a run or of a literal: bytes of two halves in files of 4 bits.
static unsigned half(const bmp_file *file, const uint8_t *bytes, int i) {
    return file->bits == 8 ? bytes[i] : bytes[i / 2] >> (i % 2 ? 0 : 4) & 15;
}

// Pairs of a count and a value; a count of 0 is a command: 0 ends the row, 1 the picture, 2 moves, more are literals.
static fovea_codec_status read_runs(const bmp_file *file, uint8_t *pixels, fovea_codec_error *error) {
    enum { END_OF_ROW = 0, END = 1, MOVE = 2 };
    bmp_pen pen = {file, pixels, 0, 0};
    size_t at = file->pixels;
    while (pen.y < file->height) {
        if (is_cut(file, at + 2)) return cut(error);
        int count = file->bytes[at], value = file->bytes[at + 1];
        at += 2;
        if (count > 0) {
            uint8_t pair[1] = {(uint8_t)value};
            for (int i = 0; i < count; i++) put(&pen, half(file, pair, file->bits == 8 ? 0 : i % 2));
        } else if (value == END_OF_ROW) {
            pen.x = 0;
            pen.y++;
        } else if (value == END) {
            return FOVEA_CODEC_OK;
        } else if (value == MOVE) {
            if (is_cut(file, at + 2)) return cut(error);
            pen.x += file->bytes[at];
            pen.y += file->bytes[at + 1];
            at += 2;
        } else {
            size_t bytes = file->bits == 8 ? (size_t)value : ((size_t)value + 1) / 2;
            if (is_cut(file, at + bytes)) return cut(error);
            for (int i = 0; i < value; i++) put(&pen, half(file, file->bytes + at, i));
            at += (bytes + 1) & ~(size_t)1;
        }
    }
    return FOVEA_CODEC_OK;
}

fovea_codec_status fovea_bmp_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                    const fovea_codec_request *request, uint8_t *pixels, fovea_codec_error *error) {
    bmp_file file;
    if (open_file(&file, bytes, count, error) != FOVEA_CODEC_OK) return error->status;
    if (file.width != header->width || file.height != header->height || request->channels != 3) {
        return fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the size is not what the header says");
    }
    if (file.compression == RUNS_8 || file.compression == RUNS_4) {
        // What no run covers has the first colour.
        fovea_codec_fill(pixels, (size_t)(file.width * file.height), 3, file.palette[0]);
        if (is_cut(&file, file.pixels)) return cut(error);
        return read_runs(&file, pixels, error);
    }
    if (!holds_rows(&file)) return cut(error);
    for (int64_t y = 0; y < file.height; y++) {
        int64_t row = file.is_top_down ? y : file.height - 1 - y;
        read_row(&file, bytes + file.pixels + (size_t)y * row_bytes(&file), header->alpha, request->background,
                 pixels + 3 * row * file.width);
    }
    return FOVEA_CODEC_OK;
}
