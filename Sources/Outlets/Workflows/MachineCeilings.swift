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

    /// The ceilings for a precision, and for eight bits if asked. To be called on the library's thread; takes about half a
    /// second.
    package static func measure(
        _ precision: Precision, eightBits: Bool = false, library: any KernelLibrary
    ) throws -> Ceilings {
        let convolution = try median(precision, library, convolutions)
        let steps = Quantization(.s8, scales: [1])
        let inEightBits =
            eightBits
            ? try median(
                precision, library,
                quantization: NetworkQuantization(
                    filters: ["ceiling": [Float](repeating: 1, count: 256)],
                    activations: ["x": steps, "ceiling": steps]), convolutions) : nil
        let sum = try median(.f32, library) { builder in
            builder.input("x", [64, 64, 64, 64]) + builder.input("y", [64, 64, 64, 64])
        }
        return Ceilings(
            operationsPerSecond: 2 * Double(convolution.multiplyAdds) / convolution.seconds,
            eightBitOperationsPerSecond: inEightBits.map { 2 * Double($0.multiplyAdds) / $0.seconds },
            bytesPerSecond: Double(sum.byteCount) / sum.seconds)
    }

    /// 256 channels of 14 x 14, the middle of a ResNet; without padding, so that the direct algorithm is measured. The first
    /// result is laid out for the second convolution, whose time is therefore that of the kernel alone.
    private static func convolutions(_ builder: GraphBuilder) -> Value {
        let x = builder.input("x", [32, 256, 18, 18])
        let w = builder.input("y", [256, 256, 3, 3])
        let scope = Scope.root / "ceiling"
        let first = builder.apply(Convolution(Window(3)), [x, w], scope: scope)[0]
        return builder.apply(Convolution(Window(3)), [first, w], scope: scope)[0]
    }

    /// The last step that computes, and its median time.
    private static func median(
        _ precision: Precision, _ library: any KernelLibrary, quantization: NetworkQuantization? = nil,
        _ build: (GraphBuilder) -> Value
    ) throws -> (multiplyAdds: Int, byteCount: Int, seconds: Double) {
        let builder = GraphBuilder(mode: .inference)
        builder.output("z", build(builder))
        let store = try ParameterStore([])
        let plan = try Compiler.plan(
            Compiler.inferenceGraph(builder.finish(), precision: precision, quantization: quantization),
            isTraining: false, store: store, library: library)
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
