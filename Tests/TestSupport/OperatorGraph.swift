// One operator and its gradient rule as a graph of its own: inputs in0, in1 ... and dy, outputs out0, out1 ... and d0, d1 ...
// What the tests of operators and of backends run.

import FoveaGraph
import FoveaTensorCore

/// Builds graphs of one operator.
package enum OperatorGraph {
    /// A graph of `op` alone, with the gradients of the inputs listed in `differentiable`, given dy, the gradient of output 0.
    /// Throws the operator's complaint if the shapes do not fit.
    package static func make(
        _ op: any Operator, inputs shapes: [Shape], differentiable: [Int]
    ) throws -> Graph {
        let builder = GraphBuilder(mode: .training)
        let inputs = shapes.enumerated().map { builder.input("in\($0)", $1) }
        let scope = Scope.root / "tested"
        let outputs = builder.apply(op, inputs, scope: scope)
        for (index, output) in outputs.enumerated() { builder.output("out\(index)", output) }
        // An operator that complained has no outputs to differentiate.
        guard !differentiable.isEmpty, (try? builder.finish()) != nil else { return try builder.finish() }
        let dy = builder.input("dy", outputs[0].shape)
        let context = GradientContext(
            inputs: inputs, outputs: outputs,
            outputGradients: [dy] + [Value?](repeating: nil, count: outputs.count - 1),
            needs: inputs.indices.map(differentiable.contains), scope: scope)
        let gradients = op.gradients(context)
        precondition(gradients.count == inputs.count, "\(op.name) has \(gradients.count) gradients")
        for index in differentiable {
            guard let gradient = gradients[index] else {
                preconditionFailure("\(op.name): input \(index) has no gradient")
            }
            builder.output("d\(index)", gradient)
        }
        return try builder.finish()
    }
}
