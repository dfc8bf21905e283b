// Softmax and cross entropy: with p = softmax(z), targets t, smoothed targets t' = (1 - e) t + e / C (Szegedy et al. 2016),
// class weights w and sample weights s:
//   loss = sum over i of s_i (-sum over c of w_c t'_ic log p_ic)  /  sum over i of s_i sum over c of w_c t_ic
//   dz_ij = dloss s_i (p_ij sum over c of w_c t'_ic - w_j t'_ij)  /  the same denominator.
// For one hot target a picture this is PyTorch's `cross_entropy`, with class weights and label smoothing.
// For soft targets (MixUp) it equals PyTorch's where there are no class weights and each row sums to 1; with class weights
// PyTorch divides soft targets by the number of pictures, while here a picture counts by its weight, as hard ones do.

import FoveaGraph
import FoveaTensorCore

/// The mean cross entropy of a batch.
///
/// Inputs: logits (N, C), targets (N, C; each row at least 0, usually summing to 1), sample weights (N; 0 leaves a
/// picture out). Outputs: loss (), probabilities (N, C). A batch without weight has loss 0 and gradient 0.
package struct SoftmaxCrossEntropy: Operator {
    package var labelSmoothing: Float
    package var classWeights: [Float]?

    package init(labelSmoothing: Float = 0, classWeights: [Float]? = nil) {
        self.labelSmoothing = labelSmoothing
        self.classWeights = classWeights
    }

    package var name: String { "softmax cross entropy" }

    package var attributes: String {
        let parts = [
            labelSmoothing == 0 ? nil : "label smoothing \(labelSmoothing)",
            classWeights == nil ? nil : "class weights",
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        let logits = inputs[0]
        try requireMatch(scores: logits, targets: inputs[1], sampleWeights: inputs[2], classWeights: classWeights)
        return [[], logits]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (targets, sampleWeights) = (inputs[1], inputs[2])
        let logarithm = logarithms(ofSoftmax: inputs[0])
        let terms = CrossEntropyTerms(targets, sampleWeights, smoothing: labelSmoothing, classWeights: classWeights)
        var sum: S = 0
        for index in 0..<targets.shape.count {
            let factor = terms.sampleWeights[index / terms.classes] * terms.smoothed[index]
            if factor != 0 { sum -= factor * logarithm.elements[index] }
        }
        let loss: S = terms.weight == 0 ? 0 : sum / terms.weight
        return [Tensor([], [loss]), logarithm.map { S.exp($0) }]
    }

    package func gradients(_ context: GradientContext) -> [Value?] {
        precondition(context.outputGradients[1] == nil, "\(context.scope): the probabilities are not differentiated")
        let backward = SoftmaxCrossEntropyBackward(labelSmoothing: labelSmoothing, classWeights: classWeights)
        let inputs = [context.inputs[1], context.inputs[2], context.dy]
        return [context.outputs[1].apply(backward, inputs, scope: context.scope), nil, nil]
    }
}

/// d loss / d logits. Inputs: probabilities, targets (N, C), sample weights (N), dloss (). Output: dlogits (N, C).
package struct SoftmaxCrossEntropyBackward: Operator {
    package var labelSmoothing: Float
    package var classWeights: [Float]?

    package init(labelSmoothing: Float = 0, classWeights: [Float]? = nil) {
        self.labelSmoothing = labelSmoothing
        self.classWeights = classWeights
    }

    package var name: String { "softmax cross entropy backward" }
    package var attributes: String {
        SoftmaxCrossEntropy(labelSmoothing: labelSmoothing, classWeights: classWeights).attributes
    }

    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        try requireMatch(scores: inputs[0], targets: inputs[1], sampleWeights: inputs[2], classWeights: classWeights)
        guard inputs[3] == [] else { throw Failure(.usage, "the loss is one number, its gradient is \(inputs[3])") }
        return [inputs[0]]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (p, targets, sampleWeights, dloss) = (inputs[0], inputs[1], inputs[2], inputs[3].elements[0])
        let terms = CrossEntropyTerms(targets, sampleWeights, smoothing: labelSmoothing, classWeights: classWeights)
        var dz = Tensor<S>(p.shape, repeating: 0)
        guard terms.weight != 0 else { return [dz] }
        for n in 0..<p.shape[0] {
            let row = n * terms.classes..<(n + 1) * terms.classes
            let total = terms.smoothed[row].reduce(0, +)
            let factor = dloss * terms.sampleWeights[n] / terms.weight
            for index in row { dz.elements[index] = factor * (p.elements[index] * total - terms.smoothed[index]) }
        }
        return [dz]
    }
}

/// What loss and gradient share.
private struct CrossEntropyTerms<S: ReferenceScalar> {
    let classes: Int
    let sampleWeights: [S]  // (N)
    /// w_c t'_ic
    let smoothed: [S]  // (N, C)
    /// The denominator.
    let weight: S

    init(_ targets: Tensor<S>, _ sampleWeights: Tensor<S>, smoothing: Float, classWeights: [Float]?) {
        let classes = targets.shape[1]
        self.classes = classes
        self.sampleWeights = sampleWeights.elements
        let w: [S] = classWeights.map { $0.map { S($0) } } ?? [S](repeating: 1, count: classes)
        let (keep, share) = (1 - S(smoothing), S(smoothing) / S(classes))
        var smoothed = targets.elements
        var weight: S = 0
        for index in 0..<targets.shape.count {
            let classWeight = w[index % classes]
            weight += sampleWeights.elements[index / classes] * classWeight * targets.elements[index]
            smoothed[index] = classWeight * (keep * targets.elements[index] + share)
        }
        self.smoothed = smoothed
        self.weight = weight
    }
}

/// Throws unless scores, targets and weights belong to the same pictures and classes.
private func requireMatch(scores: Shape, targets: Shape, sampleWeights: Shape, classWeights: [Float]?) throws {
    guard scores.rank == 2 else { throw Failure(.usage, "cross entropy wants scores (N, C), not \(scores)") }
    guard targets == scores else { throw Failure(.usage, "targets of \(targets) do not fit scores of \(scores)") }
    guard sampleWeights == [scores[0]] else {
        throw Failure(.usage, "sample weights of \(sampleWeights) do not fit scores of \(scores)")
    }
    if let classWeights, classWeights.count != scores[1] {
        throw Failure(.usage, "\(classWeights.count) class weights do not fit \(scores[1]) classes")
    }
}

extension Value {
    /// The batch's mean loss and the probabilities, for logits (N, C); targets (N, C), sample weights (N).
    package func softmaxCrossEntropy(
        targets: Value, sampleWeights: Value, labelSmoothing: Float = 0, classWeights: [Float]? = nil,
        _ scope: Scope = .root
    ) -> (loss: Value, probabilities: Value) {
        let op = SoftmaxCrossEntropy(labelSmoothing: labelSmoothing, classWeights: classWeights)
        let outputs = builder.apply(op, [self, targets, sampleWeights], scope: scope)
        return (outputs[0], outputs.last ?? outputs[0])
    }
}
