// What this machine can do at most, measured with plans of one step: a convolution that suits every processor, and a sum of
// tensors that fit no cache.

import FoveaCompiler
import FoveaGraph
import FoveaOperators
import FoveaTensorCore

/// Measures ceilings.
package enum MachineCeilings {
    /// Runs of each plan; the median counts.
    private static let runs = 9

    /// The ceilings for a precision. To be called on the library's thread; takes about half a second.
    package static func measure(_ precision: Precision, library: any KernelLibrary) throws -> Ceilings {
        // 256 channels of 14 x 14, the middle of a ResNet; without padding, so that the direct algorithm is measured.
        let convolution = try median(precision, library) { builder in
            let x = builder.input("x", [32, 256, 18, 18])
            let w = builder.input("y", [256, 256, 3, 3])
            let scope = Scope.root / "ceiling"
            // The first result is laid out for the second, whose time is therefore that of the kernel alone.
            let first = builder.apply(Convolution(Window(3)), [x, w], scope: scope)[0]
            return builder.apply(Convolution(Window(3)), [first, w], scope: scope)[0]
        }
        let sum = try median(.f32, library) { builder in
            builder.input("x", [64, 64, 64, 64]) + builder.input("y", [64, 64, 64, 64])
        }
        return Ceilings(
            operationsPerSecond: 2 * Double(convolution.multiplyAdds) / convolution.seconds,
            bytesPerSecond: Double(sum.byteCount) / sum.seconds)
    }

    /// The last step that computes, and its median time.
    private static func median(
        _ precision: Precision, _ library: any KernelLibrary, _ build: (GraphBuilder) -> Value
    ) throws -> (multiplyAdds: Int, byteCount: Int, seconds: Double) {
        let builder = GraphBuilder(mode: .inference)
        builder.output("z", build(builder))
        let store = try ParameterStore([])
        let plan = try Compiler.plan(
            Compiler.inferenceGraph(builder.finish(), precision: precision), isTraining: false, store: store,
            library: library)
        for name in ["x", "y"] where plan.hasInput(name) { plan.input(name).update(repeating: 1) }
        guard let last = plan.program.steps.lastIndex(where: { $0.name != "reorder" }) else {
            preconditionFailure("the graph computes something")
        }
        var times: [Double] = []
        for run in 0...runs {
            var seconds = [Double](repeating: 0, count: plan.program.steps.count)
            try plan.run(timing: &seconds)
            // The first run touches memory for the first time.
            if run > 0 { times.append(seconds[last]) }
        }
        let step = plan.program.steps[last]
        return (step.multiplyAdds, plan.program.byteCount(of: step), times.sorted()[runs / 2])
    }
}
