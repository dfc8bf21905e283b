// Any size, colour and number of pictures that a person may come with.

import FoveaModelFiles
import FoveaTestSupport
import Foundation
import Testing

@Suite(.serialized) struct SizeTests {
    let folder: TemporaryFolder
    var data: String { folder.path + "/data" }
    var model: String { folder.path + "/model.fovea" }

    init() throws { folder = try TemporaryFolder() }

    private func train(_ more: [String]) throws -> ProgramRun {
        try ProgramRun.fovea(["train", data, "-o", model, "--epochs", "1"] + more)
    }

    @Test(arguments: [28, 128, 200, 333, 512])
    func `every size trains and predicts`(size: Int) throws {
        try SyntheticPictures.write(4, classes: ["cat", "dog"], in: folder, below: "data/train/", side: 90)
        try SyntheticPictures.write(
            2, classes: ["cat", "dog"], in: folder, below: "data/validation/", side: 90, from: 50)
        let run = try train(["--size", String(size), "--batch", "2", "--model", "resnet18"])
        #expect(run.code == 0, "\(run.errors)")
        #expect(try ModelFile.loadCard(model).preprocessing.height == size)
        let answer = try ProgramRun.fovea(["predict", model, data + "/train/cat/0.png", "--json"])
        #expect(answer.code == 0, "\(answer.errors)")
        let predictions = try #require(try array(answer.output)[0]["predictions"] as? [[String: Any]])
        #expect(abs(predictions.reduce(0) { $0 + ($1["probability"] as? Double ?? 0) } - 1) < 1e-4)
    }

    @Test func `a folder of gray JPEG files without splits gives a network with one channel`() throws {
        for (label, name) in ["cat", "dog"].enumerated() {
            for number in 0..<60 {
                let shades = (0..<16).map { UInt8(($0 * 13 * (label + 1) + number * 3) % 256) }
                try folder.write("data/\(name)/\(number).jpg", grayJPEG(columns: 4, shades))
            }
        }
        let run = try train([])
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("channels 1: no picture has colour"))
        #expect(run.errors.contains("validation split was drawn from training"))
        let card = try ModelFile.loadCard(model)
        #expect(card.architecture.channels == 1 && card.architecture.height == 32)
        #expect(card.architecture.architecture == "smallcnn")
        #expect(try ProgramRun.fovea(["predict", model, data + "/dog/7.jpg"]).code == 0)
        // A colour picture is made gray for it.
        let colour = try folder.write("colour.png", SyntheticPictures.file(label: 1, number: 1, side: 50))
        #expect(try ProgramRun.fovea(["predict", model, colour]).code == 0)
    }

    @Test func `a size that the network cannot take is refused with a reason`() throws {
        try SyntheticPictures.write(4, classes: ["cat", "dog"], in: folder, below: "data/train/")
        try SyntheticPictures.write(2, classes: ["cat", "dog"], in: folder, below: "data/validation/", from: 50)
        let run = try train(["--size", "8", "--model", "lenet5"])
        #expect(run.code == 2 && run.errors.contains("lenet5 cannot see pictures of 8 x 8"), "\(run.errors)")
        #expect(run.errors.contains("Use --size 12 or more"), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: model))
    }
}
