// `fovea quantize` as a person types it, and what the other commands make of its file.

import FoveaTestSupport
import Foundation
import Testing

@Suite(.serialized) struct QuantizeTests {
    private static let folder = Result { try TemporaryFolder() }
    private static let quantized = Result { () throws -> (path: String, run: ProgramRun) in
        let trained = try Trained.shared.get()
        let path = try folder.get().path + "/int8.fovea"
        return (
            path,
            try ProgramRun.fovea(["quantize", trained.model, trained.data, "-o", path, "--pictures", "40", "--json"])
        )
    }
    let trained: Trained
    let path: String
    let run: ProgramRun

    init() throws {
        trained = try Trained.shared.get()
        (path, run) = try Self.quantized.get()
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `the result as JSON has the keys of the contract, and evaluate says the same`() throws {
        #expect(run.code == 0, "\(run.errors)")
        let result = try object(run.output)
        let keys = [
            "schema", "path", "precision", "others", "ranges", "pictures", "layers", "kept", "before", "after", "lost",
            "classes", "warning",
        ]
        #expect(Set(result.keys) == Set(keys))
        #expect(result["precision"] as? String == "int8" && result["pictures"] as? Int == 40)
        let after = try #require(result["after"] as? [String: Any])
        #expect(Set(after.keys) == ["accuracy", "loss", "macroF1", "count"])
        let evaluated = try ProgramRun.fovea(["evaluate", path, trained.data, "--split", "validation", "--json"])
        let scores = try object(evaluated.output)
        #expect(after["accuracy"] as? Double == scores["accuracy"] as? Double)
        #expect(after["loss"] as? Double == scores["loss"] as? Double)
        let lost = try #require(result["lost"] as? Double)
        #expect(
            (lost > 0.00505) == run.errors.contains("warning: ") && (lost > 0.00505) == (result["warning"] is String))
    }

    @Test func `show, predict and plan take the file`() throws {
        let show = try ProgramRun.fovea(["show", path])
        #expect(show.code == 0 && show.output.contains(", int8") && show.output.contains("ranges by mse on 40"))
        let predict = try ProgramRun.fovea(["predict", path, trained.data + "/test"])
        #expect(predict.code == 0 && !predict.output.isEmpty)
        let plan = try ProgramRun.fovea(["plan", path, "--batch", "4"])
        #expect(plan.code == 0 && plan.output.contains("quantise f32") && plan.output.contains(" u8 "))
    }

    @Test func `the text names what moved, and what is kept`() throws {
        let text = try ProgramRun.fovea([
            "quantize", trained.model, trained.data, "-o", try Self.folder.get().path + "/b.fovea", "--ranges",
            "minmax",
            "--quiet",
        ])
        #expect(text.code == 0)
        #expect(text.output.contains("layers in int8, ") && text.output.contains("accuracy "))
        #expect(text.output.contains("recall of ") || text.output.contains("no class moved"))
        #expect(text.errors.isEmpty || text.errors.hasPrefix("warning: "))
    }

    @Test func `wrong uses are refused with their exit codes`() throws {
        let output = try Self.folder.get().path + "/c.fovea"
        func code(_ arguments: [String]) throws -> Int32 { try ProgramRun.fovea(arguments).code }
        #expect(try code(["quantize", path, trained.data, "-o", output]) == 4)
        #expect(try code(["quantize", trained.model, trained.data + "/missing", "-o", output]) == 3)
        #expect(try code(["quantize", trained.model, trained.data, "-o", output, "--ranges", "p50"]) == 2)
        #expect(try code(["quantize", trained.model, trained.data, "-o", output, "--pictures", "0"]) == 2)
        #expect(try code(["quantize", trained.model, trained.data]) == 2)
        let plan = try ProgramRun.fovea(["plan", path, "--training"])
        #expect(plan.code == 4 && plan.errors.contains("training needs those they were made from"))
        #expect(!FileManager.default.fileExists(atPath: output))
    }
}
