#include "include/channel_factors.h"

#include "clones.h"
#include "include/parallel.h"
#include "norm_layout.h"

// Maps are read as norm.c reads them: rows of 16 numbers, in which a lane is a channel, or a position of one channel.

struct factors {
    struct fovea_norm norm;
    const char *x, *other;
    const float *factors;
    int64_t step;  // factors from one picture to the next
    char *y;
    float *sums;
};

static struct fovea_norm norm_of(const struct fovea_maps *m) {
    return (struct fovea_norm){.n = m->n, .c = m->c, .positions = m->positions, .layout = m->layout, .is_bf16 = m->is_bf16};
}

// A row that lies whole or, at the end of a part, with `valid` lanes.
INLINE void load_some(row *out, const char *in, int64_t valid, int is_bf16) {
    const int64_t size = is_bf16 ? 2 : 4;
    char whole[LANES * 4] = {0};
    if (valid < LANES) in = memcpy(whole, in, (size_t)(valid * size));
    load(out, in, is_bf16);
}

INLINE void store_some(char *out, const row *in, int64_t valid, int is_bf16) {
    if (valid == LANES) {
        store(out, in, is_bf16);
    } else {
        char whole[LANES * 4];
        store(whole, in, is_bf16);
        memcpy(out, whole, (size_t)(valid * (is_bf16 ? 2 : 4)));
    }
}

// The factors of a row's lanes; 0 where a block is filled up.
INLINE void factor_row(row *out, const struct factors *f, int64_t n, int64_t g) {
    const struct fovea_norm *s = &f->norm;
    const int64_t width = width_of(s);
    float lanes[LANES];
    for (int64_t k = 0; k < LANES; k++) {
        const int64_t c = g * width + k % width;
        lanes[k] = c < s->c ? f->factors[n * f->step + c] : 0;
    }
    memcpy(out, lanes, sizeof *out);
}

INLINE void scale_parts(const struct factors *f, int64_t n, int64_t g, int is_bf16) {
    const int64_t size = is_bf16 ? 2 : 4;
    row factor, x;
    factor_row(&factor, f, n, g);
    struct part parts[2];
    const int count = parts_of(&f->norm, n, g, parts);
    for (int p = 0; p < count; p++) {
        for (int64_t r = 0; r < parts[p].rows; r++) {
            const int64_t at = (parts[p].offset + r * parts[p].stride) * size;
            load_some(&x, f->x + at, parts[p].valid, is_bf16);
            x *= factor;
            store_some(f->y + at, &x, parts[p].valid, is_bf16);
        }
    }
}

FOVEA_BODY scale_groups_body(const struct factors *f, int64_t first, int64_t last) {
    const int64_t groups = groups_of(&f->norm);
    for (int64_t i = first; i < last; i++) {
        if (f->norm.is_bf16)
            scale_parts(f, i / groups, i % groups, 1);
        else
            scale_parts(f, i / groups, i % groups, 0);
    }
}
FOVEA_CLONES(static, scale_groups, (const struct factors *f, int64_t first, int64_t last), (f, first, last))

static void scale_range(int64_t first, int64_t last, const void *context) { scale_groups(context, first, last); }

void fovea_channel_factors(const struct fovea_maps *maps, const void *x, const float *factors, int same_for_all, void *y) {
    const struct factors f = {.norm = norm_of(maps), .x = x, .factors = factors, .step = same_for_all ? 0 : maps->c, .y = y};
    fovea_parallel(maps->n * groups_of(&f.norm), 1 + 4096 / (maps->positions + 1), scale_range, &f);
}

INLINE void sum_parts(const struct factors *f, int64_t n, int64_t g, int is_bf16) {
    const struct fovea_norm *s = &f->norm;
    const int64_t size = is_bf16 ? 2 : 4, width = width_of(s);
    row sum = 0, dy, a;
    struct part parts[2];
    const int count = parts_of(s, n, g, parts);
    for (int p = 0; p < count; p++) {
        for (int64_t r = 0; r < parts[p].rows; r++) {
            const int64_t at = (parts[p].offset + r * parts[p].stride) * size;
            load_some(&dy, f->x + at, parts[p].valid, is_bf16);
            if (f->other) {
                load_some(&a, f->other + at, parts[p].valid, is_bf16);
                dy *= a;
            }
            sum += dy;
        }
    }
    float lanes[LANES];
    memcpy(lanes, &sum, sizeof sum);
    for (int64_t k = width; k < LANES; k++) lanes[k % width] += lanes[k];
    for (int64_t k = 0; k < width && g * width + k < s->c; k++) f->sums[n * s->c + g * width + k] = lanes[k];
}

FOVEA_BODY sum_groups_body(const struct factors *f, int64_t first, int64_t last) {
    const int64_t groups = groups_of(&f->norm);
    for (int64_t i = first; i < last; i++) {
        if (f->norm.is_bf16)
            sum_parts(f, i / groups, i % groups, 1);
        else
            sum_parts(f, i / groups, i % groups, 0);
    }
}
FOVEA_CLONES(static, sum_groups, (const struct factors *f, int64_t first, int64_t last), (f, first, last))

static void sum_range(int64_t first, int64_t last, const void *context) { sum_groups(context, first, last); }

void fovea_channel_products(const struct fovea_maps *maps, const void *dy, const void *a, float *y) {
    const struct factors f = {.norm = norm_of(maps), .x = dy, .other = a, .sums = y};
    fovea_parallel(maps->n * groups_of(&f.norm), 1 + 4096 / (maps->positions + 1), sum_range, &f);
}

void fovea_means(const float *sums, int64_t count, float of, int is_bf16, void *y) {
    for (int64_t i = 0; i < count; i++) {
        const float mean = sums[i] / of;
        if (is_bf16) {
            // Rounds to nearest, ties to even; what is not a number stays so.
            uint32_t bits;
            memcpy(&bits, &mean, 4);
            ((uint16_t *)y)[i] = (uint16_t)(mean != mean ? 0x7FC0 : (bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
        } else {
            ((float *)y)[i] = mean;
        }
    }
}

struct pictures {
    const char *x;
    const float *factors;
    int64_t count;  // elements of a picture
    int is_bf16;
    char *y;
};

INLINE void scale_picture(const struct pictures *p, int64_t n, int is_bf16) {
    const int64_t size = is_bf16 ? 2 : 4, start = n * p->count * size;
    const row factor = p->factors[n];
    for (int64_t i = 0; i < p->count; i += LANES) {
        const int64_t valid = p->count - i < LANES ? p->count - i : LANES;
        row x;
        load_some(&x, p->x + start + i * size, valid, is_bf16);
        x *= factor;
        store_some(p->y + start + i * size, &x, valid, is_bf16);
    }
}

FOVEA_BODY scale_pictures_body(const struct pictures *p, int64_t first, int64_t last) {
    for (int64_t n = first; n < last; n++) {
        if (p->is_bf16)
            scale_picture(p, n, 1);
        else
            scale_picture(p, n, 0);
    }
}
FOVEA_CLONES(static, scale_pictures, (const struct pictures *p, int64_t first, int64_t last), (p, first, last))

static void scale_pictures_range(int64_t first, int64_t last, const void *context) {
    scale_pictures(context, first, last);
}

void fovea_picture_factors(const void *x, const float *factors, int64_t n, int64_t count, int is_bf16, void *y) {
    const struct pictures p = {x, factors, count, is_bf16, y};
    fovea_parallel(n, 1, scale_pictures_range, &p);
}

void fovea_hard_sigmoid(const float *x, int64_t count, float *y) {
    for (int64_t i = 0; i < count; i++) {
        const float above = x[i] + 3 > 0 ? x[i] + 3 : 0;
        y[i] = (above < 6 ? above : 6) / 6;
    }
}

void fovea_hard_sigmoid_backward(const float *dy, const float *x, int64_t count, float *dx) {
    for (int64_t i = 0; i < count; i++) dx[i] = x[i] > -3 && x[i] < 3 ? dy[i] / 6 : 0;
}
