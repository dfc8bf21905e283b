// A network that is quantised for measuring only: what of it computes in eight bits.

import FoveaModeling
import FoveaOneDNNBackend
import FoveaWorkflows
import Testing

@Suite struct QuantizedBenchTests {
    @Test func `every layer but the last computes in eight bits, and the plan says so`() throws {
        let library = try OneDNNLibrary(threads: 1)
        let model = try Model(
            ModelConfiguration(architecture: "plaincnn", channels: 1, height: 28, width: 28, classCount: 10))
        let quantized = try QuantizedBench.network(model, library: library)
        #expect(quantized.card.precision == "int8" && quantized.card.quantization?.kept == ["fc"])
        var request = PlanRequest(model: quantized.model, store: quantized.store)
        (request.quantization, request.batchSize) = (quantized.quantization, 2)
        let plan = try PlanWorkflow.describe(request, library: library).joined(separator: "\n")
        let floats = try PlanWorkflow.describe(PlanRequest(model: model), library: library).joined(separator: "\n")
        #expect(plan.contains("u8") && !floats.contains("u8"))
    }

    @Test func `the pictures that ranges come from are the same each time`() {
        let (first, second) = (
            CalibrationPictures(random: 2, sampleSize: 50), CalibrationPictures(random: 2, sampleSize: 50)
        )
        #expect(first.count == 2 && first.pixels.count == 100 && first.pixels == second.pixels)
        #expect(Set(first.pixels).count > 90)
    }
}
