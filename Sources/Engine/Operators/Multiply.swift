// Element-wise product: y = a b, where b may be one number a channel: of each picture (squeeze and excitation, Hu et al. 2018)
// or of all (layer scale, Touvron et al. 2021).
// da = dy b;  db = dy a, summed over whatever b is the same for.

import FoveaGraph
import FoveaTensorCore

/// The product of two tensors. Inputs: a (N, C, H, W), b of the same shape, (N, C, 1, 1) or (1, C, 1, 1). Output: y (as a).
package struct Multiply: Operator {
    package init() {}

    package var name: String { "multiply" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let (a, b) = (inputs[0], inputs[1])
        guard a == b || (a.rank == 4 && (b == [a[0], a[1], 1, 1] || b == [1, a[1], 1, 1])) else {
            throw Failure(.usage, "cannot multiply \(a) by \(b): want equal shapes, or one number a channel")
        }
        return [a]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (a, b) = (inputs[0], inputs[1])
        var y = a
        let repeats = a.shape == b.shape ? 1 : a.shape[2] * a.shape[3]
        let count = max(1, b.shape.count)
        for index in 0..<a.shape.count { y.elements[index] *= b.elements[index / repeats % count] }
        return [y]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        let (a, b, dy) = (context.inputs[0], context.inputs[1], context.dy)
        let da = context.needs[0] ? dy.apply(Multiply(), [b], scope: context.scope) : nil
        let sumsPictures = a.shape[0] != b.shape[0]
        let product: any Operator = a.shape == b.shape ? Multiply() : ChannelProduct(sumsPictures: sumsPictures)
        let db = context.needs[1] ? dy.apply(product, [a], scope: context.scope) : nil
        return [da, db]
    }
}

/// The sum of dy a over each plane, and over pictures if `sumsPictures`. Inputs: dy, a (N, C, H, W). Output: (N, C, 1, 1), or
/// (1, C, 1, 1).
package struct ChannelProduct: Operator {
    package var sumsPictures: Bool

    package init(sumsPictures: Bool = false) { self.sumsPictures = sumsPictures }

    package var name: String { "channel product" }
    package var attributes: String { sumsPictures ? "of all pictures" : "" }
    package func takesLowPrecision(input index: Int) -> Bool { true }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let dy = inputs[0]
        try requireMaps(dy)
        guard dy == inputs[1] else {
            throw Failure(.usage, "cannot multiply \(dy) by \(inputs[1]): the shapes differ")
        }
        return [[sumsPictures ? 1 : dy[0], dy[1], 1, 1]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (dy, a) = (inputs[0], inputs[1])
        let plane = dy.shape[2] * dy.shape[3]
        var sum = Tensor<S>([sumsPictures ? 1 : dy.shape[0], dy.shape[1], 1, 1], repeating: 0)
        let count = max(1, sum.shape.count)
        for index in 0..<dy.shape.count {
            sum.elements[index / plane % count] += dy.elements[index] * a.elements[index]
        }
        return [sum]
    }
}

extension Value {
    /// The element-wise product; `b` of equal shape or one number a channel, (N, C, 1, 1) or (1, C, 1, 1).
    package static func * (a: Value, b: Value) -> Value { a.apply(Multiply(), [b]) }
}
