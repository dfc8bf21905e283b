// Gradients of the filters of narrow groups: the cutting of the work. Blocks of channels and parts of the pictures are summed
// for themselves, cut by shapes alone, so that the number of threads changes nothing.

#include "grouped_parts.h"

// PARTS: of the pictures, of which sums are kept.
enum { PARTS = 4 };

static struct gradient gradient_of(const struct fovea_grouped *s, void *scratch) {
    struct gradient call = {.shape = s, .pairing = s->is_bf16 ? PIXELS : SINGLE, .depth = s->width};
    call.x = map_of(s, NULL, s->h, s->w);
    call.dy = map_of(s, NULL, s->y_h, s->y_w);
    call.blocks = (s->c + s->block - 1) / s->block;
    call.parts = smaller(PARTS, s->n);
    call.taps = s->kernel[0] * s->kernel[1];
    call.rows = (s->kernel[0] - 1) * s->dilation[0] + 1;
    const int64_t line = call.depth * s->block, reach = (s->kernel[1] - 1) * s->dilation[1];
    const int64_t fitting = (RING / 4 / line / call.rows - reach - 1) / s->stride[1] + 1;
    // An even number, for pairs of pixels.
    call.strip = smaller(larger(fitting / 2 * 2, 14), s->y_w);
    call.ring_units = rounded(call.rows * ((call.strip - 1) * s->stride[1] + reach + 1 + s->stride[1]) * line);
    call.row_units = rounded(call.strip * s->block);
    call.sums_units = call.taps * line;
    call.sums = aligned(scratch);
    // Sums of each block and part, and behind them those of one picture for each thread.
    call.rings = call.sums + rounded(call.blocks * call.parts * call.sums_units);
    return call;
}

size_t fovea_grouped_gradient_scratch(const struct fovea_grouped *s) {
    const struct gradient call = gradient_of(s, NULL);
    const int64_t own = call.ring_units + call.row_units + rounded(call.sums_units);
    return (size_t)(rounded(call.blocks * call.parts * call.sums_units) + s->threads * own) * 4 + 64;
}

// Slots first ..< last of the threads: some blocks and parts of the pictures.
static void slots(int64_t first, int64_t last, const void *context) {
    const struct gradient *call = context;
    const struct fovea_grouped *s = call->shape;
    const int64_t items = call->blocks * call->parts, own = call->ring_units + call->row_units + rounded(call->sums_units);
    for (int64_t slot = first; slot < last; slot++) {
        float *const ring = call->rings + slot * own, *const picture = ring + call->ring_units + call->row_units;
        for (int64_t item = items * slot / s->threads; item < items * (slot + 1) / s->threads; item++) {
            const int64_t part = item / call->blocks, block = item % call->blocks;
            float *const sums = call->sums + item * call->sums_units;
            memset(sums, 0, (size_t)call->sums_units * 4);
            for (int64_t n = s->n * part / call->parts; n < s->n * (part + 1) / call->parts; n++) {
                memset(picture, 0, (size_t)call->sums_units * 4);
                fovea_grouped_code(s)->gradient(call, n, block, ring, picture);
                for (int64_t k = 0; k < call->sums_units; k++) sums[k] += picture[k];
            }
        }
    }
}

// Blocks first ..< last: the sums of all parts, to dw.
static void gather(int64_t first, int64_t last, const void *context) {
    const struct gradient *call = context;
    const struct fovea_grouped *s = call->shape;
    for (int64_t b = first; b < last; b++) {
        float *const total = call->sums + b * call->sums_units;
        for (int64_t part = 1; part < call->parts; part++)
            for (int64_t k = 0; k < call->sums_units; k++) total[k] += total[part * call->blocks * call->sums_units + k];
        for (int64_t lane = 0; lane < s->block && b * s->block + lane < s->c; lane++)
            for (int64_t k = 0; k < call->depth; k++)
                for (int64_t t = 0; t < call->taps; t++)
                    call->dw[((b * s->block + lane) * call->depth + k) * call->taps + t] =
                        total[(t * call->depth + k) * s->block + lane];
    }
}

void fovea_grouped_filter_gradient(const struct fovea_grouped *s, const void *x, const void *dy, float *dw,
                                   void *scratch) {
    struct gradient call = gradient_of(s, scratch);
    call.x.start = (char *)x;
    call.dy.start = (char *)dy;
    call.dw = dw;
    fovea_parallel(s->threads, 1, slots, &call);
    fovea_parallel(call.blocks, 2, gather, &call);
}
