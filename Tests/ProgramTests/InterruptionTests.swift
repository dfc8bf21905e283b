// Ctrl-C, a full disk and a rate that is far too high: what is kept, what is said, and with which exit code.

import FoveaModelFiles
import FoveaTestSupport
import Foundation
import Testing

@Suite(.serialized) struct InterruptionTests {
    let trained: Trained
    let folder: TemporaryFolder
    var model: String { folder.path + "/out/model.fovea" }

    init() throws {
        trained = try Trained.shared.get()
        folder = try TemporaryFolder()
        folder.folder("out")
    }

    private var written: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/out")) ?? []).sorted()
    }

    @Test func `the first Ctrl-C keeps the best epoch so far`() throws {
        let run = try ProgramRun.fovea(
            ["train", trained.data, "-o", model] + Trained.quickly(epochs: 5000)
        ) { process, errors in
            for _ in 0..<600 where !errors().contains("epoch    2/") { usleep(50_000) }
            process.interrupt()
        }
        #expect(run.code == 130, "\(run.errors)")
        #expect(run.errors.contains("stopping after this step"))
        #expect(run.errors.contains("interrupted: \(model) holds epoch "))
        #expect(written == ["model.fovea"])
        let card = try ModelFile.load(model).card
        #expect(card.scores.count == 1 && (card.training?.bestEpoch ?? 0) > 0)
    }

    @Test func `the second Ctrl-C ends at once`() throws {
        let run = try ProgramRun.fovea(
            [
                "train", trained.data, "-o", model, "--model", "resnet50", "--size", "224", "--batch", "64",
                "--threads", "1",
            ]
        ) { process, errors in
            // In the middle of a step that takes long.
            for _ in 0..<1200 where !errors().contains("mean ") { usleep(50_000) }
            usleep(300_000)
            process.interrupt()
            for _ in 0..<100 where !errors().contains("stopping") { usleep(20_000) }
            process.interrupt()
        }
        #expect(run.code == 130)
        #expect(run.output.isEmpty)
        #expect(written == [])
    }

    @Test func `a rate that is far too high is said, with advice, and nothing is written`() throws {
        let run = try ProgramRun.fovea(
            ["train", trained.data, "-o", model] + Trained.quickly(epochs: 20, rate: "1e9"))
        #expect(run.code == 1)
        #expect(run.errors.contains("error: the loss became "))
        #expect(run.errors.contains("Try a smaller --lr"))
        if run.errors.contains("in epoch 1,") { #expect(written == []) } else { #expect(written == ["model.fovea"]) }
    }

    @Test func `a disk that is full when the model is saved leaves the old model and nothing else`() throws {
        try folder.write("out/model.fovea", Array("the old model".utf8))
        // No file may grow beyond 16 blocks; the model has far more.
        let run = try ProgramRun.fovea(
            ["train", trained.data, "-o", model] + Trained.quickly(), environment: ["TMPDIR": folder.folder("tmp")],
            launcher: ["/bin/sh", "-c", "ulimit -f 16; exec \"$0\" \"$@\""])
        #expect(run.code == 1)
        #expect(run.errors.contains("error: \(model): cannot be written: File too large"))
        #expect(run.errors.contains("an older file of that name is untouched"))
        #expect(written == ["model.fovea"])
        #expect(FileManager.default.contents(atPath: model) == Data("the old model".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/tmp").isEmpty)
    }

    @Test func `a folder that vanishes while training leaves the model with the temporary files`() throws {
        let temporary = folder.folder("tmp")
        let gone = folder.path + "/out"
        let run = try ProgramRun.fovea(
            ["train", trained.data, "-o", model] + Trained.quickly(epochs: 30), environment: ["TMPDIR": temporary]
        ) { _, errors in
            for _ in 0..<600 where !errors().contains("epoch  1/") { usleep(20_000) }
            try FileManager.default.removeItem(atPath: gone)
        }
        #expect(run.code == 1)
        #expect(run.errors.contains("error: \(model): cannot be written"))
        let refuges = try FileManager.default.contentsOfDirectory(atPath: temporary)
        #expect(refuges.count == 1)
        let refuge = try #require(refuges.first)
        #expect(run.errors.contains("The model was saved as \(temporary)/\(refuge) instead."))
        #expect(try ModelFile.load(temporary + "/" + refuge).card.classes == Trained.classes)
    }

    @Test func `a place that cannot be written is refused before training`() throws {
        let run = try ProgramRun.fovea(
            ["train", trained.data, "-o", folder.path + "/none/m.fovea"] + Trained.quickly())
        #expect(run.code == 1)
        #expect(run.errors.contains("none/m.fovea: cannot be written: No such file or directory"))
        #expect(!run.errors.contains("mean "))
        let onFolder = try ProgramRun.fovea(["train", trained.data, "-o", folder.path + "/out"] + Trained.quickly())
        #expect(onFolder.code == 2)
    }
}
