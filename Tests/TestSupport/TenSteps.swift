// The network of the goldens training.golden and training-adamw.golden, whose ten steps PyTorch took: what it starts from,
// what each step is given, and what must come out. For the tests of everything that can take a step.

import Foundation
import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// Ten steps with weight decay and label smoothing 0.1.
package struct TenSteps {
    /// Who takes the steps.
    package enum Rule: String, Sendable, CaseIterable {
        /// Stochastic gradient descent with momentum 0.9 (Nesterov) and weight decay 0.01.
        case sgd = "training"
        /// AdamW with weight decay 0.1.
        case adamW = "training-adamw"
    }

    private let golden: TensorFile
    private let rule: Rule

    /// Reads the golden.
    package init(_ rule: Rule = .sgd) throws {
        self.rule = rule
        golden = try TensorFile(TensorFile.goldenFolder.appending(path: "operators/\(rule.rawValue).golden"))
    }

    /// conv, norm, relu, pool, linear and their loss; inputs `x`, `targets` and `weights`, output `loss`.
    package static func network() -> (builder: GraphBuilder, loss: Value) {
        let builder = GraphBuilder(mode: .training)
        let x = builder.input("x", [6, 3, 9, 8])
        let y = x.conv2d(.root / "conv", 8, kernel: 3, padding: 1, bias: false).batchNorm(.root / "bn").relu()
            .maxPool(3, stride: 2, padding: 1)
        let logits = y.flatten().linear(.root / "fc", 5)
        let loss = logits.softmaxCrossEntropy(
            targets: builder.input("targets", [6, 5]), sampleWeights: builder.input("weights", [6]),
            labelSmoothing: 0.1
        ).loss
        builder.output("loss", loss)
        return (builder, loss)
    }

    /// The golden's optimizer; its inputs are `rate` and, of AdamW, `step`.
    package func appendUpdates(_ builder: GraphBuilder) {
        switch rule {
        case .sgd: builder.appendUpdates(.sgd(momentum: 0.9, nesterov: true), weightDecay: 0.01)
        case .adamW: builder.appendUpdates(.adamW(), weightDecay: 0.1)
        }
    }

    /// The steps.
    package let steps = 0..<10

    /// What a step is given, by the input's name.
    package func inputs(_ step: Int) throws -> [String: Tensor<Float>] {
        guard let x = golden.tensors["x\(step)"], let targets = golden.tensors["targets\(step)"] else {
            throw Failure(.data, "the golden has no step \(step)")
        }
        var inputs = [
            "x": x, "targets": targets, "weights": Tensor([6], repeating: 1),
            "rate": Tensor([], [(rule == .sgd ? 0.1 : 0.01) / Float(1 + step)]),
        ]
        if rule == .adamW { inputs["step"] = Tensor([], [Float(step + 1)]) }
        return inputs
    }

    /// Parameters and running statistics before the first step.
    package var before: [(name: String, tensor: Tensor<Float>)] { tensors(under: "before") }

    /// Sentences on what differs from PyTorch's losses, and from its parameters and statistics after the last step.
    package func complaints(losses: [Float], store: ParameterStore) -> [String] {
        let after = tensors(under: "after")
        guard let expected = golden.tensors["losses"], after.count == 7, losses.count == 10 else {
            return ["\(losses.count) losses and \(after.count) tensors are not ten steps"]
        }
        let pairs =
            [("the losses", Tensor([10], losses), expected)]
            + after.map { ($0.name, store.tensor($0.name), $0.tensor) }
        return pairs.compactMap { name, computed, expected in
            computed.mismatch(with: expected, tolerance: 1e-4).map { "\(name): \($0)" }
        }
    }

    private func tensors(under prefix: String) -> [(name: String, tensor: Tensor<Float>)] {
        golden.tensors.filter { $0.key.hasPrefix(prefix + "/") }
            .map { (String($0.key.dropFirst(prefix.count + 1)), $0.value) }
    }
}
