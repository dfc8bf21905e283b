// Weights as transformers saves them, with its names and its config.json: the network is recognised, and answers as
// transformers' own class does. Golden: Tests/Golden/transformers_networks.py.

import FoveaCompiler
import FoveaGraph
import FoveaModelFiles
import FoveaModeling
import FoveaOneDNNBackend
import FoveaTensorCore
import FoveaTestSupport
import Foundation
import Testing

@Suite struct TransformersNetworksTests {
    private static let golden = Result {
        try TensorFile(TensorFile.goldenFolder.appending(path: "transformers.golden"))
    }

    /// The tensors of a file, the text of its config.json, and the size of the pictures that it was asked with.
    private func saved(_ network: String) throws -> (weights: NamedWeights, configuration: Data, size: Int) {
        let text = try #require(try Self.golden.get().metadata[network])
        let described = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let parameters = try #require(described["parameters"] as? [[Any]])
        let tensors = try parameters.map { entry in
            let name = try #require(entry[0] as? String)
            let shape = Shape(try #require(entry[1] as? [Int]))
            return (name: name, tensor: shape.rank == 0 ? Tensor(shape, [0]) : Drawn.parameter(name, shape))
        }
        let configuration = try JSONSerialization.data(withJSONObject: try #require(described["config"]))
        let size = try #require(described["size"] as? Int)
        return (NamedWeights(file: network, tensors: tensors).unwrapped(), configuration, size)
    }

    @Test(arguments: [
        "resnet18", "resnet50", "regnet_y_400mf", "timm_convnext_tiny", "tf_efficientnet_b0", "tf_efficientnet_b2",
        "tf_mobilenetv2_100",
    ])
    func `weights with transformers' names answer as its own classes do`(_ network: String) throws {
        let expected = try #require(try Self.golden.get().doubles["\(network)/logits"])
        let (weights, json, size) = try saved(network)
        let configuration = try ForeignConfiguration(json: json, file: "config.json")
        let start = try StartingWeights(
            weights, name: network, hint: configuration.architecture ?? "", size: size, origin: "transformers")
        #expect(start.configuration.architecture == network)
        #expect(start.hasClassifier && start.configuration.classCount == 10)
        #expect(configuration.classNames?.first == "LABEL_0" && configuration.notes.isEmpty)
        let library = try OneDNNLibrary()
        let logits = try library.perform {
            let model = try Model(start.configuration)
            let graph = try model.inferenceGraph(batch: expected.shape[0])
            let store = try ParameterStore(graph.parameters)
            try start.fill(store, of: model, classes: (0..<10).map(String.init))
            let plan = try Compiler.plan(
                Compiler.inferenceGraph(graph), isTraining: false, store: store, library: library)
            _ = plan.input("x").update(from: Drawn.picture(expected.shape[0], size).elements)
            try plan.run()
            return Tensor(expected.shape, plan.output("logits").prefix(expected.shape.count).map(Double.init))
        }
        #expect(logits.mismatch(with: expected, tolerance: 5e-5) == nil)
    }

    @Test(arguments: [
        ("resnet", "downsample_in_bottleneck", "true"), ("resnet", "hidden_act", "\"gelu\""),
        ("mobilenet_v2", "tf_padding", "false"), ("efficientnet", "pooling_type", "\"max\""),
    ])
    func `what transformers computes otherwise is refused`(kind: String, key: String, value: String) throws {
        let json = Data("{\"model_type\": \"\(kind)\", \"\(key)\": \(value)}".utf8)
        let error = #expect(throws: Failure.self) { try ForeignConfiguration(json: json, file: "config.json") }
        #expect(error?.message.contains(key) == true)
    }
}
