// The verbs that networks are written with: which operators, parameters and updates they put into a graph.

import FoveaGraph
import FoveaOperators
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct VerbTests {
    /// The graph of a small network, or its complaint.
    private static func graph(_ mode: GraphMode, _ shape: Shape, _ network: (Value) -> Value) throws -> Graph {
        let builder = GraphBuilder(mode: mode)
        builder.output("y", network(builder.input("x", shape)))
        return try builder.finish()
    }

    @Test func `a linear layer has PyTorch's names, shapes and first values`() throws {
        let graph = try Self.graph(.training, [2, 16]) { $0.linear(.root / "fc", 10) }
        #expect(graph.parameters.map(\.name) == ["fc.weight", "fc.bias"])
        #expect(graph.parameters.map(\.shape) == [[10, 16], [10]])
        #expect(graph.parameters.map(\.role) == [.weight, .bias])
        #expect(graph.parameters.allSatisfy { $0.initializer == .uniform(bound: 0.25) })
        #expect(graph.multiplyAdds == 2 * 16 * 10)
        let plain = try Self.graph(.training, [2, 16]) { $0.linear(.root / "fc", 10, bias: false) }
        #expect(plain.parameters.map(\.name) == ["fc.weight"])
    }

    @Test func `a norm learns in training and answers in inference`() throws {
        let training = try Self.graph(.training, [2, 3, 4, 4]) { $0.batchNorm(.root / "bn") }
        let names = ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"]
        #expect(training.parameters.map(\.name) == names)
        #expect(training.parameters.map(\.role) == [.normScale, .normShift, .statistic, .statistic])
        #expect(training.parameters.map(\.initializer) == [.constant(1), .constant(0), .constant(0), .constant(1)])
        #expect(training.nodes[0].operator is BatchNormTraining)
        #expect(training.updates.map(\.parameter) == training.parameters.suffix(2).map(\.value))
        #expect(training.updates.map(\.value) == Array(training.nodes[0].outputs[3...4]))
        let inference = try Self.graph(.inference, [2, 3, 4, 4]) { $0.batchNorm(.root / "bn") }
        #expect(inference.parameters.map(\.name) == names)
        #expect(inference.nodes[0].operator is BatchNormInference)
        #expect(inference.updates.isEmpty)
    }

    @Test func `dropout is nothing in inference and numbered in training`() throws {
        let network: (Value) -> Value = { $0.dropout(0.5).dropout(0).dropout(0.2) }
        #expect(try Self.graph(.inference, [2, 3], network).nodes.isEmpty)
        let training = try Self.graph(.training, [2, 3], network)
        #expect(training.nodes.compactMap { $0.operator as? Dropout }.map(\.salt) == [0, 1])
        #expect(training.inputs.map(\.name) == ["x", "random"])
    }

    @Test func `poolings and reshapes have PyTorch's shapes`() throws {
        func shape(_ x: Shape, _ network: (Value) -> Value) throws -> Shape {
            let graph = try Self.graph(.training, x, network)
            return graph.shape(try #require(graph.output("y")))
        }
        #expect(try shape([2, 3, 9, 8]) { $0.maxPool(2) } == [2, 3, 4, 4])
        #expect(try shape([2, 3, 112, 112]) { $0.maxPool(3, stride: 2, padding: 1) } == [2, 3, 56, 56])
        #expect(try shape([2, 3, 9, 8]) { $0.averagePool(3, stride: 1, padding: 1) } == [2, 3, 9, 8])
        #expect(try shape([2, 3, 9, 8]) { $0.globalAveragePool() } == [2, 3, 1, 1])
        #expect(try shape([2, 3, 9, 8]) { $0.flatten() } == [2, 216])
        for size in [1, 3, 7, 10, 14, 16] {
            #expect(try shape([2, 3, size, 21]) { $0.adaptiveAveragePool(to: 7) } == [2, 3, 7, 7])
        }
        #expect(try shape([2, 3, 4, 5]) { Value.concat([$0, $0 * $0.globalAveragePool(), $0]) } == [2, 9, 4, 5])
        #expect(try Self.graph(.training, [2, 3, 7, 7]) { $0.adaptiveAveragePool(to: 7) }.nodes.isEmpty)
    }

    @Test func `what does not fit is said with both sides, the place and advice`() throws {
        func failure(_ x: Shape, _ network: (Value) -> Value) -> Failure? {
            #expect(throws: Failure.self) { try Self.graph(.training, x, network) }
        }
        #expect(
            failure([2, 3]) { $0.adaptiveAveragePool(to: 7, .root / "avgpool") }?.message
                == "avgpool (adaptive average pooling): adaptive average pooling wants maps (N, C, H, W), not (2, 3)")
        #expect(
            failure([1, 3, 1, 1]) { $0.batchNorm(.root / "bn") }
                == Failure(
                    .usage,
                    "bn (batch norm): batch norm cannot learn from (1, 3, 1, 1): one value a channel has no variance",
                    advice: "Use a batch of at least 2 pictures, or larger pictures."))
        #expect(
            failure([1, 3, 2, 2]) { $0.linear(.root / "fc", 5) }?.message
                == "fc (fully connected): a fully connected layer wants features (N, C), not (1, 3, 2, 2)")
        #expect(
            failure([1, 3, 2, 2]) { Value.concat([$0, $0.maxPool(2)]) }?.message
                == "concat: cannot concatenate (1, 3, 2, 2) and (1, 3, 1, 1): they differ in more than the channels")
        #expect(
            failure([1, 3, 2, 2]) { $0.maxPool(3) }?.message
                == "max pooling: a window of 3 x 3 does not fit into (1, 3, 2, 2)")
        #expect(
            failure([1, 3, 4, 4]) { $0.maxPool(2, padding: 2) }?.message
                == "max pooling: a pooling window of 2x2, stride 2, padding 2 can lie wholly in the border of (1, 3, 4, 4)"
        )
        #expect(
            failure([1, 3, 4, 4]) { $0 * $0.maxPool(2) }?.message
                == "multiply: cannot multiply (1, 3, 4, 4) by (1, 3, 2, 2): want equal shapes, or one number a channel")
        #expect(
            failure([2, 3]) { $0.batchNorm(.root / "bn") }?.message
                == "bn (batch norm): batch norm wants maps (N, C, H, W), not (2, 3)")
    }

    @Test func `every shape rule refuses what does not fit, without a trap`() {
        let wrong: [(any Operator, [Shape])] = [
            (FullyConnected(hasBias: true), [[2, 3], [4, 3], [5]]),
            (FullyConnected(hasBias: false), [[2, 3], [4, 2]]),
            (FullyConnectedBackwardData(), [[2, 3], [4, 3]]),
            (FullyConnectedBackwardWeights(hasBias: true), [[2, 3], [3, 4]]),
            (BatchNormTraining(), [[2, 3, 4, 4], [3], [3], [3], [4]]),
            (BatchNormInference(), [[2, 3, 4, 4], [3], [2], [3], [3]]),
            (BatchNormBackward(epsilon: 0), [[2, 3, 4, 4], [2, 3, 4, 5], [3], [3], [3], [3]]),
            (MaxPoolingBackward(Window(2, stride: 2), inputShape: [2, 3, 4, 4]), [[2, 3, 2, 2], [2, 3, 2, 1]]),
            (AveragePoolingBackward(Window(2), countsPadding: true, inputShape: [2, 3, 4, 4]), [[2, 3, 2, 2]]),
            (AdaptiveAveragePooling(SIMD2(7, 0)), [[2, 3, 4, 4]]),
            (AdaptiveAveragePooling(SIMD2(7, 7)), [[2, 3, 0, 4]]),
            (AdaptiveAveragePoolingBackward(SIMD2(7, 7), inputShape: [2, 3, 4, 4]), [[2, 3, 7, 6]]),
            (GlobalAveragePooling(), [[2, 3]]),
            (GlobalAveragePoolingBackward(inputShape: [2, 3, 4, 4]), [[2, 3, 1, 2]]),
            (ChannelProduct(), [[2, 3, 4, 4], [2, 3, 1, 1]]), (ChannelSlice(start: 2, count: 2), [[2, 3, 4, 4]]),
            (Concat(), [[2], [2]]), (Reshape([2, 3]), [[7]]), (Dropout(rate: 0.5, salt: 0), [[2, 3], [3]]),
            (Softmax(), [[2, 3, 1, 1]]), (SoftmaxCrossEntropy(), [[2, 3], [2, 4], [2]]),
            (SoftmaxCrossEntropy(), [[2, 3], [2, 3], [3]]),
            (SoftmaxCrossEntropy(classWeights: [1, 2]), [[2, 3], [2, 3], [2]]),
            (SoftmaxCrossEntropyBackward(), [[2, 3], [2, 3], [2], [1]]),
            (SGDUpdate(count: 1, momentum: 0.9, nesterov: false, weightDecay: 0), [[2], [2], [3], []]),
            (SGDUpdate(count: 1, momentum: 0, nesterov: false, weightDecay: 0), [[2], [2], [1]]),
            (SGDUpdate(count: 2, momentum: 0, nesterov: false, weightDecay: 0), [[2], [2], []]),
            (AdamWUpdate(count: 1, weightDecay: 0), [[2], [2], [2], [3], [], []]),
            (AdamWUpdate(count: 1, weightDecay: 0), [[2], [2], [2], [2], [], [1]]),
            (AdamWUpdate(count: 2, weightDecay: 0), [[2], [2], [2], [2], [], []]),
            (FoldBatchNorm(epsilon: 0, hasBias: true), [[4, 3, 1, 1], [4], [4], [4], [4], [3]]),
        ]
        for (op, shapes) in wrong {
            let failure = #expect(throws: Failure.self, "\(op.name) \(shapes)") { try op.outputShapes(shapes) }
            #expect(failure?.kind == .usage)
        }
    }

    @Test func `SGD comes as one node with decay and one without, in the order of the parameter store`() throws {
        let builder = GraphBuilder(mode: .training)
        let x = builder.input("x", [2, 3, 4, 4])
        let y = x.conv2d(.root / "conv", 4, kernel: 3, bias: false).batchNorm(.root / "bn").relu().flatten()
            .linear(.root / "fc", 5)
        builder.differentiate(y, seed: builder.input("dy", [2, 5]))
        builder.appendUpdates(.sgd(momentum: 0.9, nesterov: false), weightDecay: 0.5)
        let graph = try builder.finish()
        let updates = graph.nodes.filter { $0.operator is SGDUpdate }
        #expect(updates.compactMap { ($0.operator as? SGDUpdate)?.weightDecay } == [0.5, 0])
        let momenta = graph.parameters.filter { $0.role == .optimizerState }
        let order = ["conv.weight", "fc.weight", "bn.weight", "bn.bias", "fc.bias"]
        #expect(momenta.map(\.name) == order.map { "momentum." + $0 })
        let read = updates.flatMap { node in
            node.inputs.prefix(node.outputs.count / 2).compactMap { id in
                graph.parameters.first { $0.value == id }?.name
            }
        }
        #expect(read == order)
        #expect(graph.updates.count == 2 + 2 * order.count)
        #expect(graph.inputs.last?.name == "rate")
    }

    @Test func `AdamW has a node for each decay and rate, two moments and the step's number`() throws {
        let builder = GraphBuilder(mode: .training)
        let y = builder.input("x", [2, 3, 4, 4]).conv2d(.root / "conv", 4, kernel: 3).flatten().linear(.root / "fc", 5)
        builder.differentiate(y, seed: builder.input("dy", [2, 5]))
        builder.appendUpdates(.adamW(beta2: 0.95), weightDecay: 0.5) { $0.name.hasPrefix("conv") ? 0.25 : 1 }
        let graph = try builder.finish()
        let updates = graph.nodes.compactMap { $0.operator as? AdamWUpdate }
        #expect(updates.map(\.weightDecay) == [0.5, 0.5, 0, 0])
        #expect(updates.map(\.rateFactor) == [0.25, 1, 0.25, 1])
        #expect(updates.allSatisfy { $0.count == 1 && $0.beta2 == 0.95 })
        let states = graph.parameters.filter { $0.role == .optimizerState }.map(\.name)
        #expect(
            states == ["conv.weight", "fc.weight", "conv.bias", "fc.bias"].flatMap { ["mean." + $0, "square." + $0] })
        #expect(graph.updates.count == 3 * 4)
        #expect(graph.inputs.suffix(2).map(\.name) == ["rate", "step"])
    }
}
