// The two gradients of convolution. With y = w * x:  dx = w^T * dy,  dw = x * dy summed over pictures and positions,
// db = dy summed over pictures and positions. Letters as in Convolution.swift.

import FoveaGraph
import FoveaTensorCore

/// d loss / d x of a convolution. Inputs: dy (N, O, H', W'), w (O, C / groups, kh, kw), then what is added to the result,
/// (N, C, H, W), if `addsResidual`: the gradient that reached x on another way. Output: dx (N, C, H, W).
package struct ConvolutionBackwardData: Operator {
    package var window: Window
    package var groups: Int
    /// The shape of x.
    package var inputShape: Shape
    /// Put there by the compiler's fusion.
    package var addsResidual = false

    package init(_ window: Window, groups: Int, inputShape: Shape) {
        self.window = window
        self.groups = groups
        self.inputShape = inputShape
    }

    package var name: String { "convolution backward data" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package func givesLowPrecision(output index: Int) -> Bool { true }
    package var attributes: String {
        window.text + (groups > 1 ? ", groups \(groups)" : "") + (addsResidual ? ", + residual" : "")
    }
    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] { [inputShape] }
    package func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
        inputs[0].count * inputs[1].count / inputs[1][0]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (dy, w) = (inputs[0], inputs[1])
        var dx = addsResidual ? inputs[2] : Tensor<S>(inputShape, repeating: 0)
        let loop = ConvolutionLoop(window: window, groups: groups, x: inputShape, y: dy.shape)
        withNumbers(dy.elements, w.elements, addingTo: &dx.elements) { dy, w, dx in
            loop.run { dx[$0] += w[$1] * dy[$2] }
        }
        return [dx]
    }
}

/// d loss / d w, and d loss / d b, of a convolution. Inputs: x (N, C, H, W), dy (N, O, H', W').
/// Outputs: dw (O, C / groups, kh, kw), then db (O) if `hasBias`.
package struct ConvolutionBackwardWeights: Operator {
    package var window: Window
    package var groups: Int
    /// The shape of w.
    package var weightShape: Shape
    package var hasBias: Bool

    package init(_ window: Window, groups: Int, weightShape: Shape, hasBias: Bool) {
        self.window = window
        self.groups = groups
        self.weightShape = weightShape
        self.hasBias = hasBias
    }

    package var name: String { "convolution backward weights" }
    package func takesLowPrecision(input index: Int) -> Bool { true }
    package var attributes: String { window.text + (groups > 1 ? ", groups \(groups)" : "") }
    package func outputShapes(_ inputs: [Shape]) throws -> [Shape] {
        hasBias ? [weightShape, [weightShape[0]]] : [weightShape]
    }
    package func multiplyAdds(inputs: [Shape], outputs: [Shape]) -> Int {
        inputs[1].count * weightShape.count / weightShape[0]
    }

    @specialized(where S == Float)
    @specialized(where S == Double)
    package func forward<S: ReferenceScalar>(_ inputs: [Tensor<S>]) -> [Tensor<S>] {
        let (x, dy) = (inputs[0], inputs[1])
        var dw = Tensor<S>(weightShape, repeating: 0)
        let loop = ConvolutionLoop(window: window, groups: groups, x: x.shape, y: dy.shape)
        withNumbers(x.elements, dy.elements, addingTo: &dw.elements) { x, dy, dw in
            loop.run { dw[$1] += x[$0] * dy[$2] }
        }
        guard hasBias else { return [dw] }
        var db = Tensor<S>([weightShape[0]], repeating: 0)
        let plane = dy.shape[2] * dy.shape[3]
        for index in 0..<dy.shape.count { db.elements[index / plane % dy.shape[1]] += dy.elements[index] }
        return [dw, db]
    }
}
