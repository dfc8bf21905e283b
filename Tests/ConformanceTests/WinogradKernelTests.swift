// Our Winograd kernels themselves, for every block of channels, layout and type that this processor can run, against the
// operators in Double: so the kernels for AVX2 are tested where the plan would take those for AVX-512.

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
        // Activations are numbers that bf16 has as well.
        func random(_ shape: Shape, seed: Int) -> Tensor<Float> {
            let tensor = Tensor<Float>.random(shape, seed: seed)
            return Tensor(shape, tensor.elements.map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) })
        }
        let x = random(shape, seed: 0)
        let w = Tensor<Float>.random([outputs, shape[1], 3, 3], seed: 1)
        let bias = Tensor<Float>.random([outputs], seed: 2)
        let residual = random(yShape, seed: 3)
        let dy = random(yShape, seed: 4)
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

        for kind in Kind.all {
            let kernels = Kernels(x: shape, y: yShape, kind)
            // bf16 has eight bits of mantissa, the first of which is not stored.
            let rounding = kind.isBF16 ? 0x1p-8 : 2e-5
            func compare(_ computed: [Float], _ expected: Tensor<Double>, _ name: String, _ tolerance: Double) {
                let tensor = Tensor<Double>(expected.shape, computed.map(Double.init))
                #expect(tensor.mismatch(with: expected, tolerance: tolerance) == nil, "\(name), \(kind)")
            }
            let once = kernels.forward(x, w, bias: bias, residual: residual, known: false)
            compare(once, y, "y", rounding)
            #expect(kernels.forward(x, w, bias: bias, residual: residual, known: false) == once, "\(kind)")
            let known = kernels.forward(x, w, bias: bias, residual: residual, known: true)
            compare(known, y, "y, known filters", rounding)
            compare(kernels.inputGradient(dy, w), dx, "dx", rounding)
            let (dw, db) = kernels.filterGradient(x, dy)
            compare(dw, gradients[0], "dw", 2e-5)
            compare(db, gradients[1], "db", 2e-5)
            #expect(kernels.filterGradient(x, dy).dw == dw, "\(kind)")
        }
    }
}

/// How activations lie and what they are made of.
private struct Kind: CustomStringConvertible {
    var block: Int
    var threads: Int
    var isLast = false
    var isBF16 = false

    var description: String {
        "blocks of \(block), \(threads) threads\(isLast ? ", channels last" : "")\(isBF16 ? ", bf16" : "")"
    }

    /// Every kind that this processor's kernels take.
    static var all: [Kind] {
        [8, 16].flatMap { block in
            [
                Kind(block: block, threads: 1), Kind(block: block, threads: 3),
                Kind(block: block, threads: 2, isLast: true), Kind(block: block, threads: 2, isBF16: true),
                Kind(block: block, threads: 3, isLast: true, isBF16: true),
            ].filter { $0.isBF16 ? block == fovea_winograd_block(1) : block <= fovea_winograd_block(0) }
        }
    }
}

/// The kernels on tensors in plain layout. Scratch and results begin as what is not a number.
private struct Kernels {
    private let shape: fovea_winograd
    private let turned: fovea_winograd

    init(x: Shape, y: Shape, _ kind: Kind) {
        shape = fovea_winograd(
            n: Int64(x[0]), c: Int64(x[1]), o: Int64(y[1]), h: Int64(x[2]), w: Int64(x[3]), block: Int32(kind.block),
            threads: Int32(kind.threads), bf16: kind.isBF16 ? 1 : 0, channels_last: kind.isLast ? 1 : 0)
        var turned = shape
        (turned.c, turned.o) = (shape.o, shape.c)
        self.turned = turned
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
            var y = laidOut(residual)
            y.withUnsafeMutableBytes {
                fovea_winograd_convolve(
                    shape, laidOut(x), filters, kind, bias.elements, $0.baseAddress, 1, $0.baseAddress, &scratch)
            }
            return plain(y, channels: Int(shape.pointee.o))
        }
    }

    func inputGradient(_ dy: Tensor<Float>, _ w: Tensor<Float>) -> [Float] {
        withUnsafePointer(to: turned) { shape in
            var scratch = nothing(fovea_winograd_convolve_scratch(shape, FOVEA_WINOGRAD_TURNED))
            let s = shape.pointee
            var dx = laidOut(Tensor([Int(s.n), Int(s.o), Int(s.h), Int(s.w)], repeating: .nan))
            fovea_winograd_convolve(
                shape, laidOut(dy), w.elements, FOVEA_WINOGRAD_TURNED, nil, nil, 0, &dx, &scratch)
            return plain(dx, channels: Int(s.o))
        }
    }

    func filterGradient(_ x: Tensor<Float>, _ dy: Tensor<Float>) -> (dw: [Float], db: [Float]) {
        withUnsafePointer(to: shape) { shape in
            var scratch = nothing(fovea_winograd_gradient_scratch(shape))
            var dw = nothing(4 * Int(shape.pointee.o * shape.pointee.c * 9))
            var db = nothing(4 * Int(shape.pointee.o))
            fovea_winograd_filter_gradient(shape, laidOut(x), laidOut(dy), &dw, &db, &scratch)
            return (dw, db)
        }
    }

    /// Calls `body` with the index of each element in the kernels' and in the plain layout.
    private func forEach(channels: Int, _ body: (_ laidOut: Int, _ plain: Int) -> Void) {
        let plane = Int(shape.h * shape.w)
        let block = shape.channels_last == 1 ? channels : Int(shape.block)
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

    private func laidOut(_ tensor: Tensor<Float>) -> [UInt8] {
        var elements = tensor.elements
        forEach(channels: tensor.shape[1]) { elements[$0] = tensor.elements[$1] }
        guard shape.bf16 == 1 else { return elements.withUnsafeBytes(Array.init) }
        return elements.map { UInt16($0.bitPattern >> 16) }.withUnsafeBytes(Array.init)
    }

    private func plain(_ bytes: [UInt8], channels: Int) -> [Float] {
        let stored: [Float] = bytes.withUnsafeBytes { bytes in
            guard shape.bf16 == 1 else { return Array(bytes.assumingMemoryBound(to: Float.self)) }
            return bytes.assumingMemoryBound(to: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        }
        var elements = stored
        forEach(channels: channels) { elements[$1] = stored[$0] }
        return elements
    }
}
