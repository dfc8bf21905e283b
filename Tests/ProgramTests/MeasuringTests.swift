// The commands that measure this machine: what they print, not how fast it is.

import FoveaTestSupport
import Foundation
import Testing

@Suite(.serialized) struct MeasuringTests {
    @Test func `bench measures training and inference of each network, batch and precision`() throws {
        let run = try ProgramRun.fovea([
            "bench", "lenet5", "smallcnn", "--channels", "1", "--batch", "1", "--batch", "4", "--seconds", "0",
            "--precision", "f32", "--json",
        ])
        #expect(run.code == 0, "\(run.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        #expect(report["schema"] as? Int == 1 && (report["library"] as? String)?.hasPrefix("oneDNN") == true)
        let rows = try #require(report["rows"] as? [[String: Any]])
        let names = rows.map { "\($0["network"] ?? "") \($0["work"] ?? "") \($0["batch"] ?? "")" }
        #expect(
            names
                == ["lenet5", "smallcnn"].flatMap { network in
                    ["training", "inference"].flatMap { work in [1, 4].map { "\(network) \(work) \($0)" } }
                })
        for row in rows {
            let batch = try #require(row["batch"] as? Double)
            let median = try #require(row["median"] as? Double)
            let rate = try #require(row["picturesPerSecond"] as? Double)
            #expect(median > 0 && abs(rate * median - batch) < 1e-6 * batch)
            let ninety = try #require(row["percentile90"] as? Double)
            let all = try #require(row["percentile99"] as? Double)
            #expect(median <= ninety && ninety <= all)
            for key in ["compileSeconds", "firstRunSeconds", "operationsPerSecond", "arenaBytes", "peakBytes"] {
                #expect((row[key] as? Double ?? 0) > 0, "\(key)")
            }
        }
    }

    @Test func `bench measures networks in eight bits, and what the machine reaches`() throws {
        let run = try ProgramRun.fovea([
            "bench", "plaincnn", "--channels", "1", "--batch", "2", "--seconds", "0", "--precision", "f32",
            "--precision", "int8", "--ceilings", "--json",
        ])
        #expect(run.code == 0, "\(run.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        let rows = try #require(report["rows"] as? [[String: Any]])
        #expect(
            rows.map { "\($0["work"] ?? "") \($0["precision"] ?? "")" }
                == ["training f32", "inference f32", "inference int8"])
        for row in rows {
            // The start holds the making of the plan and its first run.
            let parts = ["compileSeconds", "firstRunSeconds"].compactMap { row[$0] as? Double }
            #expect(parts.count == 2 && (row["startSeconds"] as? Double ?? 0) >= parts.reduce(0, +))
        }
        let ceilings = try #require(report["ceilings"] as? [[String: Any]])
        #expect(ceilings.contains { $0["precision"] as? String == "f32" })
        for ceiling in ceilings {
            #expect((ceiling["operationsPerSecond"] as? Double ?? 0) > 1e8)
            #expect((ceiling["bytesPerSecond"] as? Double ?? 0) > 1e7)
        }
    }

    @Test func `bench does not train in eight bits`() throws {
        let run = try ProgramRun.fovea(["bench", "plaincnn", "--work", "training", "--precision", "int8"])
        #expect(run.code == 2 && run.errors.contains("int8 is for inference"))
    }

    @Test func `bench names networks that are not there`() throws {
        let run = try ProgramRun.fovea(["bench", "resnet19"])
        #expect(run.code == 2 && run.errors.contains("resnet18"))
    }

    @Test func `plan --time shows each step beside what the machine can do`() throws {
        let run = try ProgramRun.fovea(["plan", "lenet5", "--channels", "1", "--batch", "8", "--time", "--runs", "2"])
        #expect(run.code == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n")
        let heading = try #require(lines.first { $0.contains("operator") })
        for title in ["ms", "share", "GFLOP/s", "GB/s", "x bound"] { #expect(heading.contains(title)) }
        #expect(lines.contains { $0.hasPrefix("ceilings measured here: ") && $0.contains(" GB/s; ") })
        #expect(lines.contains { $0.hasPrefix("beyond 5 times their bounds: ") || $0.hasPrefix("no step takes more") })
    }
}
