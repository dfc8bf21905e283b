// What the shim's files share: the handles' contents, guarding against exceptions, and both interfaces of oneDNN.

#pragma once

#include "COneDNN.h"

#include <oneapi/dnnl/dnnl.hpp>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#define FOVEA_DNNL_3 (DNNL_VERSION_MAJOR >= 3)

// A description of a primitive from `engine`, a FoveaDNNEngine.
#if FOVEA_DNNL_3
#define FOVEA_DESCRIBE(Kind, attributes, ...) Kind::primitive_desc(engine->engine, __VA_ARGS__, attributes)
#define FOVEA_DESCRIBE_HINTED(Kind, attributes, hint, ...) \
    Kind::primitive_desc(engine->engine, __VA_ARGS__, hint, attributes)
#else
#define FOVEA_DESCRIBE(Kind, attributes, ...) Kind::primitive_desc(Kind::desc(__VA_ARGS__), attributes, engine->engine)
#define FOVEA_DESCRIBE_HINTED(Kind, attributes, hint, ...) \
    Kind::primitive_desc(Kind::desc(__VA_ARGS__), attributes, engine->engine, hint)
#endif

struct FoveaDNNEngine {
    dnnl::engine engine;
    dnnl::stream stream;
};

struct FoveaDNNLayout {
    dnnl::memory::desc value;
};

struct FoveaDNNPrimitive {
    dnnl::primitive_desc_base description;
    dnnl::primitive primitive;
    /// The implementation's name, kept because oneDNN hands out a pointer of its own.
    std::string implementation;
    /// Steps of quantised tensors that 3.x wants at every run, by argument; 2.x keeps them in the primitive.
    std::vector<std::pair<int, std::vector<float>>> steps = {};
};

struct FoveaDNNCall {
    dnnl::primitive primitive;
    dnnl::stream stream;
    std::vector<dnnl::memory> memories;
    std::vector<dnnl_exec_arg_t> arguments;
};

namespace fovea {

using md = dnnl::memory::desc;
using dims = dnnl::memory::dims;

/// Runs `body` and turns an exception into NULL and a text: none may cross into Swift.
template <typename Body>
auto guarded(FoveaDNNError *error, Body body) -> decltype(body()) {
    try {
        return body();
    } catch (const dnnl::error &failure) {
        std::snprintf(error->message, sizeof error->message, "%s (status %d)", failure.what(), int(failure.status));
    } catch (const std::exception &failure) {
        std::snprintf(error->message, sizeof error->message, "%s", failure.what());
    }
    return nullptr;
}

/// The attributes of every primitive: scratch memory is ours, so that it can be planned.
inline dnnl::primitive_attr plannedScratch() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
}

template <typename Primitive, typename Description>
FoveaDNNPrimitive *finished(const Description &description) {
    return new FoveaDNNPrimitive {description, Primitive(description), description.impl_info_str()};
}

/// A type by the shim's name for it.
dnnl::memory::data_type dataType(FoveaDNNType type);

inline dims pair(const int64_t *values) { return {values[0], values[1]}; }

inline md orNone(const FoveaDNNLayout *layout) { return layout ? layout->value : md(); }

/// A description with the same dimensions and type whose layout is free to choose.
md free(const md &value);

/// The same with another description's type: gradients of weights may be f32 where the weights were bf16.
md freeLike(const md &value, const md &other);

inline dnnl::prop_kind forwardKind(bool training) {
    return training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
}

/// An activation as oneDNN knows it.
struct Eltwise {
    dnnl::algorithm forward;
    dnnl::algorithm backward;
    float alpha, beta;
};
Eltwise eltwise(FoveaDNNActivation activation);

/// Appends an activation to what happens after a primitive.
void append(dnnl::post_ops &operations, FoveaDNNActivation activation);

}  // namespace fovea
