// oneDNN behind opaque handles. Every function that can fail returns NULL or false and fills `error`.
// Handles are freed by their own functions; NULL is accepted there. Nothing here is safe to call from two threads at once.

#ifndef FOVEA_CONEDNN_H
#define FOVEA_CONEDNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A CPU engine with its stream.
typedef struct FoveaDNNEngine FoveaDNNEngine;
/// How a tensor lies in memory: oneDNN's memory descriptor.
typedef struct FoveaDNNLayout FoveaDNNLayout;
/// A primitive: an operation with all its layouts settled.
typedef struct FoveaDNNPrimitive FoveaDNNPrimitive;
/// A primitive bound to addresses, ready to run.
typedef struct FoveaDNNCall FoveaDNNCall;

/// What went wrong, as text.
typedef struct {
    char message[256];
} FoveaDNNError;

typedef enum { FoveaDNNTypeF32, FoveaDNNTypeBF16, FoveaDNNTypeS32, FoveaDNNTypeS8, FoveaDNNTypeU8 } FoveaDNNType;

typedef enum {
    FoveaDNNActivationNone,
    FoveaDNNActivationReLU,
    FoveaDNNActivationReLU6,
    FoveaDNNActivationSigmoid,
    FoveaDNNActivationSiLU,
    FoveaDNNActivationGELU,
    FoveaDNNActivationHardSwish
} FoveaDNNActivation;

typedef enum { FoveaDNNPoolingMax, FoveaDNNPoolingAverage, FoveaDNNPoolingAveragePadded } FoveaDNNPooling;

typedef enum { FoveaDNNBinaryAdd, FoveaDNNBinaryMultiply } FoveaDNNBinary;

/// Names of a primitive's tensors. `Source1` is the second operand of a binary or concat (`Source1 + i` for concat).
typedef enum {
    FoveaDNNSource,
    FoveaDNNSource1,
    FoveaDNNWeights,
    FoveaDNNBias,
    FoveaDNNDestination,
    FoveaDNNSourceGradient,
    FoveaDNNWeightsGradient,
    FoveaDNNBiasGradient,
    FoveaDNNDestinationGradient,
    FoveaDNNMean,
    FoveaDNNVariance,
    FoveaDNNScale,
    FoveaDNNShift,
    FoveaDNNWorkspace,
    FoveaDNNScratchpad,
    FoveaDNNMultipleSource = 64
} FoveaDNNArgument;

/// Strides, dilations (0 is dense) and borders of a window over rows and columns.
typedef struct {
    int64_t kernel[2], stride[2], dilation[2], before[2], after[2];
} FoveaDNNWindow;

/// `2.6.3`: the version that is loaded.
const char *FoveaDNNVersion(void);
/// The instruction set that kernels use, such as `avx512_core_bf16`.
const char *FoveaDNNInstructionSet(void);
/// True if kernels multiply bf16 in hardware; elsewhere they convert, which is slower than f32.
bool FoveaDNNHasNativeBF16(void);
/// Whether it multiplies bf16 faster than f32, too. Intel's cores do with tiles (AMX): without them, one product of 32 pairs
/// takes longer than two of 16 numbers.
bool FoveaDNNHasFastBF16(void);

/// Instruction sets of x86-64 in order; processors of another kind count as the first.
typedef enum {
    FoveaDNNInstructionsAny,
    FoveaDNNInstructionsAVX2,
    FoveaDNNInstructionsAVX512,
    FoveaDNNInstructionsAVX512BF16
} FoveaDNNInstructions;
/// The best of them that kernels use: the processor's, or less where a person has set ONEDNN_MAX_CPU_ISA.
FoveaDNNInstructions FoveaDNNInstructionLimit(void);

FoveaDNNEngine *FoveaDNNEngineCreate(FoveaDNNError *error);
void FoveaDNNEngineFree(FoveaDNNEngine *engine);

/// A row-major layout, or one that the primitive may choose (`any`).
FoveaDNNLayout *FoveaDNNLayoutCreate(const int64_t *dimensions, int rank, FoveaDNNType type, bool any);
/// A row-major layout with another layout's dimensions and elements of `type`.
FoveaDNNLayout *FoveaDNNLayoutPlain(const FoveaDNNLayout *layout, FoveaDNNType type);
/// A layout for (N, C, H, W) of the same kind as another: blocked, channels last or row-major. A row-major tensor of one
/// row and column gives the blocked layout that this processor's kernels like best.
FoveaDNNLayout *FoveaDNNLayoutLike(const FoveaDNNLayout *like, const int64_t *dimensions);
/// The same placement for elements of another type of the same size.
FoveaDNNLayout *FoveaDNNLayoutTyped(const FoveaDNNLayout *layout, FoveaDNNType type, FoveaDNNError *error);
/// The same placement with the first two of four axes in the other order.
FoveaDNNLayout *FoveaDNNLayoutTransposed(const FoveaDNNLayout *layout, FoveaDNNError *error);
void FoveaDNNLayoutFree(FoveaDNNLayout *layout);
bool FoveaDNNLayoutEqual(const FoveaDNNLayout *one, const FoveaDNNLayout *other);
/// True if the elements lie row-major without gaps.
bool FoveaDNNLayoutIsPlain(const FoveaDNNLayout *layout);
size_t FoveaDNNLayoutBytes(const FoveaDNNLayout *layout);
/// Writes a name such as `aBcd16b` and returns it.
const char *FoveaDNNLayoutName(const FoveaDNNLayout *layout, char *text, size_t size);

void FoveaDNNPrimitiveFree(FoveaDNNPrimitive *primitive);
/// The layout that the primitive settled on for one of its tensors; NULL if it has no such tensor.
FoveaDNNLayout *FoveaDNNPrimitiveLayout(const FoveaDNNPrimitive *primitive, FoveaDNNArgument argument);
/// The name of the implementation that oneDNN chose, such as `brgconv:avx512_core`.
const char *FoveaDNNPrimitiveImplementation(const FoveaDNNPrimitive *primitive);

/// `bias` may be NULL. `training` chooses the propagation kind. `addsDestination`: y += what is there already.
FoveaDNNPrimitive *FoveaDNNConvolutionForward(
    FoveaDNNEngine *engine, bool training, const FoveaDNNLayout *x, const FoveaDNNLayout *w, const FoveaDNNLayout *bias,
    const FoveaDNNLayout *y, FoveaDNNWindow window, bool addsDestination, FoveaDNNActivation activation,
    FoveaDNNError *error);
FoveaDNNPrimitive *FoveaDNNConvolutionBackwardData(
    FoveaDNNEngine *engine, const FoveaDNNLayout *dx, const FoveaDNNLayout *w, const FoveaDNNLayout *dy,
    FoveaDNNWindow window, FoveaDNNError *error);
FoveaDNNPrimitive *FoveaDNNConvolutionBackwardWeights(
    FoveaDNNEngine *engine, const FoveaDNNLayout *x, const FoveaDNNLayout *dw, const FoveaDNNLayout *db,
    const FoveaDNNLayout *dy, FoveaDNNWindow window, FoveaDNNError *error);

FoveaDNNPrimitive *FoveaDNNInnerProductForward(
    FoveaDNNEngine *engine, bool training, const FoveaDNNLayout *x, const FoveaDNNLayout *w, const FoveaDNNLayout *bias,
    const FoveaDNNLayout *y, FoveaDNNActivation activation, FoveaDNNError *error);
FoveaDNNPrimitive *FoveaDNNInnerProductBackwardData(
    FoveaDNNEngine *engine, const FoveaDNNLayout *dx, const FoveaDNNLayout *w, const FoveaDNNLayout *dy,
    FoveaDNNError *error);
FoveaDNNPrimitive *FoveaDNNInnerProductBackwardWeights(
    FoveaDNNEngine *engine, const FoveaDNNLayout *x, const FoveaDNNLayout *dw, const FoveaDNNLayout *db,
    const FoveaDNNLayout *dy, FoveaDNNError *error);

/// With statistics that are given: scale, shift, mean and variance are inputs.
FoveaDNNPrimitive *FoveaDNNBatchNorm(FoveaDNNEngine *engine, const FoveaDNNLayout *x, float epsilon, FoveaDNNError *error);

FoveaDNNPrimitive *FoveaDNNActivationForward(
    FoveaDNNEngine *engine, const FoveaDNNLayout *x, FoveaDNNActivation activation, FoveaDNNError *error);
/// `kept` is y for ReLU and sigmoid (argument Destination), x for the others (argument Source).
FoveaDNNPrimitive *FoveaDNNActivationBackward(
    FoveaDNNEngine *engine, const FoveaDNNLayout *kept, const FoveaDNNLayout *dy, FoveaDNNActivation activation,
    FoveaDNNError *error);

FoveaDNNPrimitive *FoveaDNNPoolingForward(
    FoveaDNNEngine *engine, bool training, FoveaDNNPooling kind, const FoveaDNNLayout *x, const FoveaDNNLayout *y,
    FoveaDNNWindow window, FoveaDNNError *error);
FoveaDNNPrimitive *FoveaDNNPoolingBackward(
    FoveaDNNEngine *engine, FoveaDNNPooling kind, const FoveaDNNLayout *x, const FoveaDNNLayout *dx,
    const FoveaDNNLayout *dy, FoveaDNNWindow window, FoveaDNNError *error);

/// `b` may have extents of 1 where `a` has more.
FoveaDNNPrimitive *FoveaDNNBinaryCreate(
    FoveaDNNEngine *engine, FoveaDNNBinary kind, const FoveaDNNLayout *a, const FoveaDNNLayout *b,
    const FoveaDNNLayout *y, FoveaDNNError *error);
FoveaDNNPrimitive *FoveaDNNReorderCreate(
    FoveaDNNEngine *engine, const FoveaDNNLayout *from, const FoveaDNNLayout *to, FoveaDNNError *error);

/// What a stored 1 is worth in the tensors of a quantised layer; 1 where a tensor holds real numbers.
typedef struct {
    float source, destination, residual;
    /// One number, or one for each filter.
    const float *weights;
    int weightCount;
    /// The type of the numbers that the result is added to.
    FoveaDNNType residualType;
} FoveaDNNSteps;

/// True if the bias of a quantised layer is given in steps of source times weights; else it is given as it is.
bool FoveaDNNBiasIsInSteps(void);
/// x is u8 or s8 and w s8. `bias` may be NULL.
FoveaDNNPrimitive *FoveaDNNQuantizedConvolution(
    FoveaDNNEngine *engine, const FoveaDNNLayout *x, const FoveaDNNLayout *w, const FoveaDNNLayout *bias,
    const FoveaDNNLayout *y, FoveaDNNWindow window, bool addsDestination, FoveaDNNActivation activation,
    FoveaDNNSteps steps, FoveaDNNError *error);
FoveaDNNPrimitive *FoveaDNNQuantizedInnerProduct(
    FoveaDNNEngine *engine, const FoveaDNNLayout *x, const FoveaDNNLayout *w, const FoveaDNNLayout *bias,
    const FoveaDNNLayout *y, FoveaDNNActivation activation, FoveaDNNSteps steps, FoveaDNNError *error);
/// y = aFactor a + bFactor b, rounded and cut off where y has eight bits.
FoveaDNNPrimitive *FoveaDNNQuantizedSum(
    FoveaDNNEngine *engine, const FoveaDNNLayout *a, const FoveaDNNLayout *b, const FoveaDNNLayout *y, float aFactor,
    float bFactor, FoveaDNNError *error);
/// Moves a tensor and multiplies it: by one number, or by one for each filter (`filters` of them).
FoveaDNNPrimitive *FoveaDNNReorderScaled(
    FoveaDNNEngine *engine, const FoveaDNNLayout *from, const FoveaDNNLayout *to, const float *factors, int count,
    FoveaDNNError *error);

/// Binds a primitive to addresses. `offsets of submemory` are part of the layouts. The call keeps nothing alive but the
/// primitive's implementation; the addresses must outlive it.
FoveaDNNCall *FoveaDNNCallCreate(
    FoveaDNNEngine *engine, const FoveaDNNPrimitive *primitive, const FoveaDNNArgument *arguments, void *const *addresses,
    int count, FoveaDNNError *error);
void FoveaDNNCallFree(FoveaDNNCall *call);
/// Runs to the end on the calling thread and its pool. Returns false if oneDNN reports a failure.
bool FoveaDNNCallRun(FoveaDNNCall *call);

#ifdef __cplusplus
}
#endif
#endif
