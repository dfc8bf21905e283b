// Softmax: y[n,c] = exp(x[n,c]) / sum over k of exp(x[n,k]), computed from x minus its largest value.
// For answers only: training differentiates softmax and cross entropy together (SoftmaxCrossEntropy.swift).

import FoveaGraph
import FoveaTensorCore

/// Probabilities from scores. Input: x (N, C). Output: y (N, C), rows that sum to 1. No gradient rule.
package struct Softmax: Operator {
    package init() {}

    package var name: String { "softmax" }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        guard inputs[0].rank == 2 else { throw Failure(.usage, "softmax wants scores (N, C), not \(inputs[0])") }
        return [inputs[0]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        [logarithms(ofSoftmax: inputs[0]).map { S.exp($0) }]
    }
}

/// log softmax, row by row: x - max - log sum exp(x - max). // (N, C)
@specialized(where S == Float)
@specialized(where S == Double)
func logarithms<S: ReferenceScalar>(ofSoftmax x: Tensor<S>) -> Tensor<S> {
    var y = x
    let classes = x.shape[1]
    for n in 0..<x.shape[0] {
        let row = n * classes..<(n + 1) * classes
        let largest = x.elements[row].max() ?? 0
        var sum: S = 0
        for index in row { sum += S.exp(x.elements[index] - largest) }
        let logarithm = S.log(sum)
        for index in row { y.elements[index] = x.elements[index] - largest - logarithm }
    }
    return y
}

extension Value {
    /// Probabilities from scores: (N, C) to (N, C).
    package func softmax() -> Value { apply(Softmax()) }
}
