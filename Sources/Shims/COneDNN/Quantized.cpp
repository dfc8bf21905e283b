// Quantised layers, and reorders that quantise, through either interface of oneDNN: 2.x folds every step into attributes of
// the primitive, 3.x takes the tensors' steps as arguments of each run.

#include "Shim.hpp"

using namespace fovea;
using dnnl::algorithm;

namespace {

using Steps = std::vector<std::pair<int, std::vector<float>>>;

/// Filters of grouped convolutions have five dimensions, and two of them count filters.
int filterMask(const md &filters) {
#if FOVEA_DNNL_3
    return filters.get_ndims() == 5 ? 3 : 1;
#else
    return filters.data.ndims == 5 ? 3 : 1;
#endif
}

/// True if f(c x) = c f(x) for c > 0, once a bound is divided by c.
[[maybe_unused]] bool scales(FoveaDNNActivation activation) {
    return activation == FoveaDNNActivationNone || activation == FoveaDNNActivationReLU || activation == FoveaDNNActivationReLU6;
}

/// y = activation(source weights sum + bias + residual) / destination.
dnnl::primitive_attr attributes(
    const FoveaDNNSteps &steps, const md &filters, bool addsDestination, FoveaDNNActivation activation, Steps &atRun) {
    auto result = plannedScratch();
    dnnl::post_ops after;
    const std::vector<float> weights(steps.weights, steps.weights + steps.weightCount);
#if FOVEA_DNNL_3
    const int mask = weights.size() > 1 ? filterMask(filters) : 0;
    result.set_scales_mask(DNNL_ARG_SRC, 0);
    result.set_scales_mask(DNNL_ARG_WEIGHTS, mask);
    atRun = {{DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, {steps.source}}, {DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, weights}};
    if (steps.destination != 1) {
        result.set_scales_mask(DNNL_ARG_DST, 0);
        atRun.push_back({DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, {steps.destination}});
    }
    if (addsDestination) after.append_sum(steps.residual, 0, dataType(steps.residualType));
    append(after, activation);
#else
    // Steps of the result are divided out as early as the activation allows.
    const float early = scales(activation) ? steps.destination : 1;
    std::vector<float> factors;
    for (float weight : weights) factors.push_back(steps.source * weight / early);
    result.set_output_scales(factors.size() > 1 ? 2 : 0, factors);
    if (addsDestination) after.append_sum(steps.residual / early, dataType(steps.residualType));
    if (activation != FoveaDNNActivationNone) {
        const Eltwise kind = eltwise(activation);
        const float bound = activation == FoveaDNNActivationReLU6 ? kind.beta / early : kind.beta;
        after.append_eltwise(early / steps.destination, kind.forward, kind.alpha, bound);
    }
    (void)filters;
    (void)atRun;
#endif
    result.set_post_ops(after);
    return result;
}

}  // namespace

extern "C" {

bool FoveaDNNBiasIsInSteps(void) { return !FOVEA_DNNL_3; }

FoveaDNNPrimitive *FoveaDNNQuantizedConvolution(
    FoveaDNNEngine *engine, const FoveaDNNLayout *x, const FoveaDNNLayout *w, const FoveaDNNLayout *bias,
    const FoveaDNNLayout *y, FoveaDNNWindow window, bool addsDestination, FoveaDNNActivation activation,
    FoveaDNNSteps steps, FoveaDNNError *error) {
    return guarded(error, [&] {
        Steps atRun;
        const auto with = attributes(steps, w->value, addsDestination, activation, atRun);
        auto primitive = finished<dnnl::convolution_forward>(FOVEA_DESCRIBE(
            dnnl::convolution_forward, with, dnnl::prop_kind::forward_inference, algorithm::convolution_direct, x->value,
            w->value, orNone(bias), y->value, pair(window.stride), pair(window.dilation), pair(window.before),
            pair(window.after)));
        primitive->steps = atRun;
        return primitive;
    });
}

FoveaDNNPrimitive *FoveaDNNQuantizedInnerProduct(
    FoveaDNNEngine *engine, const FoveaDNNLayout *x, const FoveaDNNLayout *w, const FoveaDNNLayout *bias,
    const FoveaDNNLayout *y, FoveaDNNActivation activation, FoveaDNNSteps steps, FoveaDNNError *error) {
    return guarded(error, [&] {
        Steps atRun;
        const auto with = attributes(steps, w->value, false, activation, atRun);
        auto primitive = finished<dnnl::inner_product_forward>(FOVEA_DESCRIBE(
            dnnl::inner_product_forward, with, dnnl::prop_kind::forward_inference, x->value, w->value, orNone(bias),
            y->value));
        primitive->steps = atRun;
        return primitive;
    });
}

FoveaDNNPrimitive *FoveaDNNQuantizedSum(
    FoveaDNNEngine *engine, const FoveaDNNLayout *a, const FoveaDNNLayout *b, const FoveaDNNLayout *y, float aFactor,
    float bFactor, FoveaDNNError *error) {
    return guarded(error, [&] {
        auto with = plannedScratch();
        Steps atRun;
#if FOVEA_DNNL_3
        with.set_scales_mask(DNNL_ARG_SRC_0, 0);
        with.set_scales_mask(DNNL_ARG_SRC_1, 0);
        atRun = {{DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC_0, {aFactor}}, {DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC_1, {bFactor}}};
#else
        with.set_scales(DNNL_ARG_SRC_0, 0, {aFactor});
        with.set_scales(DNNL_ARG_SRC_1, 0, {bFactor});
#endif
        auto primitive = finished<dnnl::binary>(
            FOVEA_DESCRIBE(dnnl::binary, with, algorithm::binary_add, a->value, b->value, y->value));
        primitive->steps = atRun;
        return primitive;
    });
}

FoveaDNNPrimitive *FoveaDNNReorderScaled(
    FoveaDNNEngine *engine, const FoveaDNNLayout *from, const FoveaDNNLayout *to, const float *factors, int count,
    FoveaDNNError *error) {
    return guarded(error, [&] {
        auto with = plannedScratch();
        const int mask = count > 1 ? filterMask(to->value) : 0;
        std::vector<float> values(factors, factors + count);
        Steps atRun;
#if FOVEA_DNNL_3
        with.set_scales_mask(DNNL_ARG_DST, mask);
        for (float &value : values) value = 1 / value;
        atRun.push_back({DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, values});
#else
        with.set_output_scales(mask, values);
#endif
        auto primitive = finished<dnnl::reorder>(
            dnnl::reorder::primitive_desc(engine->engine, from->value, engine->engine, to->value, with));
        primitive->steps = atRun;
        return primitive;
    });
}

}  // extern "C"
