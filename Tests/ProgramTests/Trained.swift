// A model that the program itself trained, once for all tests, and the folder it was trained on.

import FoveaTestSupport
import Foundation

/// Made by the first test that asks.
struct Trained: Sendable {
    static let classes = ["ant", "bee", "fly"]
    static let shared = Result { try Trained() }

    let folder: TemporaryFolder
    let run: ProgramRun
    var data: String { folder.path + "/data" }
    var model: String { folder.path + "/model.fovea" }

    private init() throws {
        folder = try TemporaryFolder()
        try SyntheticPictures.write(24, classes: Self.classes, in: folder, below: "data/train/")
        try SyntheticPictures.write(10, classes: Self.classes, in: folder, below: "data/validation/", from: 100)
        try SyntheticPictures.write(6, classes: Self.classes, in: folder, below: "data/test/", from: 200)
        run = try ProgramRun.fovea(
            ["train", folder.path + "/data", "-o", folder.path + "/model.fovea"] + Self.quickly(epochs: 4))
        // Nothing outlives the test process but this folder.
        atexit {
            if let folder = try? Trained.shared.get().folder {
                try? FileManager.default.removeItem(atPath: folder.path)
            }
        }
    }

    /// Flags for a training that takes no time.
    static func quickly(epochs: Int = 1, rate: String = "0.01") -> [String] {
        [
            "--model", "lenet5", "--size", "28", "--epochs", String(epochs), "--batch", "8", "--lr", rate, "--threads",
            "1",
            "--loader-threads", "1",
        ]
    }
}

/// One line of JSON as a dictionary.
func object(_ text: some StringProtocol) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    guard let object = value as? [String: Any] else { throw CocoaError(.propertyListReadCorrupt) }
    return object
}

/// A whole text of JSON as an array of dictionaries.
func array(_ text: String) throws -> [[String: Any]] {
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    guard let array = value as? [[String: Any]] else { throw CocoaError(.propertyListReadCorrupt) }
    return array
}
