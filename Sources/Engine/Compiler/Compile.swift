// From a network to a plan; the compiler's table of contents.
//
//     training:   (freeze) -> fuse norm + activation -> differentiate -> append updates -> fuse sums of gradients
//                 -> (to save memory: compute segments again)
//     inference:  fold batch norm -> fuse what follows a convolution -> drop what nobody reads -> quantise
//     both:       give values their types -> choose layouts and insert reorders -> plan memory -> make every kernel once

import FoveaGraph
import FoveaTensorCore

/// Turns graphs into plans.
package enum Compiler {
    /// The training graph of a forward graph that has an output `loss`: gradients and updates appended.
    ///
    /// `savesMemory` trades about a third of the speed for about half of the memory. `appendUpdates` adds the optimizer's
    /// nodes after the gradients. Of what `freezing` names no gradient is computed, nor of what only leads to it.
    package static func trainingGraph(
        _ forward: Graph, precision: Precision = .f32, savesMemory: Bool = false, freezing: Freezing = .none,
        appendUpdates: (GraphBuilder) -> Void
    ) throws -> Graph {
        guard let loss = forward.output("loss") else {
            preconditionFailure("a training graph has an output named loss")
        }
        let fused = FuseNormActivation.apply(Freeze.apply(forward, freezing))
        let builder = GraphBuilder(continuing: fused, mode: .training)
        builder.differentiate(builder.value(loss), seed: builder.constant(1, []))
        appendUpdates(builder)
        var graph = FuseGradientSums.apply(try builder.finish())
        if savesMemory { graph = Checkpointing.apply(graph, forwardCount: fused.nodes.count) }
        return MixedPrecision.apply(graph, precision)
    }

    /// The inference graph, with norms folded into convolutions and activations and sums fused.
    ///
    /// With a `quantization` its layers compute in eight bits, everything else in `precision`; the parameters of those
    /// layers are filters and biases that norms have been folded into.
    package static func inferenceGraph(
        _ graph: Graph, precision: Precision = .f32, quantization: NetworkQuantization? = nil
    ) -> Graph {
        let fused = FusePostOps.apply(FoldBatchNorms.apply(graph)).pruned()
        guard let quantization else { return MixedPrecision.apply(fused, precision) }
        let folded = FoldedParameters.apply(fused, layers: Set(quantization.filters.keys))
        return Quantize.apply(MixedPrecision.apply(folded, precision), quantization)
    }

    /// The plan of a graph, bound to the parameters in `store`. Call it on the library's thread.
    package static func plan(
        _ graph: Graph, isTraining: Bool, store: ParameterStore, library: any KernelLibrary
    ) throws -> Plan {
        guard graph.precision == .f32 || library.multipliesBF16 else {
            throw Failure(
                .usage, "this processor does not multiply bf16",
                advice: "Say --precision f32, or leave it out.")
        }
        let program = try Lowering.lower(graph, isTraining: isTraining, store: store, library: library)
        let memory = PlanMemory.place(program)
        return try Plan(program, memory, store: store)
    }
}
