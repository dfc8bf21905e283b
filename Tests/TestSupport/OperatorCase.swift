// One golden case of one operator: its attributes, inputs, and what PyTorch computed from them, forward and backward.
// The cases are written by Tests/Golden/operators.py and read by the tests of operators and of backends.

import Foundation
import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// An operator with inputs and expected results.
package struct OperatorCase: Sendable, CustomStringConvertible {
    package let description: String
    package let `operator`: any Operator
    /// Named in0, in1 ..., and dy (the gradient of output 0) if there are gradients.
    package let inputs: [String: Tensor<Float>]
    /// Named out0, out1 ... and d0, d1 ...
    package let expected: [String: Tensor<Float>]

    /// The operator's inputs in order.
    package var inputShapes: [Shape] { (0..<inputs.count).compactMap { inputs["in\($0)"]?.shape } }
    /// Which inputs have an expected gradient.
    package var differentiable: [Int] { (0..<inputs.count).filter { expected["d\($0)"] != nil } }

    /// The graph that takes `inputs` and gives `expected`.
    package func graph() throws -> Graph {
        try OperatorGraph.make(`operator`, inputs: inputShapes, differentiable: differentiable)
    }

    /// The committed cases of one file, such as `pooling`.
    package static func committed(_ name: String) throws -> [OperatorCase] {
        try read(TensorFile.goldenFolder.appending(path: "operators/\(name).golden"))
    }

    /// The cases of a golden file.
    package static func read(_ url: URL) throws -> [OperatorCase] {
        let file = try TensorFile(url)
        let entries = try JSONDecoder().decode([Entry].self, from: Data((file.metadata["cases"] ?? "[]").utf8))
        return try entries.enumerated().map { index, entry in
            let prefix = "\(index)/"
            let own = file.tensors.filter { $0.key.hasPrefix(prefix) }
            let tensors = Dictionary(
                uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
            return OperatorCase(
                description: "\(entry.operator) \(entry.label)",
                operator: try entry.makeOperator(),
                inputs: tensors.filter { $0.key == "dy" || $0.key.hasPrefix("in") },
                expected: tensors.filter { $0.key != "dy" && !$0.key.hasPrefix("in") })
        }
    }
}

/// A case as the script describes it.
private struct Entry: Decodable {
    struct Attributes: Decodable {
        var kernel, stride, padding, dilation, groups, bias, countsPadding: Int?
        var count, nesterov, salt, start, rows, columns: Int?
        var epsilon, momentum, beta1, beta2, weightDecay, rate, labelSmoothing: Float?
        var classWeights: [Float]?
        var shape: [Int]?
        var kind: String?
    }

    var `operator`: String
    var label: String
    var attributes: Attributes

    private var window: Window {
        Window(
            attributes.kernel ?? 1, stride: attributes.stride ?? 1, padding: attributes.padding ?? 0,
            dilation: attributes.dilation ?? 1)
    }

    func makeOperator() throws -> any Operator {
        let a = attributes
        switch `operator` {
        case "convolution": return Convolution(window, groups: a.groups ?? 1, hasBias: a.bias == 1)
        case "fully connected": return FullyConnected(hasBias: a.bias == 1)
        case "batch norm training":
            var norm = BatchNormTraining(epsilon: a.epsilon ?? 1e-5, momentum: a.momentum ?? 0.1)
            norm.activation = a.kind.flatMap(Activation.Kind.init)
            return norm
        case "batch norm inference": return BatchNormInference(epsilon: a.epsilon ?? 1e-5)
        case "fold batch norm": return FoldBatchNorm(epsilon: a.epsilon ?? 1e-5, hasBias: a.bias == 1)
        case "max pooling": return MaxPooling(window)
        case "average pooling": return AveragePooling(window, countsPadding: a.countsPadding == 1)
        case "adaptive average pooling": return AdaptiveAveragePooling(SIMD2(a.rows ?? 0, a.columns ?? 0))
        case "global average pooling": return GlobalAveragePooling()
        case "add": return Add()
        case "multiply": return Multiply()
        case "concat": return Concat()
        case "channel slice": return ChannelSlice(start: a.start ?? 0, count: a.count ?? 0)
        case "layer norm": return LayerNorm(epsilon: a.epsilon ?? 1e-6)
        case "channel shuffle": return ChannelShuffle(groups: a.groups ?? 1)
        case "stochastic depth": return StochasticDepth(rate: a.rate ?? 0, salt: a.salt ?? 0)
        case "reshape": return Reshape(Shape(a.shape ?? []))
        case "dropout": return Dropout(rate: a.rate ?? 0, salt: a.salt ?? 0)
        case "softmax": return Softmax()
        case "softmax cross entropy":
            return SoftmaxCrossEntropy(labelSmoothing: a.labelSmoothing ?? 0, classWeights: a.classWeights)
        case "sgd update":
            return SGDUpdate(
                count: a.count ?? 0, momentum: a.momentum ?? 0, nesterov: a.nesterov == 1,
                weightDecay: a.weightDecay ?? 0)
        case "adamw update":
            return AdamWUpdate(
                count: a.count ?? 0, beta1: a.beta1 ?? 0, beta2: a.beta2 ?? 0, epsilon: a.epsilon ?? 0,
                weightDecay: a.weightDecay ?? 0)
        case "activation":
            if let kind = Activation.Kind(rawValue: a.kind ?? "") { return Activation(kind) }
        default: break
        }
        throw Failure(.data, "\(`operator`) \(label): no operator is written so in the goldens")
    }
}
