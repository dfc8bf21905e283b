// Weights that belong to a network: recognised by their names and shapes, fitted strictly, adapted in two ways that are said.

import FoveaGraph
import FoveaModelFiles
import FoveaModeling
import FoveaTensorCore
import Foundation
import Testing

/// Random weights of a registered network.
private func weights(
    _ architecture: String, classes: Int = 10, channels: Int = 3, size: Int = 224, seed: UInt64 = 1
) throws -> (model: Model, tensors: [(name: String, tensor: Tensor<Float>)]) {
    let model = try Model(
        ModelConfiguration(
            architecture: architecture, channels: channels, height: size, width: size, classCount: classes))
    let store = try store(of: model, seed: seed)
    return (model, store.savedTensors())
}

private func store(of model: Model, seed: UInt64 = 2) throws -> ParameterStore {
    let store = try ParameterStore(model.inferenceGraph(batch: 1).parameters)
    store.initialize(seed: seed)
    return store
}

private func started(
    _ tensors: [(name: String, tensor: Tensor<Float>)], hint: String = "", classes: [String]? = nil
) throws -> StartingWeights {
    var start = try StartingWeights(
        NamedWeights(file: "w.pth", tensors: tensors).unwrapped(), name: "w.pth", hint: hint, origin: "w.pth")
    start.classes = classes
    return start
}

@Suite struct StartingWeightsTests {
    @Test(arguments: [
        "lenet5", "smallcnn", "resnet18", "mobilenet_v2", "squeezenet1_1", "resnet20", "densenet121", "googlenet",
    ])
    func `a network is known by the names and shapes of its parameters`(_ name: String) throws {
        let size = try Registry.architecture(name).nominalSize
        let channels = name == "lenet5" ? 1 : 3
        let start = try started(weights(name, classes: 37, channels: channels, size: size).tensors)
        #expect(
            start.configuration
                == ModelConfiguration(
                    architecture: name, channels: channels, height: size, width: size, classCount: 37))
        #expect(start.hasClassifier)
    }

    @Test func `the form for small pictures is known by its stem`() throws {
        let start = try started(weights("resnet18", size: 32).tensors)
        #expect((start.configuration.architecture, start.configuration.height) == ("resnet18", 32))
    }

    @Test(arguments: [
        ("timm_efficientnet_b0", "efficientnet_b0"), ("timm_efficientnet_b0", "timm/efficientnet_b0.ra_in1k"),
        ("tf_efficientnet_b0", "tf_efficientnet_b0"), ("tf_efficientnet_b0", "timm/tf_efficientnet_b0.in1k"),
    ])
    func `of networks with equal parameters the one that is named is taken`(_ name: String, _ hint: String) throws {
        let start = try started(weights("timm_efficientnet_b0", classes: 7).tensors, hint: hint)
        #expect(start.configuration.architecture == name && start.notes.isEmpty)
        let torchvision = try started(weights("efficientnet_b0", classes: 7).tensors, hint: "efficientnet_b0")
        #expect(torchvision.configuration.architecture == "efficientnet_b0")
    }

    @Test func `prefixes and counters do not matter`() throws {
        var tensors = try weights("smallcnn", size: 28).tensors.map { ("module." + $0.name, $0.tensor) }
        tensors.append(("module.bn1.num_batches_tracked", Tensor([], [3])))
        tensors.append(("n_averaged", Tensor([], [3])))
        let start = try started(tensors)
        #expect(start.configuration.architecture == "smallcnn")
        #expect(start.notes == ["w.pth: \"module.\" was cut off before every name"])
    }

    @Test func `weights of the same classes are taken bit for bit`() throws {
        let (model, tensors) = try weights("smallcnn", size: 28)
        let store = try store(of: model)
        let names = (0..<10).map(String.init)
        let fit = try started(tensors).fill(store, of: model, classes: names)
        #expect(!fit.replacedClassifier && !fit.adaptedStem)
        // Ten classes without names may be ten others.
        #expect(
            fit.unnamedClassifier
                == "the classifier \(model.head) is kept: the file is for 10 classes too, and does not name them; if they "
                + "are others, it is only a start")
        let known = try started(tensors, classes: names).fill(store, of: model, classes: names)
        #expect(fit.notes.isEmpty && known.notes.isEmpty && known.unnamedClassifier == nil)
        for (name, tensor) in tensors { #expect(store.tensor(name) == tensor) }
    }

    @Test func `the classifier is new where the class counts differ, and that is said`() throws {
        let (_, tensors) = try weights("smallcnn", classes: 10, size: 28)
        let (model, _) = try weights("smallcnn", classes: 3, size: 28)
        let store = try store(of: model)
        let drawn = store.tensor("\(model.head).weight")
        let fit = try started(tensors).fill(store, of: model, classes: ["a", "b", "c"])
        #expect(fit.replacedClassifier)
        #expect(fit.notes == ["the classifier \(model.head) is new, for 3 classes: the file's is for 10"])
        #expect(store.tensor("\(model.head).weight") == drawn)
        for (name, tensor) in tensors where !name.hasPrefix("\(model.head).") { #expect(store.tensor(name) == tensor) }
    }

    @Test func `the classifier is new for as many other classes, if the file names its own`() throws {
        let (model, tensors) = try weights("smallcnn", classes: 2, size: 28)
        let fit = try started(tensors, classes: ["cat", "dog"]).fill(
            try store(of: model), of: model, classes: ["oak", "elm"])
        #expect(fit.notes.first?.contains("those of the file are others") == true)
        #expect(
            try started(tensors, classes: ["a", "b"]).fill(store(of: model), of: model, classes: ["a", "b"]).notes
                .isEmpty)
    }

    @Test func `filters are summed for gray pictures, and that is said`() throws {
        let (_, tensors) = try weights("resnet18")
        let (model, _) = try weights("resnet18", channels: 1)
        let store = try store(of: model)
        let fit = try started(tensors).fill(store, of: model, classes: (0..<10).map(String.init))
        #expect(fit.adaptedStem)
        #expect(fit.notes == ["the filters of conv1.weight were summed over the three channels: the pictures have one"])
        let whole = try #require(tensors.first { $0.name == "conv1.weight" }).tensor
        let summed = store.tensor("conv1.weight")
        for filter in [0, 17, 63] {
            for position in 0..<49 {
                let sum = (0..<3).reduce(Float(0)) { $0 + whole.elements[(filter * 3 + $1) * 49 + position] }
                #expect(summed.elements[filter * 49 + position] == sum)
            }
        }
    }

    @Test func `one channel is spread over three`() throws {
        let (_, tensors) = try weights("lenet5", channels: 1, size: 28)
        let (model, _) = try weights("lenet5", channels: 3, size: 28)
        let store = try store(of: model)
        #expect(try started(tensors).fill(store, of: model, classes: (0..<10).map(String.init)).adaptedStem)
    }

    @Test func `everything that differs is in one table, and nothing is changed`() throws {
        var (model, tensors) = try weights("smallcnn", size: 28)
        let start = try started(tensors)
        let wide = tensors[3].name
        tensors[3].tensor = Tensor([7], [Float](repeating: 0, count: 7))
        let missing = tensors.remove(at: 1).name
        tensors.append(("extra.weight", Tensor([2], [0, 0])))
        var broken = start
        broken.weights = NamedWeights(file: "w.pth", tensors: tensors)
        let store = try store(of: model)
        let before = store.snapshot()
        let failure = #expect(throws: Failure.self) { try broken.fill(store, of: model, classes: ["a"]) }
        let message = failure?.message ?? ""
        #expect(message.hasPrefix("w.pth does not fit smallcnn:"))
        #expect(message.contains("\(missing): missing, the model wants"))
        #expect(message.contains("\(wide): the file has (7), the model wants"))
        #expect(message.contains("extra.weight: the model has no such parameter (2)"))
        #expect(store.snapshot() == before)
    }

    @Test func `a checkpoint of another network is refused`() throws {
        let start = try started(weights("smallcnn", size: 28).tensors)
        let (other, _) = try weights("resnet18")
        let failure = #expect(throws: Failure.self) { try start.fill(store(of: other), of: other, classes: ["a"]) }
        #expect(failure?.message == "w.pth is smallcnn, the network to be trained is resnet18")
        let unknown = #expect(throws: Failure.self) {
            try started([("encoder.weight", Tensor([2], [0, 0])), ("decoder.weight", Tensor([2], [0, 0]))])
        }
        #expect(unknown?.message.contains("belong to no network that is known here (encoder.weight") == true)
        var tensors = try weights("resnet18").tensors
        tensors.removeAll { $0.name == "layer2.0.conv1.weight" }
        let near = #expect(throws: Failure.self) { try started(tensors) }
        #expect(
            near?.message
                == "w.pth belongs to no network that is known here; the nearest is resnet18, but:\n"
                + "  layer2.0.conv1.weight: missing, the model wants (128, 64, 3, 3)")
    }

    @Test func `weights without a classifier start a training, and predict nothing`() throws {
        let (model, all) = try weights("smallcnn", size: 28)
        let start = try started(all.filter { !$0.name.hasPrefix("\(model.head).") })
        #expect(!start.hasClassifier)
        #expect(throws: Failure.self) { try start.usableCard(program: "tests") }
        let fit = try start.fill(store(of: model), of: model, classes: (0..<10).map(String.init))
        #expect(fit.notes == ["the classifier \(model.head) is new, for 10 classes: the file has none"])
    }

    @Test func `what is assumed is said, and names of classes can be given`() throws {
        let start = try started(weights("resnet18", classes: 3).tensors)
        #expect(start.assumptions.count == 2)
        let card = try start.usableCard(program: "fovea 1")
        #expect(card.classes == ["0", "1", "2"])
        #expect(card.preprocessing.cropFraction == 0.875)
        let named = try start.named(["crane", "crane", ""], from: "labels.txt")
        #expect(try named.usableCard(program: "fovea 1").classes == ["crane", "crane (1)", "2"])
        #expect(throws: Failure.self) { try start.named(["one"], from: "labels.txt") }
    }

    @Test func `a folder's config json of timm becomes preprocessing, names and licence`() throws {
        let folder = try TemporaryFolder()
        try SafeTensors.write(try weights("resnet18", classes: 2).tensors, to: folder.path + "/model.safetensors")
        let json = """
            {"architecture": "resnet18", "num_classes": 2, "label_names": ["n01", "n02"],
             "label_descriptions": {"n01": "tench", "n02": "goldfish"},
             "pretrained_cfg": {"tag": "a1_in1k", "input_size": [3, 224, 224], "interpolation": "bicubic",
              "crop_pct": 0.95, "crop_mode": "center", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.25, 0.5],
              "num_classes": 2, "first_conv": "conv1", "classifier": "fc", "license": "apache-2.0"}}
            """
        try folder.write("config.json", Array(json.utf8))
        let start = try StartingWeights(path: folder.path)
        #expect(start.configuration.architecture == "resnet18")
        #expect(start.classes == ["tench", "goldfish"])
        #expect(start.licence == "apache-2.0")
        let pictures = try #require(start.preprocessing)
        #expect((pictures.height, pictures.width, pictures.interpolation) == (224, 224, .bicubic))
        // timm cuts 224 / 0.95 = 235.8 down to 235.
        #expect(pictures.cropFraction == 224.0 / 235)
        #expect(pictures.mean == [0.5, 0.5, 0.5] && pictures.deviation == [0.5, 0.25, 0.5])
        #expect(start.assumptions.isEmpty)
    }

    @Test func `a header of two gigabytes and tensors that share bytes are refused`() throws {
        let folder = try TemporaryFolder()
        let long = try folder.write("long.safetensors", [0, 0, 0, 0x80, 0, 0, 0, 0, 0x7B, 0x7D])
        let failure = #expect(throws: Failure.self) { try StartingWeights(path: long) }
        #expect(failure?.message.contains("its header claims 2147483648 bytes, the file has 10") == true)
        let json =
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#
        let header = Array(json.utf8)
        let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        let shared = try folder.write("shared.safetensors", length + header + [UInt8](repeating: 0, count: 12))
        let other = #expect(throws: Failure.self) { try StartingWeights(path: shared) }
        #expect(other?.message.contains("a and b share bytes") == true)
    }
}
