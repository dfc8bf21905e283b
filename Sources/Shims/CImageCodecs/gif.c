// GIF by giflib: the first frame, on its canvas. What the frame leaves uncovered and what it says is transparent show the
// background. Later frames, and what follows the first, are not read.

#include "codec.h"

#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

typedef struct {
    const uint8_t *bytes;
    size_t left;
} gif_input;

static int on_read(GifFileType *gif, GifByteType *out, int count) {
    gif_input *input = gif->UserData;
    size_t wanted = count < 0 ? 0 : (size_t)count;
    size_t given = wanted < input->left ? wanted : input->left;
    if (given) memcpy(out, input->bytes, given);
    input->bytes += given;
    input->left -= given;
    return (int)given;
}

static fovea_codec_status fail(fovea_codec_error *error, const gif_input *input, int code) {
    if (code == D_GIF_ERR_NOT_ENOUGH_MEM) return fovea_codec_fail(error, FOVEA_CODEC_NO_MEMORY, "out of memory");
    if (input->left == 0) {
        return fovea_codec_fail(error, FOVEA_CODEC_TRUNCATED, "the file ends before the picture does");
    }
    const char *text = GifErrorString(code);
    return fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, text ? text : "a block that no GIF has");
}

// Reads one extension; of those, only the one that names the transparent colour matters.
static int read_extension(GifFileType *gif, int *transparent) {
    int kind = 0;
    GifByteType *block = NULL;
    if (DGifGetExtension(gif, &kind, &block) == GIF_ERROR) return GIF_ERROR;
    if (kind == GRAPHICS_EXT_FUNC_CODE && block) {
        GraphicsControlBlock control;
        if (DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK) *transparent = control.TransparentColor;
    }
    while (block) {
        if (DGifGetExtensionNext(gif, &block) == GIF_ERROR) return GIF_ERROR;
    }
    return GIF_OK;
}

// Opens the file and reads up to the first frame's pixels. NULL, with the error filled, if there are none.
static GifFileType *open_file(gif_input *input, int *transparent, fovea_codec_header *header, fovea_codec_error *error) {
    int code = D_GIF_SUCCEEDED;
    fovea_codec_begin(error);
    GifFileType *gif = DGifOpen(input, on_read, &code);
    if (!gif) {
        fail(error, input, code);
        return NULL;
    }
    *transparent = NO_TRANSPARENT_COLOR;
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    while (error->status == FOVEA_CODEC_OK && record != IMAGE_DESC_RECORD_TYPE) {
        gif->Error = D_GIF_SUCCEEDED;
        int result = DGifGetRecordType(gif, &record);
        if (result == GIF_OK && record == EXTENSION_RECORD_TYPE) result = read_extension(gif, transparent);
        if (result == GIF_OK && record == IMAGE_DESC_RECORD_TYPE) result = DGifGetImageDesc(gif);
        if (result == GIF_ERROR) {
            fail(error, input, gif->Error);
        } else if (record == TERMINATE_RECORD_TYPE) {
            fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "it holds no picture");
        }
    }
    const GifImageDesc *frame = &gif->Image;
    if (error->status == FOVEA_CODEC_OK && (frame->Width < 1 || frame->Height < 1 || gif->SWidth < 1 || gif->SHeight < 1)) {
        fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the picture is empty");
    }
    if (error->status != FOVEA_CODEC_OK) {
        DGifCloseFile(gif, &code);
        return NULL;
    }
    // A frame that reaches beyond the canvas makes it larger, as browsers and Pillow have it.
    int64_t right = (int64_t)frame->Left + frame->Width, bottom = (int64_t)frame->Top + frame->Height;
    header->width = right > gif->SWidth ? right : gif->SWidth;
    header->height = bottom > gif->SHeight ? bottom : gif->SHeight;
    header->channels = 3;
    header->depth = 8;
    header->alpha = *transparent != NO_TRANSPARENT_COLOR || frame->Width != header->width || frame->Height != header->height;
    return gif;
}

fovea_codec_status fovea_gif_header(const uint8_t *bytes, size_t count, fovea_codec_header *header,
                                    fovea_codec_error *error) {
    gif_input input = {bytes, count};
    int transparent, code;
    GifFileType *gif = open_file(&input, &transparent, header, error);
    if (gif) DGifCloseFile(gif, &code);
    return error->status;
}

// The colours of the 256 indices; without any palette they are grays, beyond its end black.
static void read_palette(const GifFileType *gif, uint8_t palette[256][3]) {
    const ColorMapObject *map = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
    for (int i = 0; i < 256; i++) {
        if (!map) {
            memset(palette[i], i, 3);
        } else if (i < map->ColorCount) {
            palette[i][0] = map->Colors[i].Red, palette[i][1] = map->Colors[i].Green, palette[i][2] = map->Colors[i].Blue;
        } else {
            memset(palette[i], 0, 3);
        }
    }
}

// Reads the rows in the order in which they are stored: all, or every eighth, then those between.
static int read_frame(GifFileType *gif, int transparent, int64_t width, const uint8_t *background, uint8_t *row,
                      uint8_t *pixels) {
    static const int first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
    const GifImageDesc *frame = &gif->Image;
    uint8_t palette[256][3];
    read_palette(gif, palette);
    if (transparent >= 0 && transparent < 256) memcpy(palette[transparent], background, 3);
    for (int pass = 0; pass < (frame->Interlace ? 4 : 1); pass++) {
        int from = frame->Interlace ? first[pass] : 0, by = frame->Interlace ? step[pass] : 1;
        for (int y = from; y < frame->Height; y += by) {
            if (DGifGetLine(gif, row, frame->Width) == GIF_ERROR) return GIF_ERROR;
            uint8_t *out = pixels + 3 * (((int64_t)frame->Top + y) * width + frame->Left);
            for (int x = 0; x < frame->Width; x++) memcpy(out + 3 * x, palette[row[x]], 3);
        }
    }
    return GIF_OK;
}

fovea_codec_status fovea_gif_decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header,
                                    const fovea_codec_request *request, uint8_t *pixels, fovea_codec_error *error) {
    gif_input input = {bytes, count};
    fovea_codec_header found;
    int transparent, code;
    GifFileType *gif = open_file(&input, &transparent, &found, error);
    if (!gif) return error->status;
    uint8_t *row = malloc((size_t)gif->Image.Width);
    if (found.width != header->width || found.height != header->height || request->channels != 3) {
        fovea_codec_fail(error, FOVEA_CODEC_DAMAGED, "the size is not what the header says");
    } else if (!row) {
        fovea_codec_fail(error, FOVEA_CODEC_NO_MEMORY, "out of memory");
    } else {
        if (found.alpha) {
            fovea_codec_fill(pixels, (size_t)(found.width * found.height), 3, request->background);
        }
        gif->Error = D_GIF_SUCCEEDED;
        if (read_frame(gif, transparent, found.width, request->background, row, pixels) == GIF_ERROR) {
            fail(error, &input, gif->Error);
        }
    }
    free(row);
    DGifCloseFile(gif, &code);
    return error->status;
}
