// Ten training steps of a small network by a compiled plan on oneDNN, against PyTorch's: what one step leaves behind,
// in weights, momenta and statistics, is what the next begins with. The reference interpreter takes the same steps in its
// own tests.

import FoveaCompiler
import FoveaGraph
import FoveaOneDNNBackend
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct TenStepsTests {
    @Test(arguments: TenSteps.Rule.allCases)
    func `ten steps of a plan give PyTorch's losses and weights`(_ rule: TenSteps.Rule) throws {
        let library = try OneDNNLibrary()
        let found = try library.perform {
            let golden = try TenSteps(rule)
            let graph = try Compiler.trainingGraph(
                TenSteps.network().builder.finish(), appendUpdates: golden.appendUpdates)
            let store = try ParameterStore(graph.parameters)
            try store.load(golden.before, from: "the golden")
            let plan = try Compiler.plan(graph, isTraining: true, store: store, library: library)
            var losses: [Float] = []
            for step in golden.steps {
                // No step may live on what an earlier one left in the plan's own memory.
                try plan.poison(.nan)
                for (name, tensor) in try golden.inputs(step) { _ = plan.input(name).update(from: tensor.elements) }
                try plan.run()
                losses.append(plan.output("loss")[0])
            }
            return golden.complaints(losses: losses, store: store)
        }
        #expect(found == [])
    }
}
