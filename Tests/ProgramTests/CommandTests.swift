// The commands as a person types them: what stands on standard output, what on standard error, and the exit code.

import FoveaModelFiles
import FoveaTestSupport
import Foundation
import Testing

@Suite(.serialized) struct CommandTests {
    let trained: Trained

    init() throws { trained = try Trained.shared.get() }

    @Test func `train prints one line of result and says on standard error what it chose`() throws {
        let run = trained.run
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.output.hasPrefix(trained.model + ": "))
        #expect(run.output.split(separator: "\n").count == 1)
        #expect(run.errors.contains("augmentation light: "))
        #expect(run.errors.contains("mean ") && run.errors.contains("epoch 4/4"))
        #expect(!run.errors.contains("\u{1B}") && !run.errors.contains("\r"))
    }

    @Test func `train --quiet --json prints nothing but one JSON object`() throws {
        let folder = try TemporaryFolder()
        let run = try ProgramRun.fovea(
            ["train", trained.data, "-o", folder.path + "/m.fovea", "--quiet", "--json"] + Trained.quickly())
        #expect(run.code == 0 && run.errors.isEmpty)
        let result = try object(run.output)
        #expect(result["schema"] as? Int == 1 && result["epochs"] as? Int == 1)
        #expect((result["failed"] as? [Any])?.isEmpty == true)
    }

    @Test func `evaluate prints a report, and JSON with --json, the same twice`() throws {
        let report = try ProgramRun.fovea(["evaluate", trained.model, trained.data])
        #expect(report.code == 0)
        #expect(report.output.contains("on the test split of"))
        #expect(report.output.contains("95 % interval") && report.output.contains("pictures  18 "))
        #expect(!report.output.contains("\u{1B}"))
        let runs = try (0..<2).map { _ in try ProgramRun.fovea(["evaluate", trained.model, trained.data, "--json"]) }
        #expect(runs[0].output == runs[1].output)
        let result = try object(runs[0].output)
        #expect(result["count"] as? Int == 18 && result["schema"] as? Int == 1)
        #expect((result["accuracy"] as? Double ?? 0) > 0.6)
    }

    @Test func `predict answers files, folders, patterns and standard input in every form`() throws {
        let ant = trained.data + "/test/ant/200.png"
        let text = try ProgramRun.fovea(["predict", trained.model, ant, "--top", "2"])
        #expect(text.code == 0)
        #expect(text.output.split(separator: "\n").count == 3)
        #expect(text.output.hasPrefix(ant + "\n"))

        let json = try ProgramRun.fovea(["predict", trained.model, trained.data + "/test", "--json", "--top", "3"])
        let records = try array(json.output)
        #expect(records.count == 18)
        for record in records {
            let predictions = try #require(record["predictions"] as? [[String: Any]])
            #expect(predictions.count == 3)
            #expect(Set(predictions[0].keys) == ["class", "index", "probability"])
            let sum = predictions.reduce(0) { $0 + ($1["probability"] as? Double ?? 0) }
            #expect(abs(sum - 1) < 1e-4)
            #expect(record["error"] == nil)
        }
        let lines = try ProgramRun.fovea(
            ["predict", trained.model, trained.data + "/test/bee/*.png", "--jsonl", "--top", "1"])
        #expect(lines.output.split(separator: "\n").count == 6)
        for line in lines.output.split(separator: "\n") { #expect(try object(line)["path"] != nil) }
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: ant)))
        let piped = try ProgramRun.fovea(["predict", trained.model, "-", "--csv", "--top", "1"], input: bytes)
        let rows = piped.output.split(separator: "\n")
        #expect(rows[0] == "path,rank,class,index,probability,error")
        #expect(rows[1].hasPrefix("-,1,"))
    }

    @Test func `show prints the card, and with --json all of it`() throws {
        let text = try ProgramRun.fovea(["show", trained.model])
        #expect(text.code == 0 && text.output.contains("3: ant, bee, fly"))
        let json = try ProgramRun.fovea(["show", trained.model, "--json"])
        let card = try JSONDecoder().decode(ModelCard.self, from: Data(json.output.utf8))
        #expect(card == (try ModelFile.loadCard(trained.model)))
    }

    @Test func `models lists networks with the sizes that everybody knows`() throws {
        let list = try ProgramRun.fovea(["models"])
        #expect(list.code == 0)
        #expect(list.output.contains("11,689,512"))  // resnet18: torchvision 0.2x's documentation
        #expect(list.output.contains("25,557,032"))  // resnet50
        let json = try object(try ProgramRun.fovea(["models", "--json"]).output)
        #expect((json["models"] as? [[String: Any]])?.first?["name"] as? String == "lenet5")
        let layers = try ProgramRun.fovea(["models", "resnet18", "--size", "64", "--classes", "10"])
        #expect(layers.output.contains("layer4.1.conv2"))
    }

    @Test func `models says whose accuracy it shows, and measures speed when it is asked to`() throws {
        let list = try ProgramRun.fovea(["models", "--match", "lenet5", "--match", "squeezenet1_?"])
        let lines = list.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.dropFirst().map { $0[0] } == ["lenet5", "squeezenet1_0", "squeezenet1_1"])
        #expect(lines[1].contains("-") && lines[3].contains("58.2") && lines[3].contains("torchvision"))
        #expect(!list.output.contains("pictures/s"))
        let measured = try ProgramRun.fovea(["models", "--match", "lenet5", "--measure", "--json"])
        let models = try object(measured.output)["models"] as? [[String: Any]]
        let speed = models?.first?["speed"] as? [String: Any]
        #expect((speed?["picturesPerSecond"] as? Double ?? 0) > 0 && (speed?["batch"] as? Int ?? 0) > 0)
        #expect(try ProgramRun.fovea(["models", "--match", "lenet5", "--measure"]).output.contains("pictures/s"))
        let unknown = try ProgramRun.fovea(["models", "--match", "lenet6"])
        #expect(unknown.code == 2 && unknown.errors.contains("Did you mean lenet5"), "\(unknown.errors)")
    }

    @Test func `plan prints every step with its kernel, and times with --time`() throws {
        let plan = try ProgramRun.fovea(["plan", trained.model, "--threads", "1"])
        #expect(plan.code == 0 && plan.output.contains("multiply-adds") && plan.output.contains("convolution"))
        #expect(!plan.output.contains("GFLOP/s"))
        let timed = try ProgramRun.fovea(
            ["plan", "lenet5", "--training", "--batch", "4", "--time", "--runs", "2", "--threads", "1"])
        #expect(timed.code == 0 && timed.output.contains("GFLOP/s") && timed.output.contains("sgd update"))
        #expect(timed.output.contains(" 0 reference kernels"))
    }

    /// Our own kernels carry the name of the instruction set that they use.
    @Test func `whoever limits oneDNN's instruction set limits our kernels too`() throws {
        let plan = ["plan", "mobilenet_v2", "--size", "32", "--training", "--precision", "f32"]
        let limited = try ProgramRun.fovea(plan, environment: ["ONEDNN_MAX_CPU_ISA": "SSE41"])
        #expect(limited.code == 0 && !limited.output.contains("avx"))
        #expect(limited.output.contains("norm:any") || limited.output.contains("norm:neon"))
        let free = try ProgramRun.fovea(plan, environment: ["ONEDNN_MAX_CPU_ISA": nil])
        guard free.output.contains("avx512") else { return }
        #expect(free.output.contains("norm:avx512"))
        let between = try ProgramRun.fovea(plan, environment: ["ONEDNN_MAX_CPU_ISA": "AVX2"])
        #expect(between.code == 0 && between.output.contains("norm:avx2") && !between.output.contains("avx512"))
    }

    @Test(arguments: ["train", "evaluate", "predict", "show", "models", "plan"])
    func `every command has help with an example`(command: String) throws {
        let run = try ProgramRun.fovea([command, "--help"])
        #expect(run.code == 0 && run.errors.isEmpty)
        #expect(run.output.contains("fovea \(command) "))
        #expect(run.output.contains("Example"))
    }

    @Test func `the version is a word and a number`() throws {
        let run = try ProgramRun.fovea(["--version"])
        #expect(run.code == 0 && run.output.wholeMatch(of: /fovea \d+\.\d+\.\d+\n/) != nil)
    }

    @Test(arguments: [
        ["predict"], ["train"], ["trian", "x"], ["train", "x"], ["predict", "m", "p", "--json", "--csv"],
        ["train", "x", "-o", "y", "--epochs", "0"], ["train", "x", "-o", "y", "--epochs", "many"],
        ["train", "x", "-o", "y", "--lr", "nan"], ["evaluate", "m", "d", "--split", "tset"],
        ["predict", "m", "p", "--top", "0"], ["train", "x", "-o", "y", "--size", "9000"],
    ])
    func `wrong usage is exit code 2, said on standard error`(arguments: [String]) throws {
        let run = try ProgramRun.fovea(arguments)
        #expect(run.code == 2)
        #expect(run.output.isEmpty && run.errors.hasPrefix("error: "))
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/exe"), "Linux only"))
    func `train starts itself once more with a short spin, unless the person chose`() throws {
        let folder = try TemporaryFolder()
        func environment(policy: String?) throws -> String {
            var seen = ""
            let run = try ProgramRun.fovea(
                ["train", trained.data, "-o", folder.path + "/m.fovea"] + Trained.quickly(epochs: 500),
                environment: ["OMP_WAIT_POLICY": policy, "GOMP_SPINCOUNT": nil]
            ) { process, errors in
                for _ in 0..<600 where !errors().contains("epoch   2/") { usleep(50_000) }
                let bytes = FileManager.default.contents(atPath: "/proc/\(process.processIdentifier)/environ") ?? Data()
                seen = String(decoding: bytes, as: UTF8.self)
                process.interrupt()
            }
            #expect(run.code == 130)
            return seen
        }
        #expect(!(try environment(policy: "passive")).contains("GOMP_SPINCOUNT"))
        #expect(try environment(policy: nil).contains("GOMP_SPINCOUNT=20000"))
    }
}
