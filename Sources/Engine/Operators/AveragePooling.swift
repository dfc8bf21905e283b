// Average pooling: y[n,c,i,j] = the mean of x over the window at (i, j). The border counts as zeros (`countsPadding`)
// or not at all. Global average pooling (Lin et al. 2013) is the mean of a whole plane.
// The gradient spreads dy evenly over the window: dx += dy / size.

import FoveaGraph
import FoveaTensorCore

/// The mean over a sliding window, as PyTorch's `AvgPool2d`. Input: x (N, C, H, W). Output: y (N, C, H', W').
package struct AveragePooling: Operator {
    package var window: Window
    /// True if border elements count as zeros; false if the mean is over picture elements only.
    package var countsPadding: Bool

    package init(_ window: Window, countsPadding: Bool = true) {
        self.window = window
        self.countsPadding = countsPadding
    }

    package var name: String { "average pooling" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }
    package var attributes: String { window.text + (countsPadding ? "" : ", without padding") }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let x = inputs[0]
        try requireMaps(x)
        let extent = try window.outputExtent(x)
        guard window.alwaysMeets(x, outputs: extent) else {
            throw Failure(.usage, "a pooling window of \(window.text) can lie wholly in the border of \(x)")
        }
        return [[x[0], x[1], extent[0], extent[1]]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let x = inputs[0]
        guard let shape = try? outputShapes([x.shape])[0] else { preconditionFailure("shapes were inferred") }
        var y = Tensor<S>(shape, repeating: 0)
        PoolingLoop(window: window, x: x.shape, y: shape).run { xi, yi, _ in y.elements[yi] += x.elements[xi] }
        let sizes: [S] = window.sizes(x: x.shape, y: shape, countsPadding: countsPadding)
        for index in 0..<shape.count { y.elements[index] /= sizes[index % sizes.count] }
        return [y]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        let backward = AveragePoolingBackward(
            window, countsPadding: countsPadding, inputShape: context.inputs[0].shape)
        return [context.dy.apply(backward, scope: context.scope)]
    }
}

/// d loss / d x of average pooling. Input: dy (N, C, H', W'). Output: dx (N, C, H, W).
package struct AveragePoolingBackward: Operator {
    package var window: Window
    package var countsPadding: Bool
    /// The shape of x.
    package var inputShape: Shape

    package init(_ window: Window, countsPadding: Bool, inputShape: Shape) {
        self.window = window
        self.countsPadding = countsPadding
        self.inputShape = inputShape
    }

    package var name: String { "average pooling backward" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }
    package var attributes: String { window.text + (countsPadding ? "" : ", without padding") }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let y = try AveragePooling(window, countsPadding: countsPadding).outputShapes([inputShape])[0]
        guard inputs[0] == y else {
            throw Failure(.usage, "pooling \(inputShape) gives \(y), but the gradient is \(inputs[0])")
        }
        return [inputShape]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        var share = inputs[0]
        let sizes: [S] = window.sizes(x: inputShape, y: share.shape, countsPadding: countsPadding)
        for index in 0..<share.shape.count { share.elements[index] /= sizes[index % sizes.count] }
        var dx = Tensor<S>(inputShape, repeating: 0)
        PoolingLoop(window: window, x: inputShape, y: share.shape)
            .run { xi, yi, _ in dx.elements[xi] += share.elements[yi] }
        return [dx]
    }
}

extension Window {
    /// What the sum over each window of one plane is divided by. // (H', W')
    fileprivate func sizes<S: ReferenceScalar>(x: Shape, y: Shape, countsPadding: Bool) -> [S] {
        let plane: Shape = [1, 1, y[2], y[3]]
        guard !countsPadding else { return [S](repeating: S(kernel[0] * kernel[1]), count: plane.count) }
        var sizes = [S](repeating: 0, count: plane.count)
        PoolingLoop(window: self, x: [1, 1, x[2], x[3]], y: plane).run { _, yi, _ in sizes[yi] += 1 }
        return sizes
    }
}

/// The mean of each plane. Input: x (N, C, H, W). Output: y (N, C, 1, 1).
package struct GlobalAveragePooling: Operator {
    package init() {}

    package var name: String { "global average pooling" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        try requireMaps(inputs[0])
        return [[inputs[0][0], inputs[0][1], 1, 1]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let x = inputs[0]
        let plane = x.shape[2] * x.shape[3]
        var y = Tensor<S>([x.shape[0], x.shape[1], 1, 1], repeating: 0)
        for index in 0..<y.shape.count {
            var sum: S = 0
            for place in index * plane..<(index + 1) * plane { sum += x.elements[place] }
            y.elements[index] = sum / S(plane)
        }
        return [y]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        let backward = GlobalAveragePoolingBackward(inputShape: context.inputs[0].shape)
        return [context.dy.apply(backward, scope: context.scope)]
    }
}

/// d loss / d x of global average pooling. Input: dy (N, C, 1, 1). Output: dx (N, C, H, W).
package struct GlobalAveragePoolingBackward: Operator {
    /// The shape of x.
    package var inputShape: Shape

    package init(inputShape: Shape) { self.inputShape = inputShape }

    package var name: String { "global average pooling backward" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        try requireMaps(inputShape)
        guard inputs[0] == [inputShape[0], inputShape[1], 1, 1] else {
            throw Failure(.usage, "a gradient of \(inputs[0]) does not fit the planes of \(inputShape)")
        }
        return [inputShape]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let plane = inputShape[2] * inputShape[3]
        var dx = Tensor<S>(inputShape, repeating: 0)
        for index in 0..<inputShape.count { dx.elements[index] = inputs[0].elements[index / plane] / S(plane) }
        return [dx]
    }
}

extension Value {
    /// The mean over windows of `kernel` x `kernel`; `stride` is `kernel` unless given. (N, C, H, W) to (N, C, H', W').
    ///
    /// `roundsUp`: a last window that lies partly outside counts too, as with PyTorch's `ceil_mode`.
    package func averagePool(
        _ kernel: Int, stride: Int? = nil, padding: Int = 0, countsPadding: Bool = true, roundsUp: Bool = false
    ) -> Value {
        let window = Window(kernel, stride: stride ?? kernel, padding: padding)
        let rounded = roundsUp && shape.rank == 4 ? window.roundedUp(for: shape) : window
        return apply(AveragePooling(rounded, countsPadding: countsPadding))
    }

    /// The mean of each plane: (N, C, H, W) to (N, C, 1, 1).
    package func globalAveragePool() -> Value {
        shape[2] * shape[3] == 1 ? self : apply(GlobalAveragePooling())
    }
}
