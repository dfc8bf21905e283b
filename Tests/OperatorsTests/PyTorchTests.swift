// Every operator against PyTorch, outputs and gradients, whole tensors, in Float and in Double. The goldens stand in
// Tests/Golden/operators; the larger ones are made when FOVEA_TEST_PYTHON names a python with torch.

import Foundation
import FoveaGraph
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct PyTorchTests {
    /// Conventions, number 14: f32 agrees to 1e-4 of each tensor's largest value.
    static let tolerance = 1e-4
    static let python = ProcessInfo.processInfo.environment["FOVEA_TEST_PYTHON"]

    /// Sentences on what differs, computed in `S`.
    static func complaints<S: ReferenceScalar>(_ cases: [OperatorCase], in type: S.Type) throws -> [String] {
        try cases.flatMap { each -> [String] in
            let inputs = each.inputs.mapValues { $0.map { S($0) } }
            let computed = try ReferenceInterpreter(try each.graph()).run(inputs: inputs).outputs
            guard Set(computed.keys) == Set(each.expected.keys) else {
                return ["\(each): computed \(computed.keys.sorted()), expected \(each.expected.keys.sorted())"]
            }
            return each.expected.compactMap { name, expected in
                computed[name]?.mismatch(with: expected.map { S($0) }, tolerance: tolerance)
                    .map { "\(each), \(name): \($0)" }
            }
        }
    }

    @Test(arguments: [
        "convolution", "batch-norm", "batch-norm-activations", "pooling", "elementwise", "moves", "fully-connected",
        "loss", "dropout", "updates", "updates-adamw", "adaptive-pooling", "channels",
    ])
    func `operators and their gradients agree with PyTorch`(_ name: String) throws {
        let cases = try OperatorCase.committed(name)
        #expect(!cases.isEmpty)
        let single = try Self.complaints(cases, in: Float.self)
        #expect(single == [])
        let double = try Self.complaints(cases, in: Double.self)
        #expect(double == [])
    }

    @Test(.enabled(if: python != nil, "set FOVEA_TEST_PYTHON to a python with torch"))
    func `operators agree with PyTorch on 64 channels and larger maps`() throws {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: Self.python ?? "")
        process.arguments = [TensorFile.goldenFolder.appending(path: "operators.py").path, folder.path]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        for name in ["convolution", "others"] {
            let cases = try OperatorCase.read(URL(filePath: folder.path).appending(path: "\(name).golden"))
            #expect(cases.count > 10)
            let complaints = try Self.complaints(cases, in: Float.self)
            #expect(complaints == [])
        }
    }
}
