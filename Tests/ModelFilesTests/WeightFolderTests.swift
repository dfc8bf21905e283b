// What may lie beside weights in a folder: parts of them and the table of the parts, transformers' word on pictures, a model
// card with the licence.

import Foundation
import FoveaGraph
import FoveaModelFiles
import FoveaModeling
import FoveaPreprocessing
import FoveaTensorCore
import Testing

/// A folder with the weights of a small network, in three files.
private struct Parts {
    let folder: TemporaryFolder
    let tensors: [(name: String, tensor: Tensor<Float>)]
    var map: [String: String] = [:]

    init() throws {
        folder = try TemporaryFolder()
        let model = try Model(
            ModelConfiguration(architecture: "resnet20", channels: 3, height: 32, width: 32, classCount: 10))
        let store = try ParameterStore(model.inferenceGraph(batch: 1).parameters)
        store.initialize(seed: 3)
        tensors = store.savedTensors()
        for part in 0..<3 {
            let own = tensors.enumerated().filter { $0.offset % 3 == part }.map(\.element)
            let name = "model-0000\(part + 1)-of-00003.safetensors"
            try SafeTensors.write(own, to: folder.path + "/" + name)
            for tensor in own { map[tensor.name] = name }
        }
        try write()
    }

    func write() throws {
        let table = try JSONSerialization.data(withJSONObject: ["metadata": ["total_size": 1], "weight_map": map])
        try folder.write("model.safetensors.index.json", [UInt8](table))
    }

    func refusal() throws -> String {
        try write()
        return #expect(throws: Failure.self) { try StartingWeights(path: folder.path) }?.message ?? ""
    }
}

@Suite struct WeightFolderTests {
    @Test func `weights in several files are those of one, from the folder and from the table`() throws {
        let parts = try Parts()
        for path in [parts.folder.path, parts.folder.path + "/model.safetensors.index.json"] {
            let start = try StartingWeights(path: path)
            #expect(start.configuration.architecture == "resnet20" && start.hasClassifier)
            for (name, tensor) in parts.tensors { #expect(try start.weights.tensor(name) == tensor) }
        }
    }

    @Test func `a table and files that disagree are refused`() throws {
        var parts = try Parts()
        parts.map["conv1.weight"] = "model-00002-of-00003.safetensors"
        #expect(
            try parts.refusal().contains("model-00001-of-00003.safetensors holds conv1.weight, which it does not say"))
        parts = try Parts()
        parts.map["other"] = "model-00002-of-00003.safetensors"
        #expect(try parts.refusal().contains("model-00002-of-00003.safetensors does not hold other"))
        for elsewhere in ["../model.safetensors", "/etc/x.safetensors", "other.bin"] {
            parts = try Parts()
            parts.map["conv1.weight"] = elsewhere
            #expect(try parts.refusal().contains("names files that are not beside it"))
        }
        try parts.folder.write("model.safetensors.index.json", Array("{}".utf8))
        let empty = #expect(throws: Failure.self) { try StartingWeights(path: parts.folder.path) }
        #expect(empty?.message.contains("does not say which file holds which tensor") == true && empty?.kind == .model)
    }

    @Test(arguments: [
        ("---\nlicense: apache-2.0\ntags:\n- timm\n---\n# Card", "apache-2.0"),
        ("---\ntags: [x]\nlicense: 'mit' # ours\n---", "mit"),
        ("---\r\nlicense:\r\n- cc-by-4.0\r\n---\r\n", "cc-by-4.0"),
        ("---\nlicense: other\nlicense_name: apple-ascl\n---", "apple-ascl"), ("---\nlicense: other\n---", "other"),
        ("---\ntags: []\n---\nlicense: mit", nil), ("# license: mit", nil), ("---\nlicense: mit", nil), ("", nil),
        ("---\nlicense:\nlibrary_name: timm\n---", nil),
    ])
    func `a model card states the licence`(_ text: String, _ licence: String?) {
        #expect(ModelCardFile(text: text)?.licence == licence)
    }

    @Test(arguments: [
        // ConvNeXt's and ResNet's: the shorter side to 224 / 0.875.
        (#"{"size": {"shortest_edge": 224}, "crop_pct": 0.875, "resample": 3"#, 224, ResizeMode.crop, 0.875),
        (#"{"size": 224, "crop_pct": 0.95, "resample": 3"#, 224, .crop, 224.0 / 235),
        (#"{"size": {"shortest_edge": 384}, "crop_pct": 1.0, "resample": 3"#, 384, .squash, 1),
        // MobileNet's.
        (
            #"{"size": {"shortest_edge": 256}, "do_center_crop": true, "crop_size": {"height": 224, "width": 224}"#,
            224, .crop,
            224.0 / 256
        ),
        // ViT's.
        (#"{"size": {"height": 224, "width": 224}, "do_center_crop": false"#, 224, .squash, 1),
    ])
    func `transformers' word on pictures is followed`(_ json: String, side: Int, mode: ResizeMode, crop: Double) throws
    {
        let folder = try Parts().folder
        let whole = json + #", "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}"#
        try folder.write(PreprocessorFile.name, Array(whole.utf8))
        try folder.write("README.md", Array("---\nlicense: mit\n---\n".utf8))
        let start = try StartingWeights(path: folder.path)
        let pictures = try #require(start.preprocessing)
        #expect(pictures.height == side && start.configuration.height == side && pictures.resize == mode)
        #expect(abs(pictures.cropFraction - crop) < 1e-6)
        #expect(pictures.mean == [0.1, 0.2, 0.3] && pictures.deviation == [0.4, 0.5, 0.6])
        #expect(pictures.interpolation == (json.contains("resample") ? .bicubic : .bilinear))
        #expect(start.licence == "mit")
    }

    @Test func `EfficientNet's processor divides by the deviation twice`() throws {
        let folder = try Parts().folder
        let text =
            #"{"size": {"height": 64, "width": 64}, "include_top": true, "resample": 0, "rescale_offset": false, "#
        let numbers = #""image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.25, 1]}"#
        try folder.write(PreprocessorFile.name, Array((text + numbers).utf8))
        let pictures = try #require(try StartingWeights(path: folder.path).preprocessing)
        #expect(pictures.deviation == [0.25, 0.0625, 1] && pictures.mean == [0.1, 0.2, 0.3])
        #expect(pictures.interpolation == .nearest && pictures.resize == .squash)
    }

    @Test(arguments: [
        (
            #"{"size": 32, "crop_pct": 0.9, "image_mean": [0, 0, 0], "image_std": [1, 1, 1], "rescale_offset": true}"#,
            "rescale_offset"
        ),
        (#"{"size": 32, "do_normalize": false}"#, "leaves out"),
        (#"{"size": 32, "rescale_factor": 1.0}"#, "rescale factor"),
        (#"{"size": 32, "resample": 5}"#, "filter 5"), (#"{"size": {"height": 3, "width": 4}}"#, "size is said"),
        (#"{"size": {"shortest_edge": 32}, "do_center_crop": false}"#, "size is said"),
        (#"{"size": {"height": 32, "width": 32}}"#, "mean and deviation"),
    ])
    func `what cannot be followed is said, and the usual taken`(_ json: String, _ reason: String) throws {
        let folder = try Parts().folder
        try folder.write(PreprocessorFile.name, Array(json.utf8))
        let start = try StartingWeights(path: folder.path)
        #expect(start.preprocessing == nil)
        #expect(start.notes.contains { $0.contains(reason) && $0.contains(PreprocessorFile.name) }, "\(start.notes)")
    }
}
