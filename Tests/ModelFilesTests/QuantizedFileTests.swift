// Model files with weights in eight bits: what lies in them, that they come back, and what is refused.

import FoveaModelFiles
import FoveaTensorCore
import Testing

@Suite struct QuantizedFileTests {
    /// The sample with its first tensor in eight bits.
    private func quantized() -> ModelFile {
        var model = sampleModel()
        let quantization = Quantization.filters(model.tensors[0].tensor)
        model.tensors[0].tensor = quantization.rounded(model.tensors[0].tensor)
        model.steps = ["conv.weight": quantization.scales]
        model.card.schema = ModelCard.quantizedSchema
        model.card.precision = QuantizationRecord.precision
        model.card.quantization = QuantizationRecord(
            rule: "mse", pictures: 256, others: "bf16", kept: ["fc"],
            activations: [.init(name: "x", type: "s8", scale: 0.1), .init(name: "conv", type: "u8", scale: 1 / 3)])
        return model
    }

    @Test func `a quantised model comes back as it was, bit for bit`() throws {
        let folder = try TemporaryFolder()
        let model = quantized()
        try model.save(to: folder.file("a.fovea"))
        let read = try ModelFile.load(folder.file("a.fovea"))
        #expect(read.card == model.card && read.steps == model.steps)
        #expect(Set(read.tensors.map(\.name)) == Set(model.tensors.map(\.name)))
        for (name, tensor) in read.tensors {
            let old = model.tensors.first { $0.name == name }?.tensor
            #expect(
                tensor.elements.map(\.bitPattern) == old?.elements.map { ($0 + 0).bitPattern } || tensor == old,
                "\(name)")
        }
    }

    @Test func `the weights lie in the file as I8, with their steps beside them`() throws {
        let folder = try TemporaryFolder()
        try quantized().save(to: folder.file("a.fovea"))
        let file = try SafeTensors(path: folder.file("a.fovea"))
        let weight = try #require(file.entries.first { $0.name == "conv.weight" })
        #expect(weight.dataType == .s8 && weight.bytes.count == 18)
        let steps = try #require(file.entries.first { $0.name == "conv.weight_scale" })
        #expect(steps.dataType == .f32 && steps.shape == [2] && steps.bytes.lowerBound % 4 == 0)
        #expect(file.metadata["fovea.version"] == "2")
        try sampleModel().save(to: folder.file("b.fovea"))
        #expect(try SafeTensors(path: folder.file("b.fovea")).metadata["fovea.version"] == "1")
    }

    @Test func `a flipped bit among the whole numbers is seen`() throws {
        let folder = try TemporaryFolder()
        try quantized().save(to: folder.file("a.fovea"))
        var bytes = try contents(folder.file("a.fovea"))
        bytes[bytes.count - 1] ^= 1
        try write(bytes, to: folder.file("a.fovea"))
        #expect(
            failure { _ = try ModelFile.load(folder.file("a.fovea")) }?.message.hasSuffix(
                "the weights are not those that were saved: their SHA-256 differs") == true)
    }

    @Test func `a card that contradicts itself about precision is refused`() throws {
        let folder = try TemporaryFolder()
        func message(_ change: (inout ModelFile) -> Void) -> String? {
            var model = quantized()
            change(&model)
            return failure { try model.save(to: folder.file("a.fovea")) }?.message
        }
        #expect(
            message { $0.card.precision = "bf16" }?.hasSuffix("precision is bf16, and quantization is there") == true)
        #expect(
            message { $0.card.quantization = nil }?.hasSuffix("precision is int8, and quantization is absent") == true)
        #expect(message { $0.card.schema = 1 }?.hasSuffix("version 1 does not know quantization") == true)
        #expect(
            message { $0.card.quantization?.activations[0].scale = 0 }?.hasSuffix("a step of x is worth 0.0") == true)
        #expect(message { $0.card.quantization?.activations[0].type = "s4" }?.hasSuffix("x is written as s4") == true)
        #expect(
            message { $0.card.quantization?.activations[0].name = "conv" }?.hasSuffix("the value conv stands twice")
                == true)
    }
}
