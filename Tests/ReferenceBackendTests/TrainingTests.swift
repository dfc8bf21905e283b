// Ten training steps of a small network in the reference interpreter, against PyTorch's, and the network's gradients
// against central differences: graph, gradients, updates and interpreter together.

import FoveaGraph
import FoveaOperators
import FoveaReferenceBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct TrainingTests {
    @Test(arguments: TenSteps.Rule.allCases)
    func `ten steps give PyTorch's losses and weights`(_ rule: TenSteps.Rule) throws {
        let golden = try TenSteps(rule)
        let (builder, loss) = TenSteps.network()
        builder.differentiate(loss, seed: builder.constant(1, []))
        golden.appendUpdates(builder)
        let graph = try builder.finish()
        let store = try ParameterStore(graph.parameters)
        store.initialize(seed: 1)
        try store.load(golden.before, from: "the golden")
        var losses: [Float] = []
        for step in golden.steps {
            let result = try ReferenceInterpreter(graph, checksNumbers: true).run(
                inputs: golden.inputs(step), parameters: store.tensor)
            losses.append(try #require(result.outputs["loss"]).elements[0])
            for (name, tensor) in result.updates { store.set(name, tensor) }
        }
        let found = golden.complaints(losses: losses, store: store)
        #expect(found == [])
    }

    @Test func `the gradients of a whole network are its slopes`() throws {
        let (builder, loss) = TenSteps.network()
        builder.differentiate(loss, seed: builder.constant(1, []))
        let graph = try builder.finish()
        let interpreter = ReferenceInterpreter(graph)
        var parameters: [String: Tensor<Double>] = [:]
        let store = try ParameterStore(graph.parameters)
        store.initialize(seed: 3)
        for parameter in graph.parameters {
            parameters[parameter.name] = store.tensor(parameter.name).map(Double.init)
        }
        let inputs = [
            "x": Tensor<Double>.random([6, 3, 9, 8], seed: 1), "targets": .random([6, 5], seed: 2, from: 0, to: 1),
            "weights": .random([6], seed: 3, from: 0.5, to: 1),
        ]
        func run() throws -> Interpretation<Double> {
            try interpreter.run(inputs: inputs) { parameters[$0] ?? Tensor([], [0]) }
        }
        let gradients = try run().gradients
        #expect(gradients.count == 5)
        for (name, gradient) in gradients {
            let largest = gradient.elements.reduce(0) { max($0, $1.magnitude) }
            for index in stride(from: 0, to: gradient.shape.count, by: max(1, gradient.shape.count / 7)) {
                func moved(_ offset: Double) throws -> Double {
                    parameters[name]?.elements[index] += offset
                    defer { parameters[name]?.elements[index] -= offset }
                    return try run()[loss.id].elements[0]
                }
                let numeric = (try moved(1e-6) - moved(-1e-6)) / 2e-6
                #expect((numeric - gradient.elements[index]).magnitude < 1e-6 * max(1, largest), "\(name), \(index)")
            }
        }
    }
}
