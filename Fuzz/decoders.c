// One libFuzzer harness for every picture format: compiled with -DFORMAT=jpeg and the like by scripts/fuzz.sh, it holds a
// file against a limit as FoveaPictures does, then decodes all of it, and a part of it, with its profile applied. What is
// chosen follows from the bytes, so that a file found once fails again.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../Sources/Shims/CImageCodecs/include/fovea_codecs.h"

#define JOIN(a, b, c) a##b##c
#define NAME(a, b, c) JOIN(a, b, c)
#define READ_HEADER NAME(fovea_, FORMAT, _header)
#define DECODE NAME(fovea_, FORMAT, _decode)
#define TEXT(x) #x
#define VALUE(x) TEXT(x)

enum { LARGEST = 1 << 18 };

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", VALUE(FORMAT), what);
    abort();
}

// A call must say what went wrong, or nothing and succeed.
static void check(fovea_codec_status status, const fovea_codec_error *error) {
    if (status != error->status) fail("the status is not the error's");
    if ((status == FOVEA_CODEC_OK) != (error->text[0] == 0)) fail("a success with a text, or a failure without");
    if (!memchr(error->text, 0, sizeof error->text)) fail("a text without an end");
}

static void decode(const uint8_t *bytes, size_t count, const fovea_codec_header *header, fovea_codec_request request) {
    fovea_codec_error error = {FOVEA_CODEC_OK, ""};
    size_t size = (size_t)request.width * (size_t)request.height * (size_t)request.channels;
    uint8_t *pixels = malloc(size);
    if (!pixels) return;
    check(DECODE(bytes, count, header, &request, pixels, &error), &error);
    free(pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    fovea_codec_header header = {0, 0, 0, 0, 0};
    fovea_codec_error error = {FOVEA_CODEC_OK, ""};
    fovea_codec_status status = READ_HEADER(bytes, count, &header, &error);
    check(status, &error);
    if (status != FOVEA_CODEC_OK) return 0;
    if (header.width < 1 || header.height < 1 || header.width > LARGEST || header.height > LARGEST) return 0;
    if (header.width * header.height > LARGEST) return 0;
    if (header.channels != 1 && header.channels != 3) fail("neither 1 nor 3 channels");

    uint32_t draw = 2166136261u;  // FNV-1a of the bytes
    for (size_t i = 0; i < count; i++) draw = (draw ^ bytes[i]) * 16777619u;
    fovea_codec_request request = {header.channels, {9, 9, 9}, 1, 0, 0, header.width, header.height, NULL};
    if (header.alpha && draw & 1) request.channels = 3;
    decode(bytes, count, &header, request);

    request.colours = fovea_colours_open();
    if (strcmp(VALUE(FORMAT), "jpeg") == 0) {
        request.denominator = 1 << (draw >> 1 & 3);
        int64_t width = (header.width + request.denominator - 1) / request.denominator;
        int64_t height = (header.height + request.denominator - 1) / request.denominator;
        request.x = (draw >> 3 & 255) % width;
        request.y = (draw >> 11 & 255) % height;
        request.width = 1 + (draw >> 19 & 63) % (width - request.x);
        request.height = 1 + (draw >> 25 & 63) % (height - request.y);
    }
    decode(bytes, count, &header, request);
    fovea_colours_close(request.colours);
    return 0;
}
