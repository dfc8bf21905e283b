// Kernels of a training step that no library has: loss, dropout, optimizer, norm statistics and folding.
// All arrays are row-major f32. Sums over a batch run in one fixed order, so results do not depend on the thread count.

#ifndef FOVEA_TRAINING_H
#define FOVEA_TRAINING_H

#include <stdint.h>

// y = softmax(x) for each of n rows of c.
void fovea_softmax(const float *x, int64_t n, int64_t c, float *y);

// probabilities (n, c) = softmax(logits); loss (1) = sum_i s_i sum_c -w_c t'_ic log p_ic / sum_i s_i sum_c w_c t_ic with
// t' = (1 - smoothing) t + smoothing / c; 0 where the denominator is 0. class_weights (c) may be NULL: all 1.
void fovea_cross_entropy(const float *logits, const float *targets, const float *sample_weights,
                         const float *class_weights, float smoothing, int64_t n, int64_t c, float *probabilities,
                         float *loss);

// d loss / d logits of the above times dloss.
void fovea_cross_entropy_backward(const float *probabilities, const float *targets, const float *sample_weights,
                                  const float *class_weights, float smoothing, float dloss, int64_t n, int64_t c,
                                  float *dlogits);

// y = x * mask / (1 - rate) with the mask of FoveaOperators.Dropout: random = (seed, step), whole numbers below 2^24.
void fovea_dropout(const float *x, const float *random, float rate, uint32_t salt, int64_t count, float *y);

// torch.optim.SGD: d = g + decay w; m = momentum m + d; w -= rate (nesterov ? d + momentum m : m). m may be NULL.
void fovea_sgd(float *w, const float *g, float *m, float rate, float momentum, int nesterov, float decay, int64_t count);

// torch.optim.AdamW, step counted from 1: w -= rate decay w; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g g;
// w -= rate / (1 - beta1^step) m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon).
void fovea_adamw(float *w, const float *g, float *m, float *v, float rate, float step, float beta1, float beta2,
                 float epsilon, float decay, int64_t count);

// running = (1 - momentum) running + momentum statistic * factor, for c channels.
void fovea_running_statistic(float *running, const float *statistic, float momentum, float factor, int64_t c);

// w' (o, inner) = w scale / sqrt(variance + epsilon); b' = shift + (b - mean) scale / sqrt(variance + epsilon).
// b may be NULL: zero.
void fovea_fold_norm(const float *w, const float *b, const float *scale, const float *shift, const float *mean,
                     const float *variance, float epsilon, int64_t o, int64_t inner, float *folded_w, float *folded_b);

#endif
