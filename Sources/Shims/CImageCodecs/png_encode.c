// Writing PNG by libpng's simplified interface: 8 bits, gray or RGB, no palette and no metadata.

#include "include/fovea_encode.h"

#include <stdlib.h>
#include <string.h>

#include <png.h>

uint8_t *fovea_png_encode(const uint8_t *pixels, int64_t width, int64_t height, int32_t channels, size_t *count,
                          char *text) {
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) {
        strcpy(text, "no memory left");
        return NULL;
    }
    if (!png_image_write_to_memory(&image, bytes, &size, 0, pixels, 0, NULL)) {
        strncpy(text, image.message, 63);
        text[63] = 0;
        free(bytes);
        return NULL;
    }
    *count = size;
    return bytes;
}
