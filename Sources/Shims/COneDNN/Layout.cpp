// Layouts, engines, primitives as such, and calls.

#include "Shim.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

using namespace fovea;
using dnnl::memory;

memory::data_type fovea::dataType(FoveaDNNType type) {
    switch (type) {
    case FoveaDNNTypeF32: return memory::data_type::f32;
    case FoveaDNNTypeBF16: return memory::data_type::bf16;
    case FoveaDNNTypeS32: return memory::data_type::s32;
    case FoveaDNNTypeS8: return memory::data_type::s8;
    case FoveaDNNTypeU8: return memory::data_type::u8;
    }
    return memory::data_type::undef;
}

namespace {

/// Strides and inner blocks of a description, whichever interface oneDNN has.
struct Blocking {
    dims extents, strides, blocks, blockAxes;
    memory::data_type type;
    /// True if oneDNN alone knows where elements lie, as in filters transformed for Winograd: there are no strides then.
    bool opaque = false;

    explicit Blocking(const md &value) {
#if FOVEA_DNNL_3
        extents = value.get_dims();
        type = value.get_data_type();
        opaque = value.get_format_kind() == memory::format_kind::opaque;
        if (opaque) return;
        strides = value.get_strides();
        blocks = value.get_inner_blks();
        blockAxes = value.get_inner_idxs();
#else
        const auto &data = value.data;
        const auto &blocking = data.format_desc.blocking;
        extents.assign(data.dims, data.dims + data.ndims);
        type = memory::data_type(data.data_type);
        opaque = data.format_kind != dnnl_blocked && data.format_kind != dnnl_format_kind_any;
        if (opaque) return;
        strides.assign(blocking.strides, blocking.strides + data.ndims);
        blocks.assign(blocking.inner_blks, blocking.inner_blks + blocking.inner_nblks);
        blockAxes.assign(blocking.inner_idxs, blocking.inner_idxs + blocking.inner_nblks);
#endif
    }
};

dims rowMajor(const dims &extents) {
    dims strides(extents.size(), 1);
    for (size_t axis = extents.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * extents[axis];
    return strides;
}

int dnnlArgument(FoveaDNNArgument argument) {
    switch (argument) {
    case FoveaDNNSource: return DNNL_ARG_SRC_0;
    case FoveaDNNSource1: return DNNL_ARG_SRC_1;
    case FoveaDNNWeights: return DNNL_ARG_WEIGHTS;
    case FoveaDNNBias: return DNNL_ARG_BIAS;
    case FoveaDNNDestination: return DNNL_ARG_DST;
    case FoveaDNNSourceGradient: return DNNL_ARG_DIFF_SRC;
    case FoveaDNNWeightsGradient: return DNNL_ARG_DIFF_WEIGHTS;
    case FoveaDNNBiasGradient: return DNNL_ARG_DIFF_BIAS;
    case FoveaDNNDestinationGradient: return DNNL_ARG_DIFF_DST;
    case FoveaDNNMean: return DNNL_ARG_MEAN;
    case FoveaDNNVariance: return DNNL_ARG_VARIANCE;
    case FoveaDNNScale: return DNNL_ARG_SCALE;
    case FoveaDNNShift: return DNNL_ARG_SHIFT;
    case FoveaDNNWorkspace: return DNNL_ARG_WORKSPACE;
    case FoveaDNNScratchpad: return DNNL_ARG_SCRATCHPAD;
    default: return DNNL_ARG_MULTIPLE_SRC + (int(argument) - FoveaDNNMultipleSource);
    }
}

md argumentLayout(const FoveaDNNPrimitive *primitive, FoveaDNNArgument argument) {
    return primitive->description.query_md(dnnl::query::exec_arg_md, dnnlArgument(argument));
}

}  // namespace

md fovea::free(const md &value) { return freeLike(value, value); }

md fovea::freeLike(const md &value, const md &other) {
    return md(Blocking(value).extents, Blocking(other).type, memory::format_tag::any);
}

extern "C" {

const char *FoveaDNNVersion(void) {
    static const std::string text = [] {
        const auto *version = dnnl::version();
        return std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch);
    }();
    return text.c_str();
}

const char *FoveaDNNInstructionSet(void) {
    switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41: return "sse41";
    case dnnl::cpu_isa::avx: return "avx";
    case dnnl::cpu_isa::avx2: return "avx2";
    case dnnl::cpu_isa::avx2_vnni: return "avx2_vnni";
    case dnnl::cpu_isa::avx512_core: return "avx512_core";
    case dnnl::cpu_isa::avx512_core_vnni: return "avx512_core_vnni";
    case dnnl::cpu_isa::avx512_core_bf16: return "avx512_core_bf16";
    case dnnl::cpu_isa::avx512_core_amx: return "avx512_core_amx";
    default: return "other";
    }
}

bool FoveaDNNHasNativeBF16(void) {
    const auto bits = unsigned(dnnl::cpu_isa::avx512_core_bf16);
    return (unsigned(dnnl::get_effective_cpu_isa()) & bits) == bits;
}

bool FoveaDNNHasFastBF16(void) {
#if defined(__x86_64__)
    const auto tiles = unsigned(dnnl::cpu_isa::avx512_core_amx);
    const bool hasTiles = (unsigned(dnnl::get_effective_cpu_isa()) & tiles) == tiles;
    return FoveaDNNHasNativeBF16() && (hasTiles || !__builtin_cpu_is("intel"));
#else
    return FoveaDNNHasNativeBF16();
#endif
}

FoveaDNNInstructions FoveaDNNInstructionLimit(void) {
    const auto effective = unsigned(dnnl::get_effective_cpu_isa());
    const auto has = [&](dnnl::cpu_isa set) { return (effective & unsigned(set)) == unsigned(set); };
    if (has(dnnl::cpu_isa::avx512_core_bf16)) return FoveaDNNInstructionsAVX512BF16;
    if (has(dnnl::cpu_isa::avx512_core)) return FoveaDNNInstructionsAVX512;
    return has(dnnl::cpu_isa::avx2) ? FoveaDNNInstructionsAVX2 : FoveaDNNInstructionsAny;
}

FoveaDNNEngine *FoveaDNNEngineCreate(FoveaDNNError *error) {
    return guarded(error, [&] {
        dnnl::engine engine(dnnl::engine::kind::cpu, 0);
        dnnl::stream stream(engine);
        return new FoveaDNNEngine {engine, stream};
    });
}

void FoveaDNNEngineFree(FoveaDNNEngine *engine) { delete engine; }

FoveaDNNLayout *FoveaDNNLayoutCreate(const int64_t *dimensions, int rank, FoveaDNNType type, bool any) {
    FoveaDNNError ignored;
    return guarded(&ignored, [&] {
        const dims extents(dimensions, dimensions + rank);
        if (any) return new FoveaDNNLayout {md(extents, dataType(type), memory::format_tag::any)};
        return new FoveaDNNLayout {md(extents, dataType(type), rowMajor(extents))};
    });
}

FoveaDNNLayout *FoveaDNNLayoutPlain(const FoveaDNNLayout *layout, FoveaDNNType type) {
    FoveaDNNError ignored;
    return guarded(&ignored, [&] {
        const Blocking blocking(layout->value);
        return new FoveaDNNLayout {md(blocking.extents, dataType(type), rowMajor(blocking.extents))};
    });
}

FoveaDNNLayout *FoveaDNNLayoutLike(const FoveaDNNLayout *like, const int64_t *dimensions) {
    FoveaDNNError ignored;
    return guarded(&ignored, [&] {
        const Blocking known(like->value);
        const dims extents(dimensions, dimensions + 4);
        using tag = memory::format_tag;
        tag kind = tag::nchw;
        if (known.extents[2] == 1 && known.extents[3] == 1 && known.blocks.empty()) {
            kind = dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core ? tag::nChw16c : tag::nChw8c;
        } else {
            for (tag candidate : {tag::nChw16c, tag::nChw8c, tag::nhwc})
                if (md(known.extents, known.type, candidate) == like->value) kind = candidate;
        }
        return new FoveaDNNLayout {md(extents, known.type, kind)};
    });
}

FoveaDNNLayout *FoveaDNNLayoutTransposed(const FoveaDNNLayout *layout, FoveaDNNError *error) {
    return guarded(error, [&] { return new FoveaDNNLayout {layout->value.permute_axes({1, 0, 2, 3})}; });
}

FoveaDNNLayout *FoveaDNNLayoutTyped(const FoveaDNNLayout *layout, FoveaDNNType type, FoveaDNNError *error) {
    return guarded(error, [&] {
#if FOVEA_DNNL_3
        const Blocking known(layout->value);
        if (known.blocks.empty()) return new FoveaDNNLayout {md(known.extents, dataType(type), known.strides)};
        using tag = memory::format_tag;
        for (tag candidate : {tag::nChw16c, tag::nChw8c, tag::nChw4c, tag::nChw32c})
            if (md(known.extents, known.type, candidate) == layout->value)
                return new FoveaDNNLayout {md(known.extents, dataType(type), candidate)};
        throw dnnl::error(dnnl_unimplemented, "this layout is not known for another type");
#else
        auto value = layout->value;
        value.data.data_type = dnnl::memory::convert_to_c(dataType(type));
        return new FoveaDNNLayout {value};
#endif
    });
}

void FoveaDNNLayoutFree(FoveaDNNLayout *layout) { delete layout; }

bool FoveaDNNLayoutEqual(const FoveaDNNLayout *one, const FoveaDNNLayout *other) { return one->value == other->value; }

bool FoveaDNNLayoutIsPlain(const FoveaDNNLayout *layout) {
    const Blocking blocking(layout->value);
    if (blocking.opaque) return false;
    const int64_t count = std::accumulate(
        blocking.extents.begin(), blocking.extents.end(), int64_t(1), [](int64_t a, int64_t b) { return a * b; });
    const size_t element = memory::data_type_size(blocking.type);
    if (layout->value.get_size() != size_t(count) * element) return false;
    // Axes of extent 1 have no say in the order of elements; blocks that hold a whole axis keep it row-major
    // only if nothing else is stored inside the block.
    const dims plain = rowMajor(blocking.extents);
    if (blocking.blocks.empty()) {
        for (size_t axis = 0; axis < plain.size(); axis++)
            if (blocking.extents[axis] > 1 && blocking.strides[axis] != plain[axis]) return false;
        return true;
    }
    if (blocking.blocks.size() > 1) return false;
    const size_t axis = size_t(blocking.blockAxes[0]);
    for (size_t inner = axis + 1; inner < plain.size(); inner++)
        if (blocking.extents[inner] > 1) return false;
    for (size_t outer = 0; outer < axis; outer++)
        if (blocking.extents[outer] > 1 && blocking.strides[outer] != plain[outer]) return false;
    return blocking.extents[axis] == blocking.blocks[0] || blocking.strides[axis] == blocking.blocks[0];
}

size_t FoveaDNNLayoutBytes(const FoveaDNNLayout *layout) { return layout->value.get_size(); }

const char *FoveaDNNLayoutName(const FoveaDNNLayout *layout, char *text, size_t size) {
    const Blocking blocking(layout->value);
    if (blocking.opaque) {
        std::snprintf(text, size, "opaque");
        return text;
    }
    std::vector<size_t> order(blocking.extents.size());
    std::iota(order.begin(), order.end(), size_t(0));
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        return blocking.strides[a] != blocking.strides[b] ? blocking.strides[a] > blocking.strides[b] : a < b;
    });
    std::string name;
    for (size_t axis : order) {
        const bool blocked = std::find(blocking.blockAxes.begin(), blocking.blockAxes.end(), int64_t(axis)) != blocking.blockAxes.end();
        name += char((blocked ? 'A' : 'a') + char(axis));
    }
    for (size_t block = 0; block < blocking.blocks.size(); block++)
        name += std::to_string(blocking.blocks[block]) + char('a' + char(blocking.blockAxes[block]));
    std::snprintf(text, size, "%s", name.c_str());
    return text;
}

void FoveaDNNPrimitiveFree(FoveaDNNPrimitive *primitive) { delete primitive; }

FoveaDNNLayout *FoveaDNNPrimitiveLayout(const FoveaDNNPrimitive *primitive, FoveaDNNArgument argument) {
    FoveaDNNError ignored;
    return guarded(&ignored, [&]() -> FoveaDNNLayout * {
        const md value = argumentLayout(primitive, argument);
        return value.get_size() ? new FoveaDNNLayout {value} : nullptr;
    });
}

const char *FoveaDNNPrimitiveImplementation(const FoveaDNNPrimitive *primitive) { return primitive->implementation.c_str(); }

FoveaDNNCall *FoveaDNNCallCreate(
    FoveaDNNEngine *engine, const FoveaDNNPrimitive *primitive, const FoveaDNNArgument *arguments, void *const *addresses,
    int count, FoveaDNNError *error) {
    return guarded(error, [&] {
        auto call = std::make_unique<FoveaDNNCall>();
        call->primitive = primitive->primitive;
        call->stream = engine->stream;
        for (int index = 0; index < count; index++) {
            call->memories.emplace_back(argumentLayout(primitive, arguments[index]), engine->engine, addresses[index]);
            call->arguments.push_back({dnnlArgument(arguments[index]), call->memories.back().get()});
        }
        for (const auto &[argument, values] : primitive->steps) {
            const md layout({dnnl::memory::dim(values.size())}, memory::data_type::f32, memory::format_tag::a);
            call->memories.emplace_back(layout, engine->engine);
            std::copy(values.begin(), values.end(), static_cast<float *>(call->memories.back().get_data_handle()));
            call->arguments.push_back({argument, call->memories.back().get()});
        }
        return call.release();
    });
}

void FoveaDNNCallFree(FoveaDNNCall *call) { delete call; }

bool FoveaDNNCallRun(FoveaDNNCall *call) {
    return dnnl_primitive_execute(call->primitive.get(), call->stream.get(), int(call->arguments.size()), call->arguments.data())
        == dnnl_success;
}

}  // extern "C"
