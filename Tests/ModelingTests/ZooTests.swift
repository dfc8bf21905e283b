// The networks against torchvision's of the same name, and the registry.

import Foundation
import FoveaGraph
import FoveaModeling
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct ZooTests {
    /// Names and shapes by network, made by Tests/Golden/parameters.py.
    private static func golden() throws -> [String: [String]] {
        let folder = TensorFile.goldenFolder.appending(path: "parameters")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.reduce(into: [:]) { all, file in
            let family = try JSONDecoder().decode([String: [String]].self, from: Data(contentsOf: file))
            all.merge(family) { first, _ in first }
        }
    }

    private func parameters(_ name: String, size: Int = 224, channels: Int = 3, classes: Int = 1000) throws
        -> [Parameter]
    {
        let configuration = ModelConfiguration(
            architecture: name, channels: channels, height: size, width: size, classCount: classes)
        return try Model(configuration).inferenceGraph(batch: 1).parameters
    }

    @Test func `names, shapes and order of parameters equal those of the originals`() throws {
        let golden = try Self.golden()
        let own: Set = ["lenet5", "plaincnn", "smallcnn"]
        #expect(Set(golden.keys) == Set(Registry.architectures.map(\.name)).subtracting(own))
        for (name, expected) in golden {
            let size = try Registry.architecture(name).nominalSize
            let found = try parameters(name, size: size).map { "\($0.name) \($0.shape)" }
            #expect(found == expected, "\(name)")
        }
    }

    @Test func `every network names its head, whose weights have a row for each class`() throws {
        for architecture in Registry.architectures {
            let side = architecture.nominalSize
            let model = try Model(
                ModelConfiguration(
                    architecture: architecture.name, channels: 3, height: side, width: side, classCount: 7))
            let heads = try model.inferenceGraph(batch: 1).parameters.filter { $0.shape[0] == 7 }.map(\.name)
            #expect(heads == ["\(model.head).weight", "\(model.head).bias"], "\(architecture.name)")
        }
    }

    @Test(arguments: Registry.architectures.map(\.name))
    func `a training graph and an inference graph have the same parameters`(_ name: String) throws {
        let architecture = try Registry.architecture(name)
        let small = ["alexnet", "convnext"].contains { name.hasPrefix($0) } ? 64 : 32
        for (size, channels) in [(small, 1), (architecture.nominalSize, 3)] {
            let model = try Model(
                ModelConfiguration(
                    architecture: name, channels: channels, height: size, width: size, classCount: 5))
            let training = try model.trainingGraph(batch: 2, loss: LossConfiguration()).parameters
            let inference = try model.inferenceGraph(batch: 2).parameters
            #expect(training.map(\.name) == inference.map(\.name) && training.map(\.shape) == inference.map(\.shape))
        }
    }

    @Test func `small pictures get a stem that keeps their extent`() throws {
        let small = try parameters("resnet18", size: 32).first { $0.name == "conv1.weight" }
        let large = try parameters("resnet18", size: 65).first { $0.name == "conv1.weight" }
        #expect(small?.shape == [64, 3, 3, 3] && large?.shape == [64, 3, 7, 7])
    }

    @Test func `MobileNetV2 halves small pictures three times, others five times`() throws {
        for (size, map) in [(32, 4), (64, 8), (65, 3), (224, 7)] {
            let builder = GraphBuilder(mode: .inference)
            let network = MobileNetV2(
                ModelConfiguration(architecture: "mobilenet_v2", channels: 3, height: size, width: size, classCount: 5))
            #expect(network.features(builder.input("x", [1, 3, size, size])).shape == [1, 1280, map, map])
        }
    }

    /// torchvision's `mobilenet_v2` draws its filters so, and starts the classifier near 0.
    @Test func `MobileNetV2 starts as torchvision's does`() throws {
        let parameters = try parameters("mobilenet_v2")
        func start(_ name: String) -> Initializer? { parameters.first { $0.name == name }?.initializer }
        #expect(start("features.0.0.weight") == .kaimingNormal(fanOut: 32 * 9))
        #expect(start("features.2.conv.1.0.weight") == .kaimingNormal(fanOut: 96 * 9))
        #expect(start("features.18.0.weight") == .kaimingNormal(fanOut: 1280))
        #expect(start("classifier.1.weight") == .normal(deviation: 0.01))
        #expect(start("classifier.1.bias") == .constant(0))
    }

    @Test(arguments: [65, 100, 200, 223, 300, 448, 512])
    func `VGG's head takes pictures of every size, with the same parameters`(_ size: Int) throws {
        let own = try parameters("vgg11_bn", size: size).map { "\($0.name) \($0.shape)" }
        #expect(own == (try Self.golden()["vgg11_bn"]))
    }

    @Test func `an unknown network is refused with the nearest names`() throws {
        let failure = #expect(throws: Failure.self) { try Registry.architecture("resnet81") }
        #expect(failure?.kind == .usage && failure?.message == "there is no network called resnet81")
        #expect(failure?.advice?.contains("resnet18") == true)
    }

    @Test func `pictures that are too small for a network are refused with advice`() throws {
        let failure = #expect(throws: Failure.self) { try parameters("lenet5", size: 4) }
        #expect(failure?.kind == .usage && failure?.advice?.contains("--size 12 or more") == true)
        let large = #expect(throws: Failure.self) { try parameters("alexnet", size: 32) }
        let words = "alexnet cannot see pictures of 32 x 32: max pooling: a window of 3 x 3 does not fit"
        #expect(large?.message.hasPrefix(words) == true)
        #expect(large?.advice == "Use --size 63 or more, or another --model.")
        #expect(throws: Never.self) { try parameters("alexnet", size: 63) }
    }
}
