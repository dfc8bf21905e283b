// Every operator on oneDNN, forward and all gradients, against what PyTorch computed: the goldens of Tests/Golden/operators.py.
// Their channel counts include 1, 3, 16, 17 and 64, so that blocked layouts and their padding are met.

import FoveaCompiler
import FoveaGraph
import FoveaOneDNNBackend
import FoveaOperators
import FoveaTensorCore
import FoveaTestSupport
import Foundation
import Testing

@Suite struct OperatorConformanceTests {
    private static let library = Result { try OneDNNLibrary() }

    /// The golden files; updates want flat memory, which the networks' tests give them.
    private static let files: [String] = {
        let folder = TensorFile.goldenFolder.appending(path: "operators").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".golden") && !$0.hasPrefix("training") }
            .map { String($0.dropLast(7)) }.sorted()
    }()

    @Test(arguments: files)
    func `oneDNN agrees with PyTorch on`(_ file: String) throws {
        let library = try Self.library.get()
        let cases = try OperatorCase.committed(file)
        #expect(!cases.isEmpty)
        let found = try library.perform {
            try cases.filter { !$0.operator.name.hasSuffix(" update") }.flatMap { try mismatches(of: $0, library) }
        }
        #expect(found.isEmpty)
    }

    /// A sentence for every output of oneDNN that PyTorch does not agree with.
    private func mismatches(of example: OperatorCase, _ library: OneDNNLibrary) throws -> [String] {
        var graph = try example.graph()
        // What a kernel keeps for its own backward pass has a form of its own and is not read from outside.
        let own = example.operator is MaxPooling ? "out1" : nil
        graph.outputs.removeAll { example.expected[$0.name] == nil || $0.name == own }
        let store = try ParameterStore([])
        if let pooling = example.operator as? MaxPooling, pooling.window.dilation != SIMD2(1, 1) {
            // oneDNN has none, and says so instead of computing something else.
            do {
                _ = try Compiler.plan(graph, isTraining: true, store: store, library: library)
                return ["\(example): a plan was made of a kernel that there is not"]
            } catch is Failure {
                return []
            }
        }
        let plan = try Compiler.plan(graph, isTraining: true, store: store, library: library)
        try plan.poison(.nan)
        for (name, tensor) in example.inputs where plan.hasInput(name) {
            _ = plan.input(name).update(from: tensor.elements)
        }
        try plan.run()
        return graph.outputs.compactMap { output in
            guard let expected = example.expected[output.name] else { return nil }
            let computed = Tensor(expected.shape, Array(plan.output(output.name)))
            return computed.mismatch(with: expected, tolerance: 1e-4).map { "\(example), \(output.name): \($0)" }
        }
    }
}
