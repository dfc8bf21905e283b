// The cutting of gradients of filters. Few channels: each thread takes a part of the tiles and sums for itself, in its
// cache. Many: the sums are too large for that, so all threads transform a round of tiles, and each sums a part of the
// filters.

#include "include/parallel.h"
#include "winograd_parts.h"

// How a gradient is cut, with the scratch laid out from `scratch` on; returns its floats.
static int64_t cut_gradient(struct gradient *call, float *scratch) {
    const struct fovea_winograd *s = call->shape;
    const int64_t count = grid_of(s).count;
    call->chunk = 48;
    call->round = s->c * s->o >= 64 * 128 ? 128 : 0;
    call->round = smaller(call->round, count);
    call->at_once = call->round == count && count > 0;
    call->copies = call->round ? 1 : s->threads;
    const int64_t held = call->round ? call->round : call->chunk, pair = 2 * s->block;
    call->v_stride = apart(held * s->c);
    call->z_stride = apart(held * s->o);
    call->u_stride = apart(call->at_once ? SPAN * pair : s->c * s->o);
    call->v_step = 36 * call->v_stride;
    call->z_step = 36 * call->z_stride;
    call->u_step = 36 * call->u_stride;
    call->v = scratch;
    call->z = call->v + call->copies * call->v_step;
    call->u = call->z + call->copies * call->z_step;
    call->db_parts = call->u + (call->at_once ? s->threads : call->copies) * call->u_step;
    return call->db_parts + s->threads * s->o - scratch;
}

size_t fovea_winograd_gradient_scratch(const struct fovea_winograd *s) {
    struct gradient call = {.shape = s};
    return (size_t)cut_gradient(&call, NULL) * 4;
}

// Slots first ..< last of the threads: a part of the tiles, chunk after chunk, to sums of their own.
static void gradient_slots(int64_t first, int64_t last, const void *context) {
    const struct gradient *call = context;
    const struct fovea_winograd *s = call->shape;
    const struct code *code = fovea_winograd_code(s);
    const int64_t count = grid_of(s).count, pair = 2 * s->block;
    for (int64_t slot = first; slot < last; slot++) {
        const int64_t from = count * slot / s->threads, to = count * (slot + 1) / s->threads;
        const int64_t chunks = from < to ? (to - from + call->chunk - 1) / call->chunk : 1;
        float *const v = call->v + slot * call->v_step, *const z = call->z + slot * call->z_step;
        float *const u = call->u + slot * call->u_step;
        for (int64_t chunk = 0; chunk < chunks; chunk++) {
            const int64_t start = from + (to - from) * chunk / chunks, end = from + (to - from) * (chunk + 1) / chunks;
            code->gradient_tiles(call, start, end, start, end - start, v, z, call->db_parts + slot * s->o);
            for (int64_t k = 0; k < 36; k++)
                for (int64_t g = 0; g < groups_of(s); g++)
                    for (int64_t c = 0; c < s->c; c += SPAN)
                        code->gradient_products(call, k, g, c, end - start, chunk > 0, v, z,
                                                u + k * call->u_stride + g * pair * s->c + c * group_width(s, g));
        }
    }
}

// Slots first ..< last of the threads: a part of the round's tiles, to arrays that all share.
static void gradient_round_tiles(int64_t first, int64_t last, const void *context) {
    const struct gradient *call = context;
    const struct fovea_winograd *s = call->shape;
    for (int64_t slot = first; slot < last; slot++)
        fovea_winograd_code(s)->gradient_tiles(call, call->origin + call->tiles * slot / s->threads,
                                    call->origin + call->tiles * (slot + 1) / s->threads, call->origin, call->tiles,
                                    call->v, call->z, call->db_parts + slot * s->o);
}

// Items first ..< last of 36 places times groups: the sums over the round's tiles.
static void gradient_round_products(int64_t first, int64_t last, const void *context) {
    const struct gradient *call = context;
    const struct fovea_winograd *s = call->shape;
    const int64_t groups = groups_of(s), pair = 2 * s->block;
    for (int64_t item = first; item < last; item++) {
        const int64_t k = item / groups, g = item % groups;
        for (int64_t c = 0; c < s->c; c += SPAN)
            fovea_winograd_code(s)->gradient_products(call, k, g, c, call->tiles, call->origin > 0, call->v, call->z,
                                           call->u + k * call->u_stride + g * pair * s->c + c * group_width(s, g));
    }
}

// Items first ..< last of groups times slices of channels: dw from the sums.
static void gradient_filters(int64_t first, int64_t last, const void *context) {
    const struct gradient *call = context;
    const struct fovea_winograd *s = call->shape;
    const int64_t slices = (s->c + FILTER_SLICE - 1) / FILTER_SLICE, pair = 2 * s->block;
    for (int64_t item = first; item < last; item++) {
        const int64_t g = item / slices, c = item % slices * FILTER_SLICE;
        fovea_winograd_code(s)->gradient_filters(call, g, c, smaller(c + FILTER_SLICE, s->c),
                                      call->u + g * pair * s->c + c * group_width(s, g), call->u_stride, call->copies);
    }
}

// Slots first ..< last of the threads: where one round holds all tiles, a part of the filters from products to dw.
static void gradient_at_once(int64_t first, int64_t last, const void *context) {
    const struct gradient *call = context;
    const struct fovea_winograd *s = call->shape;
    const struct code *code = fovea_winograd_code(s);
    const int64_t groups = groups_of(s), items = (s->c + SPAN - 1) / SPAN * groups;
    for (int64_t slot = first; slot < last; slot++) {
        float *const u = call->u + slot * call->u_step;
        for (int64_t item = items * slot / s->threads; item < items * (slot + 1) / s->threads; item++) {
            const int64_t start = item / groups * SPAN, end = smaller(start + SPAN, s->c), g = item % groups;
            for (int64_t k = 0; k < 36; k++)
                code->gradient_products(call, k, g, start, call->tiles, 0, call->v, call->z, u + k * call->u_stride);
            for (int64_t c = start; c < end; c += FILTER_SLICE)
                code->gradient_filters(call, g, c, smaller(c + FILTER_SLICE, end), u + (c - start) * group_width(s, g),
                                       call->u_stride, 1);
        }
    }
}

void fovea_winograd_filter_gradient(const struct fovea_winograd *s, const void *x, const void *dy, float *dw,
                                    float *db, void *scratch) {
    struct gradient call = {.shape = s, .x = x, .dy = dy, .dw = dw};
    cut_gradient(&call, scratch);
    const int64_t count = grid_of(s).count, slices = (s->c + FILTER_SLICE - 1) / FILTER_SLICE;
    for (int64_t i = 0; i < s->threads * s->o; i++) call.db_parts[i] = 0;
    if (call.round == 0) fovea_parallel(s->threads, 1, gradient_slots, &call);
    const int64_t rounds = call.round ? (count + call.round - 1) / call.round : 0;
    for (int64_t round = 0; round < rounds; round++) {
        call.origin = count * round / rounds;
        call.tiles = count * (round + 1) / rounds - call.origin;
        fovea_parallel(s->threads, 1, gradient_round_tiles, &call);
        if (!call.at_once) fovea_parallel(36 * groups_of(s), 1, gradient_round_products, &call);
    }
    if (call.at_once)
        fovea_parallel(s->threads, 1, gradient_at_once, &call);
    else
        fovea_parallel(groups_of(s) * slices, 1, gradient_filters, &call);
    for (int64_t o = 0; db && o < s->o; o++) {
        db[o] = 0;
        for (int64_t slot = 0; slot < s->threads; slot++) db[o] += call.db_parts[slot * s->o + o];
    }
}
