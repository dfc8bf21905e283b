// Convolution: y[n,o,i,j] = b[o] + sum over c,u,v of w[o,c,u,v] x[n, c, i*stride + u*dilation - padding, ...]
// in `groups` independent parts (a depthwise convolution has as many groups as channels).
// LeCun et al. 1998; its gradients are the operators of ConvolutionGradients.swift.

import FoveaGraph
import FoveaTensorCore

/// Two-dimensional convolution (cross-correlation, as PyTorch's `Conv2d`).
///
/// Inputs: x (N, C, H, W), w (O, C / groups, kh, kw), then b (O) if `hasBias`, then a residual (N, O, H', W')
/// if `addsResidual`. Output: y (N, O, H', W'). `activation` is applied last.
/// The residual and the activation are put there by the compiler's fusion; they have no gradient rule.
package struct Convolution: Operator {
    package var window: Window
    package var groups: Int
    package var hasBias: Bool
    package var addsResidual = false
    package var activation: Activation.Kind?

    package init(_ window: Window, groups: Int = 1, hasBias: Bool = false) {
        self.window = window
        self.groups = groups
        self.hasBias = hasBias
    }

    package var name: String { "convolution" }
    package func takesLowPrecision(input index: Int) -> Bool {
        index < 2 || (addsResidual && index == (hasBias ? 3 : 2))
    }
    package func givesLowPrecision(output index: Int) -> Bool { index == 0 }

    package var attributes: String {
        var parts = [window.text]
        if groups > 1 { parts.append("groups \(groups)") }
        if hasBias { parts.append("bias") }
        if addsResidual { parts.append("+ residual") }
        if let activation { parts.append("+ \(activation)") }
        return parts.joined(separator: ", ")
    }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let (x, w) = (inputs[0], inputs[1])
        guard x.rank == 4, w.rank == 4, x[1] == w[1] * groups, w[0] % groups == 0 else {
            throw Failure(.usage, "filters \(w) in \(groups) groups do not fit a picture batch of \(x)")
        }
        let extent = try window.outputExtent(x)
        return [[x[0], w[0], extent[0], extent[1]]]
    }

    package func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
        outputs[0].count * inputs[1].count / inputs[1][0]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (x, w) = (inputs[0], inputs[1])
        guard let shape = try? outputShapes(inputs.map(\.shape))[0] else { preconditionFailure("shapes were inferred") }
        let loop = ConvolutionLoop(window: window, groups: groups, x: x.shape, y: shape)
        var y = Tensor<S>(shape, repeating: 0)
        if hasBias {
            let plane = shape[2] * shape[3]
            for index in 0..<shape.count { y.elements[index] = inputs[2].elements[index / plane % shape[1]] }
        }
        withNumbers(x.elements, w.elements, addingTo: &y.elements) { x, w, y in
            loop.run { y[$2] += w[$1] * x[$0] }
        }
        if addsResidual, let residual = inputs.last {
            for index in 0..<shape.count { y.elements[index] += residual.elements[index] }
        }
        if let activation { y.elements = y.elements.map(activation.value) }
        return [y]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        precondition(!addsResidual && activation == nil, "a fused convolution is not differentiated")
        let (x, w) = (context.inputs[0], context.inputs[1])
        let dx =
            context.needs[0]
            ? context.dy.apply(
                ConvolutionBackwardData(window, groups: groups, inputShape: x.shape), [w], scope: context.scope) : nil
        guard context.needs[1] || (hasBias && context.needs[2]) else { return [dx, nil] + (hasBias ? [nil] : []) }
        let backward = ConvolutionBackwardWeights(window, groups: groups, weightShape: w.shape, hasBias: hasBias)
        return [dx] + x.builder.apply(backward, [x, context.dy], scope: context.scope)
    }
}

/// The loop nest that convolution and both of its gradients share.
struct ConvolutionLoop {
    let window: Window
    let groups: Int
    let x: Shape
    let y: Shape

    /// Calls `body` with the flat indices of every (x, w, y) triple that belongs together.
    @inline(__always)
    func run(_ body: (Int, Int, Int) -> Void) {
        let (outputsPerGroup, channelsPerGroup) = (y[1] / groups, x[1] / groups)
        // The same for every plane.
        let rows = (0..<window.kernel[0]).map { window.outputs(axis: 0, element: $0, extent: x[2], outputs: y[2]) }
        let columns = (0..<window.kernel[1]).map { window.outputs(axis: 1, element: $0, extent: x[3], outputs: y[3]) }
        for n in 0..<x[0] {
            for o in 0..<y[1] {
                for c in 0..<channelsPerGroup {
                    let channel = o / outputsPerGroup * channelsPerGroup + c
                    let xPlane = (n * x[1] + channel) * x[2] * x[3]
                    let yPlane = (n * y[1] + o) * y[2] * y[3]
                    let wPlane = (o * channelsPerGroup + c) * window.kernel[0] * window.kernel[1]
                    plane(xPlane, wPlane, yPlane, rows, columns, body)
                }
            }
        }
    }

    @inline(__always)
    private func plane(
        _ xPlane: Int, _ wPlane: Int, _ yPlane: Int, _ rows: [Range<Int>], _ columns: [Range<Int>],
        _ body: (Int, Int, Int) -> Void
    ) {
        let (xWidth, yWidth, step) = (x[3], y[3], window.stride[1])
        for u in 0..<window.kernel[0] {
            for v in 0..<window.kernel[1] {
                let left = v * window.dilation[1] - window.paddingBefore[1]
                for i in rows[u] {
                    let row = i * window.stride[0] + u * window.dilation[0] - window.paddingBefore[0]
                    for j in columns[v] {
                        body(
                            xPlane + row * xWidth + j * step + left, wPlane + u * window.kernel[1] + v,
                            yPlane + i * yWidth + j)
                    }
                }
            }
        }
    }
}

/// Numbers that are read and numbers that are added to, without a check at each of them: the loops above are the reference's
/// whole time.
@inline(__always)
func withNumbers<S>(
    _ one: [S], _ other: [S], addingTo sums: inout [S],
    _ body: (UnsafeBufferPointer<S>, UnsafeBufferPointer<S>, UnsafeMutableBufferPointer<S>) -> Void
) {
    sums.withUnsafeMutableBufferPointer { sums in
        one.withUnsafeBufferPointer { one in other.withUnsafeBufferPointer { body(one, $0, sums) } }
    }
}

extension Value {
    /// A convolution with its own filters, named `scope.weight` and `scope.bias`: (N, C, H, W) to (N, `channels`, H', W').
    ///
    /// `padsSame` puts TensorFlow's border in place of `padding`: outputs are the extent over the stride, rounded up.
    package func conv2d(
        _ scope: Scope, _ channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
        groups: Int = 1, bias: Bool = true, padsSame: Bool = false, initializer: Initializer? = nil,
        biasInitializer: Initializer? = nil
    ) -> Value {
        var window = Window(kernel, stride: stride, padding: padding, dilation: dilation)
        if padsSame, shape.rank == 4 { window = window.same(for: shape) }
        let fanIn = self.channels / groups * kernel * kernel
        let w = builder.parameter(
            scope / "weight", [channels, self.channels / groups, kernel, kernel], .weight,
            initializer ?? .fanIn(fanIn))
        let b = bias ? [builder.parameter(scope / "bias", [channels], .bias, biasInitializer ?? .fanIn(fanIn))] : []
        return apply(Convolution(window, groups: groups, hasBias: bias), [w] + b, scope: scope)
    }
}
