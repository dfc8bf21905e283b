// Our Winograd kernels themselves, for every block of channels that this processor can run, against the operators in Double:
// so the kernels for AVX2 are tested where the plan would take those for AVX-512.

import CKernels
import FoveaOperators
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct WinogradKernelTests {
    /// A convolution of x (N, C, H, W) to `outputs` channels.
    struct Case: CustomTestStringConvertible {
        var x: Shape
        var outputs: Int
        var testDescription: String { "\(x) to \(outputs) channels" }

        init(_ x: Shape, _ outputs: Int) {
            self.x = x
            self.outputs = outputs
        }
    }

    /// 28 and 4 px are whole tiles; single blocks, pairs of blocks and an odd one; few tiles and many channels, which are
    /// computed in rounds, and the reverse.
    private static let cases = [
        Case([1, 16, 1, 1], 16), Case([1, 16, 28, 28], 16), Case([3, 16, 14, 14], 48), Case([7, 48, 7, 9], 32),
        Case([3, 32, 5, 5], 64), Case([1, 128, 4, 4], 128), Case([9, 128, 14, 14], 64), Case([1, 512, 7, 7], 64),
        Case([5, 64, 7, 7], 512), Case([2, 512, 7, 7], 512),
    ]

    @Test(arguments: cases) func `forward pass and gradients agree with the operators in Double`(_ example: Case) {
        let (shape, outputs) = (example.x, example.outputs)
        let yShape: Shape = [shape[0], outputs, shape[2], shape[3]]
        let x = Tensor<Float>.random(shape, seed: 0)
        let w = Tensor<Float>.random([outputs, shape[1], 3, 3], seed: 1)
        let bias = Tensor<Float>.random([outputs], seed: 2)
        let residual = Tensor<Float>.random(yShape, seed: 3)
        let dy = Tensor<Float>.random(yShape, seed: 4)
        func doubled(_ tensor: Tensor<Float>) -> Tensor<Double> {
            Tensor(tensor.shape, tensor.elements.map(Double.init))
        }

        let window = Window(3, padding: 1)
        var forward = Convolution(window, hasBias: true)
        forward.addsResidual = true
        forward.activation = .relu
        let y = forward.forward([doubled(x), doubled(w), doubled(bias), doubled(residual)])[0]
        let dx = ConvolutionBackwardData(window, groups: 1, inputShape: shape).forward([doubled(dy), doubled(w)])[0]
        let gradients = ConvolutionBackwardWeights(window, groups: 1, weightShape: w.shape, hasBias: true)
            .forward([doubled(x), doubled(dy)])

        for block in [8, 16] where block <= fovea_winograd_block() {
            for threads in [1, 3] {
                let kernels = Kernels(x: shape, y: yShape, block: block, threads: threads)
                let place = "blocks of \(block), \(threads) threads"
                func compare(_ computed: [Float], _ expected: Tensor<Double>, _ name: String) {
                    let tensor = Tensor<Double>(expected.shape, computed.map(Double.init))
                    #expect(tensor.mismatch(with: expected, tolerance: 2e-5) == nil, "\(name), \(place)")
                }
                let once = kernels.forward(x, w, bias: bias, residual: residual, known: false)
                compare(once, y, "y")
                #expect(kernels.forward(x, w, bias: bias, residual: residual, known: false) == once, "\(place)")
                compare(kernels.forward(x, w, bias: bias, residual: residual, known: true), y, "y, known filters")
                compare(kernels.inputGradient(dy, w), dx, "dx")
                let (dw, db) = kernels.filterGradient(x, dy)
                compare(dw, gradients[0], "dw")
                compare(db, gradients[1], "db")
                #expect(kernels.filterGradient(x, dy).dw == dw, "\(place)")
            }
        }
    }
}

/// The kernels on tensors in plain layout. Scratch and results begin as what is not a number.
private struct Kernels {
    private let shape: fovea_winograd
    private let turned: fovea_winograd

    init(x: Shape, y: Shape, block: Int, threads: Int) {
        shape = fovea_winograd(
            n: Int64(x[0]), c: Int64(x[1]), o: Int64(y[1]), h: Int64(x[2]), w: Int64(x[3]), block: Int32(block),
            threads: Int32(threads))
        turned = fovea_winograd(
            n: shape.n, c: shape.o, o: shape.c, h: shape.h, w: shape.w, block: shape.block, threads: shape.threads)
    }

    private func nothing(_ bytes: Int) -> [Float] { [Float](repeating: .nan, count: (bytes + 3) / 4) }

    func forward(
        _ x: Tensor<Float>, _ w: Tensor<Float>, bias: Tensor<Float>, residual: Tensor<Float>, known: Bool
    ) -> [Float] {
        withUnsafePointer(to: shape) { shape in
            let kind = known ? FOVEA_WINOGRAD_TRANSFORMED : FOVEA_WINOGRAD_PLAIN
            var filters = w.elements
            if known {
                filters = nothing(fovea_winograd_filter_bytes(shape))
                fovea_winograd_filters(shape, w.elements, FOVEA_WINOGRAD_PLAIN, &filters)
            }
            var scratch = nothing(fovea_winograd_convolve_scratch(shape, kind))
            // The residual lies where the result goes, as in a plan.
            let y = blocked(residual)
            y.withUnsafeBufferPointer { start in
                guard let y = UnsafeMutablePointer(mutating: start.baseAddress) else { return }
                fovea_winograd_convolve(
                    shape, blocked(x), filters, kind, bias.elements, y, 1, y, &scratch)
            }
            return plain(y, channels: Int(shape.pointee.o))
        }
    }

    func inputGradient(_ dy: Tensor<Float>, _ w: Tensor<Float>) -> [Float] {
        withUnsafePointer(to: turned) { shape in
            var scratch = nothing(fovea_winograd_convolve_scratch(shape, FOVEA_WINOGRAD_TURNED))
            var dx = nothing(4 * Int(shape.pointee.n * shape.pointee.o * shape.pointee.h * shape.pointee.w))
            fovea_winograd_convolve(
                shape, blocked(dy), w.elements, FOVEA_WINOGRAD_TURNED, nil, nil, 0, &dx, &scratch)
            return plain(dx, channels: Int(shape.pointee.o))
        }
    }

    func filterGradient(_ x: Tensor<Float>, _ dy: Tensor<Float>) -> (dw: [Float], db: [Float]) {
        withUnsafePointer(to: shape) { shape in
            var scratch = nothing(fovea_winograd_gradient_scratch(shape))
            var dw = nothing(4 * Int(shape.pointee.o * shape.pointee.c * 9))
            var db = nothing(4 * Int(shape.pointee.o))
            fovea_winograd_filter_gradient(shape, blocked(x), blocked(dy), &dw, &db, &scratch)
            return (dw, db)
        }
    }

    /// Calls `body` with the index of each element in the blocked and in the plain layout.
    private func forEach(channels: Int, _ body: (_ blocked: Int, _ plain: Int) -> Void) {
        let (plane, block) = (Int(shape.h * shape.w), Int(shape.block))
        for n in 0..<Int(shape.n) {
            for c in 0..<channels {
                for p in 0..<plane {
                    body(
                        ((n * channels / block + c / block) * plane + p) * block + c % block,
                        (n * channels + c) * plane + p)
                }
            }
        }
    }

    private func blocked(_ tensor: Tensor<Float>) -> [Float] {
        var elements = tensor.elements
        forEach(channels: tensor.shape[1]) { elements[$0] = tensor.elements[$1] }
        return elements
    }

    private func plain(_ tensor: [Float], channels: Int) -> [Float] {
        var elements = tensor
        forEach(channels: channels) { elements[$1] = tensor[$0] }
        return elements
    }
}
