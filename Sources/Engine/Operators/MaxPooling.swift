// Maximum pooling: y[n,c,i,j] = the largest x in the window at (i, j); the border counts as minus infinity.
// The gradient goes to the element that was the largest, the first one if several were: dx[winner] += dy.

import FoveaGraph
import FoveaTensorCore

/// The maximum over a sliding window, as PyTorch's `MaxPool2d`.
///
/// Input: x (N, C, H, W). Outputs: y (N, C, H', W'), indices (as y): the winner's place in its plane of x,
/// row * W + column. Backends may keep the winner in a form of their own.
package struct MaxPooling: Operator {
    package var window: Window

    package init(_ window: Window) { self.window = window }

    package var name: String { "max pooling" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { index == 0 }
    package var attributes: String { window.text }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let x = inputs[0]
        try requireMaps(x)
        let extent = try window.outputExtent(x)
        guard window.alwaysMeets(x, outputs: extent) else {
            throw Failure(.usage, "a pooling window of \(window.text) can lie wholly in the border of \(x)")
        }
        let y: Shape = [x[0], x[1], extent[0], extent[1]]
        return [y, y]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let x = inputs[0]
        guard let shape = try? outputShapes([x.shape])[0] else { preconditionFailure("shapes were inferred") }
        var y = Tensor<S>(shape, repeating: -.infinity)
        var indices = Tensor<S>(shape, repeating: -1)
        PoolingLoop(window: window, x: x.shape, y: shape).run { xi, yi, place in
            let candidate = x.elements[xi]
            // A NaN wins and stays, so that it is seen.
            if candidate > y.elements[yi] || candidate.isNaN || indices.elements[yi] < 0 {
                y.elements[yi] = candidate
                indices.elements[yi] = S(place)
            }
        }
        return [y, indices]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        let backward = MaxPoolingBackward(window, inputShape: context.inputs[0].shape)
        return [context.dy.apply(backward, [context.outputs[1]], scope: context.scope)]
    }
}

/// d loss / d x of maximum pooling. Inputs: dy (N, C, H', W'), indices (as dy). Output: dx (N, C, H, W).
package struct MaxPoolingBackward: Operator {
    package var window: Window
    /// The shape of x.
    package var inputShape: Shape

    package init(_ window: Window, inputShape: Shape) {
        self.window = window
        self.inputShape = inputShape
    }

    package var name: String { "max pooling backward" }
    package func takesLowPrecision(input index: Int) -> Bool { index == 0 }
    package func givesLowPrecision(output index: Int) -> Bool { true }
    package var attributes: String { window.text }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        try requireMaps(inputShape)
        let extent = try window.outputExtent(inputShape)
        let y: Shape = [inputShape[0], inputShape[1], extent[0], extent[1]]
        for shape in inputs where shape != y {
            throw Failure(.usage, "pooling \(inputShape) gives \(y), but the gradient or the indices are \(shape)")
        }
        return [inputShape]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (dy, indices) = (inputs[0], inputs[1])
        var dx = Tensor<S>(inputShape, repeating: 0)
        let (small, large) = (dy.shape[2] * dy.shape[3], inputShape[2] * inputShape[3])
        for index in 0..<dy.shape.count {
            dx.elements[index / small * large + Int(indices.elements[index])] += dy.elements[index]
        }
        return [dx]
    }
}

/// The loop nest that poolings share.
struct PoolingLoop {
    let window: Window
    let x: Shape
    let y: Shape

    /// Calls `body` with the flat indices of every (x, y) pair that belongs together, and x's place in its plane;
    /// for one y in row-major order of x.
    @inline(__always)
    func run(_ body: (Int, Int, Int) -> Void) {
        for plane in 0..<x[0] * x[1] {
            for u in 0..<window.kernel[0] {
                let rows = window.outputs(axis: 0, element: u, extent: x[2], outputs: y[2])
                for v in 0..<window.kernel[1] {
                    let columns = window.outputs(axis: 1, element: v, extent: x[3], outputs: y[3])
                    for i in rows {
                        let row = i * window.stride[0] + u * window.dilation[0] - window.paddingBefore[0]
                        for j in columns {
                            let column = j * window.stride[1] + v * window.dilation[1] - window.paddingBefore[1]
                            let place = row * x[3] + column
                            body(plane * x[2] * x[3] + place, (plane * y[2] + i) * y[3] + j, place)
                        }
                    }
                }
            }
        }
    }
}

extension Window {
    /// True if every window covers at least one element of the picture.
    func alwaysMeets(_ x: Shape, outputs: SIMD2<Int>) -> Bool {
        (0..<2).allSatisfy { axis in
            (0..<outputs[axis]).allSatisfy { output in
                (0..<kernel[axis]).contains { element in
                    let place = output * stride[axis] + element * dilation[axis] - paddingBefore[axis]
                    return place >= 0 && place < x[axis + 2]
                }
            }
        }
    }
}

extension Value {
    /// The maximum over windows of `kernel` x `kernel`; `stride` is `kernel` unless given. (N, C, H, W) to (N, C, H', W').
    ///
    /// `roundsUp`: a last window that lies partly outside counts too, as with PyTorch's `ceil_mode`.
    package func maxPool(_ kernel: Int, stride: Int? = nil, padding: Int = 0, roundsUp: Bool = false) -> Value {
        let window = Window(kernel, stride: stride ?? kernel, padding: padding)
        return apply(MaxPooling(roundsUp && shape.rank == 4 ? window.roundedUp(for: shape) : window))
    }
}
