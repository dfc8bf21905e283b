#include "include/training.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "clones.h"
#include "include/parallel.h"

void fovea_softmax(const float *x, int64_t n, int64_t c, float *y) {
    for (int64_t i = 0; i < n; i++, x += c, y += c) {
        float largest = x[0], sum = 0;
        for (int64_t k = 1; k < c; k++) largest = x[k] > largest ? x[k] : largest;
        for (int64_t k = 0; k < c; k++) sum += y[k] = expf(x[k] - largest);
        for (int64_t k = 0; k < c; k++) y[k] /= sum;
    }
}

static double denominator(const float *targets, const float *sample_weights, const float *class_weights, int64_t n,
                          int64_t c) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double row = 0;
        for (int64_t k = 0; k < c; k++) row += (double)targets[i * c + k] * (class_weights ? class_weights[k] : 1);
        sum += sample_weights[i] * row;
    }
    return sum;
}

void fovea_cross_entropy(const float *logits, const float *targets, const float *sample_weights,
                         const float *class_weights, float smoothing, int64_t n, int64_t c, float *probabilities,
                         float *loss) {
    fovea_softmax(logits, n, c, probabilities);
    double total = 0;
    for (int64_t i = 0; i < n; i++) {
        if (sample_weights[i] == 0) continue;
        const float *x = logits + i * c;
        float largest = x[0];
        for (int64_t k = 1; k < c; k++) largest = x[k] > largest ? x[k] : largest;
        double sum = 0, row = 0;
        for (int64_t k = 0; k < c; k++) sum += exp((double)(x[k] - largest));
        const double normaliser = log(sum) + largest;
        for (int64_t k = 0; k < c; k++) {
            const double t = (1 - smoothing) * targets[i * c + k] + smoothing / c;
            if (t != 0) row += t * (class_weights ? class_weights[k] : 1) * (normaliser - x[k]);
        }
        total += sample_weights[i] * row;
    }
    const double weight = denominator(targets, sample_weights, class_weights, n, c);
    *loss = weight > 0 ? (float)(total / weight) : 0;
}

void fovea_cross_entropy_backward(const float *probabilities, const float *targets, const float *sample_weights,
                                  const float *class_weights, float smoothing, float dloss, int64_t n, int64_t c,
                                  float *dlogits) {
    const double weight = denominator(targets, sample_weights, class_weights, n, c);
    const double scale = weight > 0 ? dloss / weight : 0;
    for (int64_t i = 0; i < n; i++) {
        double row = 0;
        for (int64_t k = 0; k < c; k++)
            row += ((1 - smoothing) * targets[i * c + k] + smoothing / c) * (class_weights ? class_weights[k] : 1);
        for (int64_t k = 0; k < c; k++) {
            const double t = ((1 - smoothing) * targets[i * c + k] + smoothing / c) * (class_weights ? class_weights[k] : 1);
            dlogits[i * c + k] = (float)(scale * sample_weights[i] * (probabilities[i * c + k] * row - t));
        }
    }
}

// Philox 4x32-10 (Salmon et al. 2011), as FoveaTensorCore.RandomStream, for 16 counters side by side.
enum { LANES = 16 };
typedef uint32_t words __attribute__((ext_vector_type(LANES)));
typedef uint64_t products __attribute__((ext_vector_type(LANES)));
typedef float reals __attribute__((ext_vector_type(LANES)));
typedef float more_reals __attribute__((ext_vector_type(2 * LANES)));

static inline __attribute__((always_inline)) void philox(words c[4], uint32_t k0, uint32_t k1) {
    for (int round = 0; round < 10; round++) {
        const products first = __builtin_convertvector(c[0], products) * 0xD2511F53u;
        const products second = __builtin_convertvector(c[2], products) * 0xCD9E8D57u;
        const words c1 = c[1], c3 = c[3];
        c[0] = __builtin_convertvector(second >> 32, words) ^ c1 ^ k0;
        c[1] = __builtin_convertvector(second, words);
        c[2] = __builtin_convertvector(first >> 32, words) ^ c3 ^ k1;
        c[3] = __builtin_convertvector(first, words);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

struct dropout {
    const float *x, *random;
    float rate;
    uint32_t salt;
    int64_t count;
    float *y;
};

// Groups of LANES blocks, each of them four elements.
FOVEA_BODY dropout_groups_body(const struct dropout *d, int64_t first, int64_t last) {
    const reals scale = 1 / (1 - d->rate), none = 0;
    const more_reals nothing = 0;
    const words lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const uint32_t seed = (uint32_t)d->random[0], step = (uint32_t)d->random[1];
    for (int64_t group = first; group < last; group++) {
        words bits[4] = {lanes + (uint32_t)(group * LANES), d->salt, step, 0};
        philox(bits, seed, 0x64726F70u);
        reals factors[4];
        for (int k = 0; k < 4; k++) {
            const reals random = __builtin_convertvector((bits[k] >> 8), reals) * 0x1p-24f;
            factors[k] = random >= d->rate ? scale : none;
        }
        // Element k of block l is number 4 l + k.
#define TURNS(a, b)                                                                                                   \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11,   \
                            27, 12, 28, 13, 29, 14, 30, 15, 31)
        const more_reals even = TURNS(factors[0], factors[2]), odd = TURNS(factors[1], factors[3]);
        const more_reals halves[2] = {TURNS(even.lo, odd.lo), TURNS(even.hi, odd.hi)};
        more_reals x[2] = {0, 0};
        const int64_t start = group * 4 * LANES, left = d->count - start;
        const size_t bytes = left < 4 * LANES ? (size_t)left * 4 : sizeof x;
        memcpy(x, d->x + start, bytes);
        // Chosen, not jumped over, which would be guessed wrong half of the time. What is dropped is 0 even where x is not
        // a number.
        for (int k = 0; k < 2; k++) x[k] = halves[k] != 0 ? x[k] * halves[k] : nothing;
        memcpy(d->y + start, x, bytes);
    }
}
FOVEA_CLONES(static, dropout_groups, (const struct dropout *d, int64_t first, int64_t last), (d, first, last))

static void dropout_part(int64_t first, int64_t last, const void *context) { dropout_groups(context, first, last); }

void fovea_dropout(const float *x, const float *random, float rate, uint32_t salt, int64_t count, float *y) {
    const struct dropout context = {x, random, rate, salt, count, y};
    fovea_parallel((count + 4 * LANES - 1) / (4 * LANES), 64, dropout_part, &context);
}

struct sgd {
    float *w;
    const float *g;
    float *m;
    float rate, momentum, decay;
    int nesterov;
};

FOVEA_BODY sgd_part_body(float *restrict w, const float *restrict g, float *restrict m, float rate, float momentum,
                         float decay, float ahead, float now, int64_t count) {
    // nesterov: w -= rate (d + momentum m); else w -= rate m: one form with `now` and `ahead`.
    for (int64_t i = 0; i < count; i++) {
        const float d = g[i] + decay * w[i];
        const float next = momentum * m[i] + d;
        m[i] = next;
        w[i] -= rate * (now * d + ahead * next);
    }
}
FOVEA_CLONES(static, sgd_part, (float *restrict w, const float *restrict g, float *restrict m, float rate,
             float momentum, float decay, float ahead, float now, int64_t count),
             (w, g, m, rate, momentum, decay, ahead, now, count))

static void sgd_range(int64_t first, int64_t last, const void *context) {
    const struct sgd *s = context;
    if (s->m) {
        sgd_part(s->w + first, s->g + first, s->m + first, s->rate, s->momentum, s->decay, s->nesterov ? s->momentum : 1,
                 s->nesterov ? 1 : 0, last - first);
    } else {
        for (int64_t i = first; i < last; i++) s->w[i] -= s->rate * (s->g[i] + s->decay * s->w[i]);
    }
}

void fovea_sgd(float *w, const float *g, float *m, float rate, float momentum, int nesterov, float decay, int64_t count) {
    const struct sgd context = {w, g, m, rate, momentum, decay, nesterov};
    fovea_parallel(count, 16384, sgd_range, &context);
}

void fovea_running_statistic(float *running, const float *statistic, float momentum, float factor, int64_t c) {
    for (int64_t k = 0; k < c; k++) running[k] = (1 - momentum) * running[k] + momentum * factor * statistic[k];
}

struct fold {
    const float *w, *b, *scale, *shift, *mean, *variance;
    float epsilon;
    int64_t inner;
    float *folded_w, *folded_b;
};

static void fold_part(int64_t first, int64_t last, const void *context) {
    const struct fold *f = context;
    for (int64_t k = first; k < last; k++) {
        const float factor = (float)(f->scale[k] / sqrt((double)f->variance[k] + f->epsilon));
        const float *restrict w = f->w + k * f->inner;
        float *restrict folded = f->folded_w + k * f->inner;
        for (int64_t i = 0; i < f->inner; i++) folded[i] = w[i] * factor;
        f->folded_b[k] = f->shift[k] + ((f->b ? f->b[k] : 0) - f->mean[k]) * factor;
    }
}

void fovea_fold_norm(const float *w, const float *b, const float *scale, const float *shift, const float *mean,
                     const float *variance, float epsilon, int64_t o, int64_t inner, float *folded_w, float *folded_b) {
    const struct fold context = {w, b, scale, shift, mean, variance, epsilon, inner, folded_w, folded_b};
    fovea_parallel(o, 1 + 65536 / (inner + 1), fold_part, &context);
}
