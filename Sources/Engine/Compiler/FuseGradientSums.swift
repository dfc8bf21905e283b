// Training pass: where gradients of one value meet and one of them comes out of a convolution, the convolution adds the other
// while it writes. Such sums stand at the root of every residual block.

import FoveaGraph
import FoveaOperators

package enum FuseGradientSums {
    package static func apply(_ graph: Graph) -> Graph {
        graph.withSums { op in
            guard var convolution = op as? ConvolutionBackwardData, !convolution.addsResidual else { return nil }
            convolution.addsResidual = true
            return convolution
        }
    }
}
