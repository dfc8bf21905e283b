// Adaptive average pooling: the mean of each cell of a grid of fixed extent, whatever the map's extent, so that a network
// whose head wants 7 x 7 takes pictures of every size. Row i of the grid covers the map's rows
//     floor(i H / H') ..< ceil((i + 1) H / H'),                                    columns alike.
// Where H' does not divide H, neighbouring windows share a row; where H is below H', rows repeat.
// The gradient spreads dy evenly over its window: dx += dy / size.

import FoveaGraph
import FoveaTensorCore

/// The means over a grid, as PyTorch's `AdaptiveAvgPool2d`. Input: x (N, C, H, W). Output: y (N, C, H', W').
package struct AdaptiveAveragePooling: Operator {
    /// Rows and columns of the grid.
    package var extent: SIMD2<Int>

    package init(_ extent: SIMD2<Int>) { self.extent = extent }

    package var name: String { "adaptive average pooling" }
    package var attributes: String { "to \(extent[0])x\(extent[1])" }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let x = inputs[0]
        try requireMaps(x)
        guard x[2] > 0, x[3] > 0, extent[0] > 0, extent[1] > 0 else {
            throw Failure(.usage, "a map of \(x) cannot be averaged into \(extent[0]) x \(extent[1]) parts")
        }
        return [[x[0], x[1], extent[0], extent[1]]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let x = inputs[0]
        let (planes, rows, columns) = (x.shape[0] * x.shape[1], x.shape[2], x.shape[3])
        var y = Tensor<S>([x.shape[0], x.shape[1], extent[0], extent[1]], repeating: 0)
        for plane in 0..<planes {
            for i in 0..<extent[0] {
                let above = Self.window(i, of: extent[0], over: rows)
                for j in 0..<extent[1] {
                    let across = Self.window(j, of: extent[1], over: columns)
                    var sum: S = 0
                    for row in above {
                        for column in across { sum += x.elements[(plane * rows + row) * columns + column] }
                    }
                    y.elements[(plane * extent[0] + i) * extent[1] + j] = sum / S(above.count * across.count)
                }
            }
        }
        return [y]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        let backward = AdaptiveAveragePoolingBackward(extent, inputShape: context.inputs[0].shape)
        return [context.dy.apply(backward, scope: context.scope)]
    }

    /// What part `index` of `parts` covers along an axis of `extent` elements.
    fileprivate static func window(_ index: Int, of parts: Int, over extent: Int) -> Range<Int> {
        index * extent / parts..<((index + 1) * extent + parts - 1) / parts
    }

    /// The sliding window that does the same on a map of this shape, where there is one: where the grid divides the map.
    package static func evenWindow(_ x: Shape, extent: SIMD2<Int>) -> Window? {
        guard x[2] % extent[0] == 0, x[3] % extent[1] == 0 else { return nil }
        var window = Window(1)
        window.kernel = SIMD2(x[2] / extent[0], x[3] / extent[1])
        window.stride = window.kernel
        return window
    }
}

/// d loss / d x of adaptive average pooling. Input: dy (N, C, H', W'). Output: dx (N, C, H, W).
package struct AdaptiveAveragePoolingBackward: Operator {
    package var extent: SIMD2<Int>
    /// The shape of x.
    package var inputShape: Shape

    package init(_ extent: SIMD2<Int>, inputShape: Shape) {
        self.extent = extent
        self.inputShape = inputShape
    }

    package var name: String { "adaptive average pooling backward" }
    package var attributes: String { "to \(extent[0])x\(extent[1])" }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let y = try AdaptiveAveragePooling(extent).outputShapes([inputShape])[0]
        guard inputs[0] == y else {
            throw Failure(.usage, "pooling \(inputShape) gives \(y), but the gradient is \(inputs[0])")
        }
        return [inputShape]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let dy = inputs[0]
        let (planes, rows, columns) = (inputShape[0] * inputShape[1], inputShape[2], inputShape[3])
        var dx = Tensor<S>(inputShape, repeating: 0)
        for plane in 0..<planes {
            for i in 0..<extent[0] {
                let above = AdaptiveAveragePooling.window(i, of: extent[0], over: rows)
                for j in 0..<extent[1] {
                    let across = AdaptiveAveragePooling.window(j, of: extent[1], over: columns)
                    let share = dy.elements[(plane * extent[0] + i) * extent[1] + j] / S(above.count * across.count)
                    for row in above {
                        for column in across { dx.elements[(plane * rows + row) * columns + column] += share }
                    }
                }
            }
        }
        return [dx]
    }
}

extension Value {
    /// The means of a grid of `extent` x `extent` over each plane: (N, C, H, W) to (N, C, extent, extent).
    /// Nothing is computed where the map is of that extent.
    package func adaptiveAveragePool(to extent: Int, _ scope: Scope = .root) -> Value {
        if shape.rank == 4, shape[2] == extent, shape[3] == extent { return self }
        return apply(AdaptiveAveragePooling(SIMD2(repeating: extent)), scope: scope)
    }
}
