// The world's weights on the world's pictures: the classes that PyTorch gave with the same files (PREDICTIONS.tsv beside the
// pictures), and its probabilities, computed at test time.

import FoveaTestSupport
import Foundation
import Testing

@Suite struct KnownPhotosTests {
    private static let photos = TestData.path("known-photos")
    private static let labels = TestData.path("weights/imagenet_labels_1000.txt")
    private static let python = ProcessInfo.processInfo.environment["FOVEA_TEST_PYTHON"]

    /// A network, its file, and its column in PREDICTIONS.tsv.
    struct Known: Sendable {
        let network: String
        let file: String
        let column: String

        static let all = [
            Known(
                network: "mobilenet_v2", file: "mobilenet_v2-imagenet-torchvision.safetensors",
                column: "mnv2-tv_top1 (p)"),
            Known(
                network: "squeezenet1_1", file: "squeezenet1_1-imagenet-onnxzoo.safetensors",
                column: "sq1.1-gluon_top1 (p)"),
        ]
    }

    private struct Answer: Decodable {
        struct Prediction: Decodable {
            let `class`: String
            let index: Int
            let probability: Double
        }
        let path: String
        let predictions: [Prediction]
    }

    private func predicted(_ known: Known, top: Int) throws -> [String: [Answer.Prediction]] {
        let weights = try #require(TestData.path("weights/" + known.file))
        let run = try ProgramRun.fovea([
            "predict", weights, try #require(Self.photos), "--labels", try #require(Self.labels), "--jsonl", "--top",
            "\(top)", "--precision", "f32",
        ])
        #expect(run.code == 0, "\(run.errors)")
        let answers = try run.output.split(separator: "\n").map {
            try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
        }
        return Dictionary(
            uniqueKeysWithValues: answers.map { (String($0.path.split(separator: "/").last ?? ""), $0.predictions) })
    }

    @Test(.enabled(if: photos != nil, "known-photos of FOVEA_TEST_DATA are missing"), arguments: Known.all)
    func `known photographs get the classes that PyTorch gave`(_ known: Known) throws {
        let table = try String(contentsOfFile: try #require(Self.photos) + "/PREDICTIONS.tsv", encoding: .utf8)
        let rows = table.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        let column = try #require(rows[0].firstIndex(of: known.column))
        let answers = try predicted(known, top: 1)
        #expect(answers.count == rows.count - 1)
        for row in rows.dropFirst() {
            let best = try #require(answers[row[0]]?.first)
            // "281 tabby, tabby cat (0.62)"
            let words = row[column].split(separator: " ")
            #expect(String(best.index) == words[0], "\(row[0])")
            #expect(
                row[column].contains(
                    best.class.replacingOccurrences(of: #" \(\d+\)$"#, with: "", options: .regularExpression)),
                "\(row[0]): \(best.class)")
        }
    }

    private struct Measured: Decodable {
        let accuracy: Double
        let count: Int
    }

    @Test(
        .enabled(if: TestData.path("cifar10") != nil, "cifar10 of FOVEA_TEST_DATA is missing"),
        arguments: [("resnet20", 0.915), ("resnet56", 0.926)])
    func `residual networks of CIFAR reach what they reach in PyTorch`(_ network: String, _ accuracy: Double) throws {
        let folder = try TemporaryFolder()
        let names = "airplane automobile bird cat deer dog frog horse ship truck"
        let labels = try folder.write("labels.txt", Array(names.replacing(" ", with: "\n").utf8))
        let run = try ProgramRun.fovea([
            "evaluate", try #require(TestData.path("weights/\(network)-cifar10.th")),
            try #require(TestData.path("cifar10")), "--labels", labels, "--split", "test", "--precision", "f32",
            "--json",
        ])
        #expect(run.code == 0, "\(run.errors)")
        let measured = try JSONDecoder().decode(Measured.self, from: Data(run.output.utf8))
        #expect(measured.count == 1000)
        #expect(abs(measured.accuracy - accuracy) < 1e-9)
    }

    @Test(
        .enabled(if: photos != nil && python != nil, "known-photos or FOVEA_TEST_PYTHON are missing"),
        arguments: Known.all)
    func `known photographs get PyTorch's probabilities to a thousandth`(_ known: Known) throws {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.python))
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/known_photos.py").path
        process.arguments = [
            script, known.network, try #require(TestData.path("weights/" + known.file)), try #require(Self.photos),
            folder.path + "/answers.json",
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let data = try #require(FileManager.default.contents(atPath: folder.path + "/answers.json"))
        let truth = try JSONDecoder().decode([String: [Double]].self, from: data)
        let answers = try predicted(known, top: 1000)
        #expect(Set(answers.keys) == Set(truth.keys))
        for (name, probabilities) in truth {
            let ours = try #require(answers[name])
            #expect(ours.count == probabilities.count)
            let worst = ours.map { abs($0.probability - probabilities[$0.index]) }.max() ?? 1
            #expect(worst < 1e-3, "\(name): \(worst)")
        }
    }
}
