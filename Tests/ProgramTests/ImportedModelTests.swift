// Weights from elsewhere on the command line: wherever a model is accepted, and as the start of a training.

import FoveaModelFiles
import FoveaTensorCore
import FoveaTestSupport
import Foundation
import Testing

@Suite struct ImportedModelTests {
    /// The weights of a random LeNet for gray pictures, without a card.
    private static func lenet(_ folder: TemporaryFolder, _ name: String = "lenet5.safetensors") throws -> String {
        let model = try randomModel(classes: (0..<10).map(String.init))
        let path = folder.path + "/" + name
        try SafeTensors.write(model.store.savedTensors(), to: path)
        return path
    }

    private static func checkpoint(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/checkpoints/\(name)").path
    }

    @Test func `plain weights predict, and what is assumed is said`() throws {
        let folder = try TemporaryFolder()
        let weights = try Self.lenet(folder)
        let picture = try folder.write("a.png", SyntheticPictures.file(label: 0, number: 1, side: 28, channels: 1))
        let run = try ProgramRun.fovea(["predict", weights, picture, "--csv", "--top", "2"])
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.output.split(separator: "\n").count == 3)
        #expect(run.errors.contains("does not say how pictures are prepared"))
        #expect(run.errors.contains("--labels FILE"))
        let labels = try folder.write("labels.txt", Array("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n".utf8))
        let named = try ProgramRun.fovea(["predict", weights, picture, "--json", "--top", "10", "--labels", labels])
        #expect(named.output.contains("\"class\":\"j\""))
        let short = try folder.write("short.txt", Array("a\nb\n".utf8))
        let wrong = try ProgramRun.fovea(["predict", weights, picture, "--labels", short])
        #expect(wrong.code == 2 && wrong.errors.contains("has 2 lines"))
    }

    @Test func `show and evaluate take plain weights too`() throws {
        let folder = try TemporaryFolder()
        let weights = try Self.lenet(folder)
        let shown = try ProgramRun.fovea(["show", weights])
        #expect(shown.code == 0 && shown.output.contains("lenet5, 1 x 28 x 28"))
        try SyntheticPictures.write(3, classes: ["0", "1"], in: folder, below: "data/", side: 28, channels: 1)
        let measured = try ProgramRun.fovea(["evaluate", weights, folder.path + "/data", "--json"])
        #expect(measured.code == 0, "\(measured.errors)")
    }

    @Test func `a training starts from weights, and its card says which`() throws {
        let folder = try TemporaryFolder()
        let weights = try Self.lenet(folder)
        try SyntheticPictures.write(12, classes: ["a", "b"], in: folder, below: "data/", side: 28, channels: 1)
        let output = folder.path + "/out.fovea"
        let run = try ProgramRun.fovea([
            "train", folder.path + "/data", "-o", output, "--model", weights, "--epochs", "1", "--lr", "1e-12",
            "--augment", "none", "--precision", "f32",
        ])
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("starting from"))
        #expect(run.errors.contains("is new, for 2 classes: the file's is for 10"))
        let trained = try ModelFile.load(output)
        #expect(trained.card.architecture.architecture == "lenet5")
        guard case .object(let recipe) = trained.card.training?.recipe, case .object(let start) = recipe["start"] else {
            Issue.record("the card says nothing about the start")
            return
        }
        #expect(start["origin"] == .string("lenet5.safetensors"))
        #expect(!run.errors.contains("is kept"))
        // With next to no learning rate the weights are still those of the file.
        let before = try SafeTensors(path: weights)
        let kept = try before.tensor("conv1.weight")
        let after = try #require(trained.tensors.first { $0.name == "conv1.weight" }).tensor
        #expect(zip(kept.elements, after.elements).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test func `a classifier for as many classes without names is kept, and that is said`() throws {
        let folder = try TemporaryFolder()
        let weights = try Self.lenet(folder)
        let classes = (0..<10).map { "class \($0)" }
        try SyntheticPictures.write(4, classes: classes, in: folder, below: "data/", side: 28, channels: 1)
        func train(_ way: String) throws -> ProgramRun {
            try ProgramRun.fovea([
                "train", folder.path + "/data", "-o", folder.path + "/out.fovea", "--model", weights, "--epochs", "1",
                "--fine-tune", way,
            ])
        }
        let full = try train("full")
        #expect(
            full.errors.contains("fc3 is kept: the file is for 10 classes too, and does not name them"),
            "\(full.errors)")
        // The head is fitted anew in any case.
        #expect(!(try train("head")).errors.contains("is kept"))
    }

    @Test func `a training starts from a model file of its own`() throws {
        let folder = try TemporaryFolder()
        let model = try randomModel(classes: ["a", "b"])
        let path = folder.path + "/first.fovea"
        try ModelFile(card: model.card, tensors: model.store.savedTensors()).save(to: path)
        try SyntheticPictures.write(12, classes: ["a", "b"], in: folder, below: "data/", side: 28, channels: 1)
        let run = try ProgramRun.fovea([
            "train", folder.path + "/data", "-o", folder.path + "/out.fovea", "--model", path, "--epochs", "1", "--lr",
            "1e-12", "--augment", "none", "--precision", "f32", "--fine-tune", "full", "--norms", "fixed",
        ])
        #expect(run.code == 0, "\(run.errors)")
        #expect(!run.errors.contains("is new"))
        let trained = try ModelFile.load(folder.path + "/out.fovea")
        for (name, tensor) in model.store.savedTensors() where !name.contains("running") {
            let after = try #require(trained.tensors.first { $0.name == name }).tensor
            #expect(zip(tensor.elements, after.elements).allSatisfy { abs($0 - $1) < 1e-6 }, "\(name)")
        }
    }

    @Test(arguments: [
        ("os-system.pth", "posix.system"), ("eval.th", "eval"), ("nested.pth", "getattr"),
        ("bomb.pth", "is compressed"),
        ("program.pt", "TorchScript"), ("zip.pth", "belong to no network"),
    ])
    func `a file that is no network's weights ends with code 4 and its reason`(_ name: String, _ reason: String) throws
    {
        let folder = try TemporaryFolder()
        let picture = try folder.write("a.png", SyntheticPictures.file(label: 0, number: 1))
        let run = try ProgramRun.fovea(["predict", Self.checkpoint(name), picture], in: folder.path)
        #expect(run.code == 4)
        #expect(run.errors.contains(reason), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/fovea-was-here"))
    }

    @Test func `weights are pulled, listed, used without a connection, and removed`() throws {
        let folder = try TemporaryFolder()
        let weights = [UInt8](try Data(contentsOf: URL(filePath: try Self.lenet(folder))))
        let config = """
            {"architecture": "lenet5", "num_classes": 10, "pretrained_cfg": {"input_size": [1, 28, 28], "mean": [0.5],
             "std": [0.25], "crop_pct": 1.0, "interpolation": "bilinear", "license": "mit"}}
            """
        let server = try HubServer(
            "a/lenet", files: ["config.json": Array(config.utf8), "model.safetensors": weights])
        var environment: [String: String?] = [
            "HF_HOME": folder.path + "/hf", "HF_ENDPOINT": server.hub.address, "HF_HUB_CACHE": nil, "HF_TOKEN": nil,
            "TORCH_HOME": folder.path + "/torch", "no_proxy": "*",
        ]
        let pulled = try ProgramRun.fovea(["models", "pull", "a/lenet"], environment: environment)
        #expect(pulled.code == 0, "\(pulled.errors)")
        #expect(
            pulled.output.contains("a/lenet of 127.0.0.1, revision 5555555: lenet5, 28 px, 10 classes, licence mit"))
        environment["HF_HUB_OFFLINE"] = "1"
        let listed = try ProgramRun.fovea(["models", "list", "--local"], environment: environment)
        #expect(listed.output.contains("a/lenet") && listed.output.contains("5555555"))
        let picture = try folder.write("a.png", SyntheticPictures.file(label: 0, number: 1, side: 28, channels: 1))
        let asked = server.hub.requests.count
        let run = try ProgramRun.fovea(["predict", "hf:a/lenet", picture, "--json"], environment: environment)
        #expect(run.code == 0, "\(run.errors)")
        #expect(!run.errors.contains("does not say how pictures are prepared"))
        #expect(server.hub.requests.count == asked)
        let removed = try ProgramRun.fovea(["models", "remove", "a/lenet"], environment: environment)
        #expect(removed.code == 0)
        let gone = try ProgramRun.fovea(["predict", "hf:a/lenet", picture], environment: environment)
        #expect(gone.code == 1 && gone.errors.contains("HF_HUB_OFFLINE"))
    }

    @Test func `a proxy is used where the environment names one`() throws {
        let folder = try TemporaryFolder()
        let weights = [UInt8](try Data(contentsOf: URL(filePath: try Self.lenet(folder))))
        let server = try HubServer("a/lenet", files: ["model.safetensors": weights])
        server.change { $0.large = [] }
        let run = try ProgramRun.fovea(
            ["models", "pull", "a/lenet"],
            environment: [
                "HF_HOME": folder.path + "/hf", "HF_ENDPOINT": "http://hub.invalid", "HF_HUB_CACHE": nil,
                "HF_HUB_OFFLINE": nil, "http_proxy": server.hub.address, "no_proxy": nil, "NO_PROXY": nil,
            ])
        #expect(run.code == 0, "\(run.errors)")
        #expect(server.hub.requests.contains { $0.target.hasPrefix("http://hub.invalid/a/lenet/resolve/main/") })
    }
}
