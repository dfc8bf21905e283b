// `fovea preview`, and the flags of `fovea train` about augmentation and loading, as a person types them.

import FoveaModelFiles
import FoveaTestSupport
import Foundation
import Testing

@Suite(.serialized) struct PreviewTests {
    let trained: Trained

    init() throws { trained = try Trained.shared.get() }

    @Test func `preview writes a sheet, and the same one for the same seed`() throws {
        let folder = try TemporaryFolder()
        func sheet(_ name: String, _ seed: String, _ preset: String) throws -> Data {
            let path = "\(folder.path)/\(name).png"
            let run = try ProgramRun.fovea([
                "preview", trained.data, "-o", path, "--seed", seed, "--augment", preset, "--rows", "4", "--draws", "3",
                "--json",
            ])
            #expect(run.code == 0, "\(run.errors)")
            let result = try #require(
                try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
            #expect(result["schema"] as? Int == 1 && (result["rows"] as? [Any])?.count == 4)
            return try Data(contentsOf: URL(filePath: path))
        }
        let first = try sheet("a", "1", "strong")
        #expect(first.starts(with: [0x89, 0x50, 0x4E, 0x47]))
        #expect(try sheet("b", "1", "strong") == first)
        #expect(try sheet("c", "2", "strong") != first)
        #expect(try sheet("d", "1", "none") != first)
    }

    @Test func `preview converts colours as training does`() throws {
        let goldens = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Golden/formats")
        let folder = try TemporaryFolder()
        func sheet(of golden: String) throws -> Data {
            let bytes = [UInt8](try Data(contentsOf: goldens.appending(path: golden)))
            for place in ["train/a", "train/b", "val/a", "val/b"] {
                try folder.write("\(golden)/\(place)/picture.png", bytes)
            }
            let path = "\(folder.path)/\(golden).sheet.png"
            let run = try ProgramRun.fovea([
                "preview", "\(folder.path)/\(golden)", "-o", path, "--augment", "none", "--draws", "1",
            ])
            #expect(run.code == 0 && !run.errors.contains("bf16"), "\(run.errors)")
            return try Data(contentsOf: URL(filePath: path))
        }
        // The same samples with a profile of other colours and without.
        #expect(try sheet(of: "light.png") != sheet(of: "light-png.png"))
        #expect(try sheet(of: "srgb.png") == sheet(of: "srgb-png.png"))
    }

    @Test func `preview shows what a configuration that names weights trains with`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("train.yaml", Array("model: \(trained.model)\n".utf8))
        let run = try ProgramRun.fovea(["preview", trained.data, "-o", "\(folder.path)/s.png", "--config", file])
        #expect(run.code == 0 && run.errors.contains("starting from \(trained.model)"), "\(run.errors)")
    }

    @Test func `preview refuses what cannot be`() throws {
        #expect(try ProgramRun.fovea(["preview", trained.data, "-o", "/none/such/sheet.png"]).code != 0)
        #expect(try ProgramRun.fovea(["preview", "none/such", "-o", "sheet.png"]).code == 3)
        #expect(try ProgramRun.fovea(["preview", trained.data, "-o", "s.png", "--augment", "wild"]).code == 2)
    }

    @Test func `a training with mixing and a cache on disk runs, and its recipe says what was done`() throws {
        let folder = try TemporaryFolder()
        let model = folder.path + "/m.fovea"
        let run = try ProgramRun.fovea(
            [
                "train", trained.data, "-o", model, "--augment", "strong", "--no-mirror", "--cache", "disk",
                "--cache-limit", "50", "--max-broken", "0",
            ] + Trained.quickly(), environment: ["FOVEA_HOME": folder.path])
        #expect(run.code == 0, "\(run.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/pictures").count == 2)
        let recipe = String(describing: try ModelFile.loadCard(model).training?.recipe)
        #expect(recipe.contains("mixup") && recipe.contains("erasing"))
    }

    @Test func `a training ends once too many pictures are broken`() throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/data"
        try FileManager.default.copyItem(atPath: trained.data, toPath: data)
        let enumerator = FileManager.default.enumerator(atPath: data)
        let pictures = (enumerator?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".png") }.sorted()
        let training = pictures.filter { $0.contains("train/") }
        for path in (training.isEmpty ? pictures : training).prefix(3) {
            try Data("not a picture".utf8).write(to: URL(filePath: data + "/" + path))
        }
        let model = folder.path + "/m.fovea"
        let strict = try ProgramRun.fovea(["train", data, "-o", model, "--max-broken", "1"] + Trained.quickly())
        #expect(strict.code == 3, "\(strict.errors)")
        #expect(strict.errors.contains("--max-broken is 1"))
        let lenient = try ProgramRun.fovea(["train", data, "-o", model, "--max-broken", "3"] + Trained.quickly())
        #expect(lenient.code == 0, "\(lenient.errors)")
        #expect(lenient.output.contains("3 pictures could not be read"))
    }
}
