#include <math.h>

#include "clones.h"
#include "include/parallel.h"
#include "include/training.h"

// Moments, decay and step in one pass; what depends on the step's number alone is computed once, in double precision.
struct adamw {
    float *w;
    const float *g;
    float *m, *v;
    float keep, beta1, beta2, epsilon, size, root;
};

FOVEA_BODY adamw_part_body(const struct adamw *a, int64_t first, int64_t last) {
    float *restrict w = a->w + first, *restrict m = a->m + first, *restrict v = a->v + first;
    const float *restrict g = a->g + first;
    const float keep = a->keep, beta1 = a->beta1, beta2 = a->beta2, epsilon = a->epsilon, size = a->size, root = a->root;
    for (int64_t i = 0; i < last - first; i++) {
        const float mean = beta1 * m[i] + (1 - beta1) * g[i];
        const float square = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
        m[i] = mean;
        v[i] = square;
        w[i] = keep * w[i] - size * mean / (__builtin_elementwise_sqrt(square) * root + epsilon);
    }
}
FOVEA_CLONES(static, adamw_part, (const struct adamw *a, int64_t first, int64_t last), (a, first, last))

static void adamw_range(int64_t first, int64_t last, const void *context) { adamw_part(context, first, last); }

void fovea_adamw(float *w, const float *g, float *m, float *v, float rate, float step, float beta1, float beta2,
                 float epsilon, float decay, int64_t count) {
    const double first = 1 - pow(beta1, step), second = 1 - pow(beta2, step);
    const struct adamw context = {
        .w = w, .g = g, .m = m, .v = v, .keep = (float)(1 - (double)rate * decay), .beta1 = beta1, .beta2 = beta2,
        .epsilon = epsilon, .size = (float)(rate / first), .root = (float)(1 / sqrt(second))};
    fovea_parallel(count, 16384, adamw_range, &context);
}
