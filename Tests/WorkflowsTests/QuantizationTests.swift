// Quantisation as a whole: ranges from histograms, the file that comes out and what it scores, and what is refused.

import FoveaCollecting
import FoveaEvaluating
import FoveaModelFiles
import FoveaOneDNNBackend
import FoveaRunning
import FoveaTensorCore
import FoveaTestSupport
import FoveaWorkflows
import Testing

@Suite struct ActivationRangeTests {
    private func histogram(_ batches: [[Float]]) -> ActivationHistogram {
        var histogram = ActivationHistogram()
        for batch in batches { batch.withUnsafeBufferPointer { histogram.add($0) } }
        return histogram
    }

    @Test func `values that are never negative get u8, others s8, and minmax takes the largest magnitude`() {
        let positive = histogram([[0, 1, 2], [0.5, 5.1]]).quantization(.minmax)
        #expect(positive == Quantization(.u8, scales: [5.1 / 255]))
        let signed = histogram([[0, 1, 2], [-12.7, 5]]).quantization(.minmax)
        #expect(signed == Quantization(.s8, scales: [12.7 / 127]))
        #expect(histogram([[0, 0]]).quantization(.leastSquares) == Quantization(.u8, scales: [1]))
    }

    @Test func `percentiles leave the largest few out, whatever order batches come in`() {
        let many = (1...10000).map { Float($0) / 10000 }
        for batches in [[many, [50]], [[50], many]] {
            let bound = histogram(batches).quantization(.percentile999).bound
            #expect(abs(bound - 1) < 0.03)
        }
        #expect(histogram([many, [50]]).quantization(.minmax).bound == 50)
    }

    @Test func `least squares cuts off what is far out and few, and nothing of an even spread`() {
        let many = (1...200_000).map { Float($0) / 200_000 }
        let far = histogram([many, [3]]).quantization(.leastSquares).bound
        #expect(far >= 0.9 && far < 2.9)
        #expect(histogram([many]).quantization(.leastSquares).bound > 0.98)
    }
}

@Suite(.serialized) struct QuantizationWorkflowTests {
    /// A trained network and where its quantised twin goes.
    private struct Quantized {
        let ground: TrainingGround
        let outcome: QuantizationOutcome
        let library: OneDNNLibrary
        var path: String { outcome.path }
    }

    private static let shared = Result { () throws -> Quantized in
        let ground = try TrainingGround()
        var training = ground.request(epochs: 6)
        training.overrides.model = "smallcnn"
        _ = try train(training)
        let library = try OneDNNLibrary(threads: 1)
        var request = QuantizationRequest(
            model: ground.model, data: ground.data, output: ground.folder.path + "/out/int8.fovea")
        request.pictures = 50
        return Quantized(
            ground: ground, outcome: try QuantizationWorkflow.run(request, library: library, tell: { _ in }),
            library: library)
    }

    @Test func `a small network loses little, and its file says how it was quantised`() throws {
        let quantized = try Self.shared.get()
        let outcome = quantized.outcome
        #expect(outcome.before.scores.accuracy > 0.8)
        #expect(abs(outcome.lost) <= 0.1)
        let card = try ModelFile.loadCard(quantized.path)
        #expect(card == outcome.card)
        let record = try #require(card.quantization)
        #expect((card.precision, card.schema, record.pictures, record.rule) == ("int8", 2, 50, "mse"))
        #expect(record.kept.contains("fc") && outcome.layers + record.kept.count == 6)
        #expect(record.before?.accuracy == outcome.before.scores.accuracy)
        #expect(record.activations.first?.name == "x" && record.activations.contains { $0.type == "u8" })
        #expect(outcome.choices.map(\.accuracy).max() == outcome.after.scores.accuracy)
    }

    @Test func `evaluation of the file gives the answers that were printed`() throws {
        let quantized = try Self.shared.get()
        let measured = try EvaluationWorkflow.run(
            LoadedModel(path: quantized.path), data: quantized.ground.data, split: .validation,
            options: CollectingOptions(), evaluation: EvaluationOptions(), library: quantized.library,
            begun: { _, _ in })
        #expect(measured.result.scores == quantized.outcome.after.scores)
        let card = quantized.outcome.card
        let probe = try Probe.answered(by: LoadedModel(path: quantized.path), library: quantized.library)
        #expect(probe == card.probe)
    }

    @Test func `the plan of the file computes in eight bits, sums and pooling included, without reference kernels`()
        throws
    {
        let quantized = try Self.shared.get()
        let loaded = try LoadedModel(path: quantized.path)
        let steps = try quantized.library.perform { [library = quantized.library] in
            let program = try loaded.runner(batchSize: 4, library: library).plan.program
            return program.steps.filter { !$0.isConstant }.map { step in
                (
                    name: step.name, type: step.inputs.first.map { program.buffers[$0].format.dataType },
                    kernel: step.proposal.implementation
                )
            }
        }
        #expect(
            steps.count { $0.name == "convolution" && [.u8, .s8].contains($0.type) } == quantized.outcome.layers)
        #expect(steps.contains { $0.name == "add" && $0.type == .u8 })
        #expect(steps.contains { $0.name == "max pooling" && $0.type == .u8 })
        for step in steps { #expect(!step.kernel.hasPrefix("ref"), "\(step.name)") }
    }

    @Test func `weights in eight bits are no start for quantisation or training`() throws {
        let quantized = try Self.shared.get()
        let request = QuantizationRequest(
            model: quantized.path, data: quantized.ground.data, output: quantized.ground.folder.path + "/again.fovea")
        let failure = #expect(throws: Failure.self) {
            try QuantizationWorkflow.run(request, library: quantized.library, tell: { _ in })
        }
        #expect(failure?.kind == .model)
        #expect(
            failure?.message
                == "\(quantized.path): its weights are int8, and quantisation needs those they were made from")
        #expect(failure?.advice == "Name the model that was quantised.")
    }

    @Test func `only a loss beyond half a point is warned about`() throws {
        let outcome = try Self.shared.get().outcome
        func warning(_ before: Double, _ after: Double) -> String? {
            QuantizationOutcome.warning(before: before, after: after, count: 1000)
        }
        #expect(warning(0.9, 0.895) == nil && warning(0.9, 0.95) == nil)
        #expect(
            warning(0.9, 0.8914)
                == "0.86 points of accuracy were lost to quantisation, more than 0.5, on 1000 validation pictures. "
                + "Keep the model in floats, or try another --ranges.")
        #expect(
            outcome.warning
                == warning(outcome.before.scores.accuracy, outcome.after.scores.accuracy)?.replacing("1000", with: "30")
        )
    }
}
