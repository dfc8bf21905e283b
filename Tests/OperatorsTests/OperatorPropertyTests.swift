// What operators promise beyond PyTorch's goldens: empty batches of weight, ties, NaNs, masks, folding, residuals.

import FoveaGraph
import FoveaOperators
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct OperatorPropertyTests {
    @Test func `a batch without weight has loss 0 and gradient 0, not NaN`() {
        let logits = Tensor<Float>.random([2, 3], seed: 1)
        let targets = Tensor<Float>([2, 3], [1, 0, 0, 0, 1, 0])
        let nothing = Tensor<Float>([2], repeating: 0)
        let outputs = SoftmaxCrossEntropy().forward([logits, targets, nothing])
        #expect(outputs[0].elements == [0])
        let gradient = SoftmaxCrossEntropyBackward().forward([outputs[1], targets, nothing, Tensor([], [1])])
        #expect(gradient[0] == Tensor([2, 3], repeating: 0))
    }

    @Test func `a picture of weight 0 is left out of the loss`() throws {
        let logits = Tensor<Double>.random([3, 4], seed: 1)
        let targets = Tensor<Double>([3, 4], [1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0])
        let loss = SoftmaxCrossEntropy(labelSmoothing: 0.1, classWeights: [1, 2, 3, 4])
        let all = loss.forward([logits, targets, Tensor([3], [1, 1, 0])])[0]
        let two = loss.forward([
            Tensor([2, 4], Array(logits.elements.prefix(8))), Tensor([2, 4], Array(targets.elements.prefix(8))),
            Tensor([2], [1, 1]),
        ])[0]
        #expect(all.mismatch(with: two, tolerance: 1e-12) == nil)
        // A weight of 2 counts a picture twice.
        let twice = loss.forward([
            Tensor([3, 4], Array((logits.elements.prefix(8) + logits.elements.prefix(4)))),
            Tensor([3, 4], Array((targets.elements.prefix(8) + targets.elements.prefix(4)))), Tensor([3], [1, 1, 1]),
        ])[0]
        let weighted = loss.forward([logits, targets, Tensor([3], [2, 1, 0])])[0]
        #expect(weighted.mismatch(with: twice, tolerance: 1e-12) == nil)
    }

    @Test func `scores of any size give finite losses`() {
        let logits = Tensor<Float>([2, 2], [1e30, -1e30, -3e4, 3e4])
        let outputs = SoftmaxCrossEntropy().forward([
            logits, Tensor([2, 2], [1, 0, 1, 0]), Tensor([2], [1, 1]),
        ])
        #expect(outputs[0].elements == [3e4])
        #expect(outputs[1].elements == [1, 0, 0, 1])
    }

    @Test func `the first of equal maxima wins and a NaN is not hidden`() {
        let pooling = MaxPooling(Window(2, stride: 2, padding: 0))
        let ties = pooling.forward([Tensor<Float>([1, 1, 2, 4], [1, 2, 0, 0, 2, 1, 0, 0])])
        #expect(ties[0].elements == [2, 0])
        #expect(ties[1].elements == [1, 2])
        let lost = pooling.forward([Tensor<Float>([1, 1, 2, 2], [1, .nan, 3, 2])])
        #expect(lost[0].elements[0].isNaN)
        // A border does not beat numbers below zero.
        let border = MaxPooling(Window(3, stride: 2, padding: 1)).forward([
            Tensor<Float>([1, 1, 2, 2], [-1, -2, -3, -4])
        ])
        #expect(border[0].elements == [-1])
    }

    @Test func `dropout keeps its share, scaled, and another mask every step and layer`() throws {
        let x = Tensor<Double>([100, 200], repeating: 1)
        func mask(_ seed: Double, _ step: Double, _ salt: Int) -> [Double] {
            Dropout(rate: 0.25, salt: salt).forward([x, Tensor([2], [seed, step])])[0].elements
        }
        let first = mask(1, 0, 0)
        #expect(Set(first.map { ($0 * 3).rounded() }) == [0, 4])
        #expect((first.reduce(0, +) / 20_000 - 1).magnitude < 0.02)
        #expect(first == mask(1, 0, 0))
        for other in [mask(2, 0, 0), mask(1, 1, 0), mask(1, 0, 1)] {
            // Independent masks agree in 0.75² + 0.25² of all places.
            let equal = zip(first, other).count { $0 == $1 }
            #expect((Double(equal) / 20_000 - 0.625).magnitude < 0.02)
        }
    }

    @Test(arguments: [false, true])
    func `a folded norm is convolution and norm in one`(hasBias: Bool) {
        let (x, w) = (Tensor<Double>.random([2, 3, 5, 5], seed: 1), Tensor<Double>.random([17, 3, 3, 3], seed: 2))
        let bias = hasBias ? [Tensor<Double>.random([17], seed: 3)] : []
        let numbers = (4..<7).map { Tensor<Double>.random([17], seed: $0) } + [.random([17], seed: 7, from: 0.1, to: 1)]
        let y = Convolution(Window(3), hasBias: hasBias).forward([x, w] + bias)[0]
        let separate = BatchNormInference(epsilon: 1e-3).forward([y] + numbers)[0]
        let folded = FoldBatchNorm(epsilon: 1e-3, hasBias: hasBias).forward([w] + bias + numbers)
        let together = Convolution(Window(3), hasBias: true).forward([x] + folded)[0]
        #expect(together.mismatch(with: separate, tolerance: 1e-12) == nil)
    }

    @Test(arguments: Activation.Kind.allCases)
    func `a fused activation is a norm and an activation`(_ kind: Activation.Kind) {
        let inputs =
            [Tensor<Double>.random([3, 17, 4, 3], seed: 1)] + (2..<5).map { .random([17], seed: $0) }
            + [.random([17], seed: 5, from: 0.1, to: 1)]
        let plain = BatchNormTraining().forward(inputs)
        var fused = BatchNormTraining()
        fused.activation = kind
        let outputs = fused.forward(inputs)
        #expect(outputs[0] == Activation(kind).forward([plain[0]])[0])
        #expect(Array(outputs[1...4]) == Array(plain[1...4]))
    }

    @Test func `gradients of a value with two users are added up`() throws {
        let builder = GraphBuilder(mode: .training)
        let x = builder.input("x", [2, 3])
        let y = x.linear(.root / "fc", 3, bias: false)
        builder.differentiate(y + y * y, seed: builder.constant(1, [2, 3]))
        let graph = try builder.finish()
        let (input, w) = (Tensor<Double>.random([2, 3], seed: 1), Tensor<Double>.random([3, 3], seed: 2))
        let result = try ReferenceInterpreter(graph).run(inputs: ["x": input]) { _ in w }
        let dy = result[y.id].map { 1 + 2 * $0 }
        let expected = FullyConnectedBackwardWeights(hasBias: false).forward([input, dy])[0]
        #expect(try #require(result.gradients["fc.weight"]).mismatch(with: expected, tolerance: 1e-12) == nil)
    }

    @Test func `a constant is the same number everywhere`() {
        #expect(Fill(0.5, [2, 3]).forward([] as [Tensor<Float>]) == [Tensor([2, 3], repeating: 0.5)])
    }
}
