// Convolution, inner product, norm, activation, pooling, binary, concat and reorder, through either interface of oneDNN.

#include "Shim.hpp"

using namespace fovea;
using dnnl::algorithm;

Eltwise fovea::eltwise(FoveaDNNActivation activation) {
    switch (activation) {
    case FoveaDNNActivationReLU6:
        // clip_v2: the slope at 6 is 0, as in PyTorch; clip has 1 there.
        return {algorithm::eltwise_clip_v2, algorithm::eltwise_clip_v2, 0, 6};
    case FoveaDNNActivationSigmoid:
        return {algorithm::eltwise_logistic, algorithm::eltwise_logistic_use_dst_for_bwd, 0, 0};
    case FoveaDNNActivationSiLU: return {algorithm::eltwise_swish, algorithm::eltwise_swish, 1, 0};
    case FoveaDNNActivationGELU: return {algorithm::eltwise_gelu_erf, algorithm::eltwise_gelu_erf, 0, 0};
    case FoveaDNNActivationHardSwish:
        // 2.6 knows x min(max(x + 3, 0), 6) / 6 only and takes no parameters; 3.x takes x max(0, min(1, alpha x + beta)).
        return {algorithm::eltwise_hardswish, algorithm::eltwise_hardswish, FOVEA_DNNL_3 ? 1.f / 6 : 0, FOVEA_DNNL_3 ? 0.5f : 0};
    default: return {algorithm::eltwise_relu, algorithm::eltwise_relu_use_dst_for_bwd, 0, 0};
    }
}

void fovea::append(dnnl::post_ops &operations, FoveaDNNActivation activation) {
    if (activation == FoveaDNNActivationNone) return;
    const Eltwise kind = eltwise(activation);
#if FOVEA_DNNL_3
    operations.append_eltwise(kind.forward, kind.alpha, kind.beta);
#else
    operations.append_eltwise(1.f, kind.forward, kind.alpha, kind.beta);
#endif
}

namespace {

dnnl::convolution_forward::primitive_desc convolution(
    FoveaDNNEngine *engine, bool training, const md &x, const md &w, const md &b, const md &y, const FoveaDNNWindow &window,
    const dnnl::primitive_attr &attributes) {
    return FOVEA_DESCRIBE(
        dnnl::convolution_forward, attributes, forwardKind(training), algorithm::convolution_direct, x, w, b, y,
        pair(window.stride), pair(window.dilation), pair(window.before), pair(window.after));
}

dnnl::inner_product_forward::primitive_desc innerProduct(
    FoveaDNNEngine *engine, bool training, const md &x, const md &w, const md &b, const md &y,
    const dnnl::primitive_attr &attributes) {
    return FOVEA_DESCRIBE(dnnl::inner_product_forward, attributes, forwardKind(training), x, w, b, y);
}

dnnl::eltwise_forward::primitive_desc activationForward(FoveaDNNEngine *engine, const md &x, algorithm kind, const Eltwise &e) {
#if FOVEA_DNNL_3
    return FOVEA_DESCRIBE(
        dnnl::eltwise_forward, plannedScratch(), dnnl::prop_kind::forward_training, kind, x, x, e.alpha, e.beta);
#else
    return FOVEA_DESCRIBE(dnnl::eltwise_forward, plannedScratch(), dnnl::prop_kind::forward_training, kind, x, e.alpha, e.beta);
#endif
}

algorithm pooling(FoveaDNNPooling kind) {
    switch (kind) {
    case FoveaDNNPoolingMax: return algorithm::pooling_max;
    case FoveaDNNPoolingAverage: return algorithm::pooling_avg_exclude_padding;
    case FoveaDNNPoolingAveragePadded: return algorithm::pooling_avg_include_padding;
    }
    return algorithm::undef;
}

dnnl::pooling_forward::primitive_desc poolingForward(
    FoveaDNNEngine *engine, bool training, FoveaDNNPooling kind, const md &x, const md &y, const FoveaDNNWindow &window) {
#if FOVEA_DNNL_3
    return FOVEA_DESCRIBE(
        dnnl::pooling_forward, plannedScratch(), forwardKind(training), pooling(kind), x, y, pair(window.stride),
        pair(window.kernel), pair(window.dilation), pair(window.before), pair(window.after));
#else
    return FOVEA_DESCRIBE(
        dnnl::pooling_forward, plannedScratch(), forwardKind(training), pooling(kind), x, y, pair(window.stride),
        pair(window.kernel), pair(window.before), pair(window.after));
#endif
}

}  // namespace

extern "C" {

FoveaDNNPrimitive *FoveaDNNConvolutionForward(
    FoveaDNNEngine *engine, bool training, const FoveaDNNLayout *x, const FoveaDNNLayout *w, const FoveaDNNLayout *bias,
    const FoveaDNNLayout *y, FoveaDNNWindow window, bool addsDestination, FoveaDNNActivation activation,
    FoveaDNNError *error) {
    return guarded(error, [&] {
        dnnl::post_ops after;
        if (addsDestination) after.append_sum(1.f);
        append(after, activation);
        auto attributes = plannedScratch();
        attributes.set_post_ops(after);
        return finished<dnnl::convolution_forward>(
            convolution(engine, training, x->value, w->value, orNone(bias), y->value, window, attributes));
    });
}

FoveaDNNPrimitive *FoveaDNNConvolutionBackwardData(
    FoveaDNNEngine *engine, const FoveaDNNLayout *dx, const FoveaDNNLayout *w, const FoveaDNNLayout *dy,
    FoveaDNNWindow window, FoveaDNNError *error) {
    return guarded(error, [&] {
        const auto hint = convolution(
            engine, true, free(dx->value), free(w->value), md(), free(dy->value), window, plannedScratch());
        return finished<dnnl::convolution_backward_data>(FOVEA_DESCRIBE_HINTED(
            dnnl::convolution_backward_data, plannedScratch(), hint, algorithm::convolution_direct, dx->value, w->value,
            dy->value, pair(window.stride), pair(window.dilation), pair(window.before), pair(window.after)));
    });
}

FoveaDNNPrimitive *FoveaDNNConvolutionBackwardWeights(
    FoveaDNNEngine *engine, const FoveaDNNLayout *x, const FoveaDNNLayout *dw, const FoveaDNNLayout *db,
    const FoveaDNNLayout *dy, FoveaDNNWindow window, FoveaDNNError *error) {
    return guarded(error, [&] {
        const auto hint = convolution(
            engine, true, free(x->value), freeLike(dw->value, x->value), orNone(db), free(dy->value), window, plannedScratch());
        return finished<dnnl::convolution_backward_weights>(FOVEA_DESCRIBE_HINTED(
            dnnl::convolution_backward_weights, plannedScratch(), hint, algorithm::convolution_direct, x->value, dw->value,
            orNone(db), dy->value, pair(window.stride), pair(window.dilation), pair(window.before), pair(window.after)));
    });
}

FoveaDNNPrimitive *FoveaDNNInnerProductForward(
    FoveaDNNEngine *engine, bool training, const FoveaDNNLayout *x, const FoveaDNNLayout *w, const FoveaDNNLayout *bias,
    const FoveaDNNLayout *y, FoveaDNNActivation activation, FoveaDNNError *error) {
    return guarded(error, [&] {
        dnnl::post_ops after;
        append(after, activation);
        auto attributes = plannedScratch();
        attributes.set_post_ops(after);
        return finished<dnnl::inner_product_forward>(
            innerProduct(engine, training, x->value, w->value, orNone(bias), y->value, attributes));
    });
}

FoveaDNNPrimitive *FoveaDNNInnerProductBackwardData(
    FoveaDNNEngine *engine, const FoveaDNNLayout *dx, const FoveaDNNLayout *w, const FoveaDNNLayout *dy,
    FoveaDNNError *error) {
    return guarded(error, [&] {
        const auto hint =
            innerProduct(engine, true, free(dx->value), free(w->value), md(), free(dy->value), plannedScratch());
        return finished<dnnl::inner_product_backward_data>(FOVEA_DESCRIBE_HINTED(
            dnnl::inner_product_backward_data, plannedScratch(), hint, dx->value, w->value, dy->value));
    });
}

FoveaDNNPrimitive *FoveaDNNInnerProductBackwardWeights(
    FoveaDNNEngine *engine, const FoveaDNNLayout *x, const FoveaDNNLayout *dw, const FoveaDNNLayout *db,
    const FoveaDNNLayout *dy, FoveaDNNError *error) {
    return guarded(error, [&] {
        const auto hint =
            innerProduct(engine, true, free(x->value), freeLike(dw->value, x->value), orNone(db), free(dy->value), plannedScratch());
        return finished<dnnl::inner_product_backward_weights>(FOVEA_DESCRIBE_HINTED(
            dnnl::inner_product_backward_weights, plannedScratch(), hint, x->value, dw->value, orNone(db), dy->value));
    });
}

FoveaDNNPrimitive *FoveaDNNBatchNorm(
    FoveaDNNEngine *engine, const FoveaDNNLayout *x, float epsilon, FoveaDNNError *error) {
    return guarded(error, [&] {
        const auto kind = dnnl::prop_kind::forward_inference;
        const auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift |
                           dnnl::normalization_flags::use_global_stats;
#if FOVEA_DNNL_3
        return finished<dnnl::batch_normalization_forward>(FOVEA_DESCRIBE(
            dnnl::batch_normalization_forward, plannedScratch(), kind, x->value, x->value, epsilon, flags));
#else
        return finished<dnnl::batch_normalization_forward>(
            FOVEA_DESCRIBE(dnnl::batch_normalization_forward, plannedScratch(), kind, x->value, epsilon, flags));
#endif
    });
}

FoveaDNNPrimitive *FoveaDNNActivationForward(
    FoveaDNNEngine *engine, const FoveaDNNLayout *x, FoveaDNNActivation activation, FoveaDNNError *error) {
    return guarded(error, [&] {
        const Eltwise kind = eltwise(activation);
        return finished<dnnl::eltwise_forward>(activationForward(engine, x->value, kind.forward, kind));
    });
}

FoveaDNNPrimitive *FoveaDNNActivationBackward(
    FoveaDNNEngine *engine, const FoveaDNNLayout *kept, const FoveaDNNLayout *dy, FoveaDNNActivation activation,
    FoveaDNNError *error) {
    return guarded(error, [&] {
        const Eltwise kind = eltwise(activation);
        const auto hint = activationForward(engine, kept->value, kind.backward, kind);
#if FOVEA_DNNL_3
        return finished<dnnl::eltwise_backward>(FOVEA_DESCRIBE_HINTED(
            dnnl::eltwise_backward, plannedScratch(), hint, kind.backward, dy->value, dy->value, kept->value, kind.alpha,
            kind.beta));
#else
        return finished<dnnl::eltwise_backward>(FOVEA_DESCRIBE_HINTED(
            dnnl::eltwise_backward, plannedScratch(), hint, kind.backward, dy->value, kept->value, kind.alpha, kind.beta));
#endif
    });
}

FoveaDNNPrimitive *FoveaDNNPoolingForward(
    FoveaDNNEngine *engine, bool training, FoveaDNNPooling kind, const FoveaDNNLayout *x, const FoveaDNNLayout *y,
    FoveaDNNWindow window, FoveaDNNError *error) {
    return guarded(error, [&] {
        return finished<dnnl::pooling_forward>(poolingForward(engine, training, kind, x->value, y->value, window));
    });
}

FoveaDNNPrimitive *FoveaDNNPoolingBackward(
    FoveaDNNEngine *engine, FoveaDNNPooling kind, const FoveaDNNLayout *x, const FoveaDNNLayout *dx,
    const FoveaDNNLayout *dy, FoveaDNNWindow window, FoveaDNNError *error) {
    return guarded(error, [&] {
        const auto hint = poolingForward(engine, true, kind, x->value, dy->value, window);
#if FOVEA_DNNL_3
        return finished<dnnl::pooling_backward>(FOVEA_DESCRIBE_HINTED(
            dnnl::pooling_backward, plannedScratch(), hint, pooling(kind), dx->value, dy->value, pair(window.stride),
            pair(window.kernel), pair(window.dilation), pair(window.before), pair(window.after)));
#else
        return finished<dnnl::pooling_backward>(FOVEA_DESCRIBE_HINTED(
            dnnl::pooling_backward, plannedScratch(), hint, pooling(kind), dx->value, dy->value, pair(window.stride),
            pair(window.kernel), pair(window.before), pair(window.after)));
#endif
    });
}

FoveaDNNPrimitive *FoveaDNNBinaryCreate(
    FoveaDNNEngine *engine, FoveaDNNBinary kind, const FoveaDNNLayout *a, const FoveaDNNLayout *b,
    const FoveaDNNLayout *y, FoveaDNNError *error) {
    return guarded(error, [&] {
        const auto which = kind == FoveaDNNBinaryAdd ? algorithm::binary_add : algorithm::binary_mul;
        return finished<dnnl::binary>(
            FOVEA_DESCRIBE(dnnl::binary, plannedScratch(), which, a->value, b->value, y->value));
    });
}

FoveaDNNPrimitive *FoveaDNNReorderCreate(
    FoveaDNNEngine *engine, const FoveaDNNLayout *from, const FoveaDNNLayout *to, FoveaDNNError *error) {
    return guarded(error, [&] {
        return finished<dnnl::reorder>(dnnl::reorder::primitive_desc(
            engine->engine, from->value, engine->engine, to->value, plannedScratch()));
    });
}

}  // extern "C"
