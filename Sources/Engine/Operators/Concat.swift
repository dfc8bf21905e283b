// Concatenation along channels: y[n] = the inputs' maps of picture n, one after another (DenseNet, Inception).
// The gradient of each input is its slice of dy; the gradient of a slice is dy between zeros.

import FoveaGraph
import FoveaTensorCore

/// The inputs' channels one after another. Inputs: (N, C_k, ...), equal but for the channels. Output: (N, sum C_k, ...).
package struct Concat: Operator {
    package init() {}

    package var name: String { "concat" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let first = inputs[0]
        guard first.rank >= 2 else { throw Failure(.usage, "cannot concatenate channels of \(first): it has none") }
        for shape in inputs where !Self.differInChannelsOnly(first, shape) {
            throw Failure(.usage, "cannot concatenate \(first) and \(shape): they differ in more than the channels")
        }
        let channels = inputs.reduce(0) { $0 + $1[1] }
        return [Shape([first[0], channels] + first.dimensions.dropFirst(2))]
    }

    private static func differInChannelsOnly(_ a: Shape, _ b: Shape) -> Bool {
        a.rank == b.rank && (0..<a.rank).allSatisfy { $0 == 1 || a[$0] == b[$0] }
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        guard let shape = try? outputShapes(inputs.map(\.shape))[0] else { preconditionFailure("shapes were inferred") }
        var elements: [S] = []
        elements.reserveCapacity(shape.count)
        for n in 0..<shape[0] {
            for input in inputs {
                let size = input.shape.count / shape[0]
                elements += input.elements[n * size..<(n + 1) * size]
            }
        }
        return [Tensor(shape, elements)]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        var start = 0
        return zip(context.inputs, context.needs).map { input, needed in
            defer { start += input.channels }
            guard needed else { return nil }
            return context.dy.apply(ChannelSlice(start: start, count: input.channels), scope: context.scope)
        }
    }
}

/// Channels `start ..< start + count`. Input: x (N, C, ...). Output: (N, count, ...).
package struct ChannelSlice: Operator {
    package var start: Int
    package var count: Int

    package init(start: Int, count: Int) {
        self.start = start
        self.count = count
    }

    package var name: String { "channel slice" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }
    package var attributes: String { "channels \(start) to \(start + count - 1)" }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let x = inputs[0]
        guard x.rank >= 2, start >= 0, count > 0, start + count <= x[1] else {
            throw Failure(.usage, "\(x) has no channels \(start) to \(start + count - 1)")
        }
        return [Shape([x[0], count] + x.dimensions.dropFirst(2))]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let x = inputs[0]
        guard let shape = try? outputShapes([x.shape])[0] else { preconditionFailure("shapes were inferred") }
        let plane = x.shape.dimensions.dropFirst(2).reduce(1, *)
        var elements: [S] = []
        elements.reserveCapacity(shape.count)
        for n in 0..<shape[0] {
            let first = (n * x.shape[1] + start) * plane
            elements += x.elements[first..<first + count * plane]
        }
        return [Tensor(shape, elements)]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        let x = context.inputs[0]
        func zeros(_ channels: Int) -> [Value] {
            guard channels > 0 else { return [] }
            let shape = Shape([x.shape[0], channels] + x.shape.dimensions.dropFirst(2))
            return x.builder.apply(Fill(0, shape), [], scope: context.scope)
        }
        let parts = zeros(start) + [context.dy] + zeros(x.channels - start - count)
        return [parts.count == 1 ? parts[0] : x.builder.apply(Concat(), parts, scope: context.scope)[0]]
    }
}

extension Value {
    /// The channels of `parts` one after another. Traps without parts.
    package static func concat(_ parts: [Value], _ scope: Scope = .root) -> Value {
        precondition(!parts.isEmpty, "nothing to concatenate")
        return parts[0].apply(Concat(), Array(parts.dropFirst()), scope: scope)
    }
}
