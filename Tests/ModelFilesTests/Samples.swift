// What the tests of this target share: a folder of their own, a small model and bytes in and out.

import Foundation
import FoveaModelFiles
import FoveaModeling
import FoveaPreprocessing
import FoveaTensorCore
import Testing

/// A folder that is there for one test and gone after it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "fovea-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file into the folder; its path.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}

func contents(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

/// The bytes of a safetensors file with this header and so many bytes of data.
func safeTensors(_ json: String, dataByteCount: Int) -> [UInt8] {
    let length = json.utf8.count
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(json.utf8)
        + [UInt8](repeating: 0, count: dataByteCount)
}

/// The failure that `body` throws.
func failure(_ body: () throws -> Void) -> Failure? {
    do {
        try body()
        return nil
    } catch {
        return error as? Failure
    }
}

/// Three classes, 4 x 4 pictures, three tensors; every section of the card filled.
func sampleModel() -> ModelFile {
    let architecture = ModelConfiguration(architecture: "tiny", channels: 1, height: 4, width: 4, classCount: 3)
    let card = ModelCard(
        architecture: architecture, classes: ["daisy", "löwenzahn \"gelb\"", "rose\\n"],
        preprocessing: Preprocessing(height: 4, width: 4, channels: 1, mean: [0.2860406], deviation: [0.35302424]),
        precision: "bf16",
        scores: [
            ScoreRecord(
                split: "test", count: 100, accuracy: 0.91, lower: 0.8377, upper: 0.9519, loss: 0.3, macroF1: 0.9,
                calibrationError: 0.02)
        ],
        training: TrainingRecord(
            recipe: .object(["epochs": .integer(5), "learning-rate": .number(0.1), "nesterov": .bool(true)]), epochs: 5,
            bestEpoch: 4, seed: .max, threads: 2, program: "fovea 0.1.0", seconds: 61.5,
            history: .array([.number(1.5), .number(0.25), .null])),
        data: DataRecord(
            name: "flowers", fingerprint: "00ff", counts: ["training": 3, "test": 100],
            trainingPictures: PictureHashes([7, 1, 0xFFFF_FFFF_FFFF_FFFF, 1])),
        probe: Probe(seed: 9, outputs: [[0.25, 0.5, 0.25], [0.125, 0.125, 0.75]]), program: "fovea 0.1.0")
    var stream = RandomStream(seed: 3, purpose: .testing)
    return ModelFile(
        card: card,
        tensors: [
            ("conv.weight", Tensor([2, 1, 3, 3], (0..<18).map { _ in stream.normal() })),
            (
                "fc.weight",
                Tensor([3, 2], [1, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity, 0.1])
            ),
            ("fc.bias", Tensor([3], [0, 1, 2])), ("scale", Tensor([], [5])), ("nothing", Tensor([0, 3], [])),
        ])
}
