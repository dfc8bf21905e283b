// Training pass: where gradients of one value meet and one of them comes out of a convolution, the convolution adds the other
// while it writes. Such sums stand at the root of every residual block.

import FoveaGraph
import FoveaOperators

package enum FuseGradientSums {
    package static func apply(_ graph: Graph) -> Graph {
        var graph = graph
        let readers = graph.readers()
        let outside = graph.readOutside()
        var producers: [ValueID: Int] = [:]
        for (position, node) in graph.nodes.enumerated() {
            for output in node.outputs { producers[output] = position }
        }
        var dropped: Set<Int> = []
        for position in graph.nodes.indices where graph.nodes[position].operator is Add {
            let add = graph.nodes[position]
            for (side, other) in [(1, 0), (0, 1)] {
                let (gradient, residual) = (add.inputs[side], add.inputs[other])
                guard gradient != residual, let producer = producers[gradient], readers[gradient]?.count == 1,
                    !outside.contains(gradient),
                    var convolution = graph.nodes[producer].operator as? ConvolutionBackwardData,
                    !convolution.addsResidual, !dropped.contains(producer),
                    // Nobody else needs the residual, under this or another shape: it is overwritten.
                    let source = producers[residual], !(graph.nodes[source].operator is Reshape),
                    !outside.contains(residual), let last = readers[residual], last.max() == position,
                    !last.contains(where: { graph.nodes[$0].operator is Reshape }),
                    !graph.nodes[producer].inputs.contains(residual)
                else { continue }
                convolution.addsResidual = true
                graph.nodes[position] = Node(
                    convolution, inputs: graph.nodes[producer].inputs + [residual], outputs: add.outputs,
                    scope: graph.nodes[producer].scope)
                dropped.insert(producer)
                break
            }
        }
        graph.nodes = graph.nodes.indices.filter { !dropped.contains($0) }.map { graph.nodes[$0] }
        return graph
    }
}
