// Our kernels for depthwise convolutions and for gradients of 1 x 1 filters, against the operators in Double: for every
// instruction set that they know, in f32 and bf16, for channels that fill their blocks and channels that do not.

import CKernels
import FoveaOperators
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// A tensor in blocks of channels, as kernels see it; what fills up the last block does not matter to gradients of filters.
private func blocked(_ tensor: Tensor<Float>, block: Int, isBF16: Bool, filling: Float = .nan) -> [UInt8] {
    let (n, c, plane) = (tensor.shape[0], tensor.shape[1], tensor.shape[2] * tensor.shape[3])
    let blocks = (c + block - 1) / block
    var elements = [Float](repeating: filling, count: n * blocks * plane * block)
    for index in 0..<tensor.shape.count {
        let (picture, channel, place) = (index / plane / c, index / plane % c, index % plane)
        elements[((picture * blocks + channel / block) * plane + place) * block + channel % block] =
            tensor.elements[index]
    }
    guard isBF16 else { return elements.withUnsafeBytes(Array.init) }
    return elements.map { UInt16($0.bitPattern >> 16) }.withUnsafeBytes(Array.init)
}

/// The way back from blocks of 16 channels in bf16, and what fills up the last block.
private func unblocked(_ bytes: [UInt8], _ shape: Shape) -> (tensor: Tensor<Double>, padding: [Double]) {
    let (c, plane) = (shape[1], shape[2] * shape[3])
    var elements = [Double](repeating: .nan, count: shape.count)
    var padding: [Double] = []
    for place in 0..<bytes.count / 2 {
        let bits = UInt32(bytes[2 * place]) << 16 | UInt32(bytes[2 * place + 1]) << 24
        let channel = place / 16 / plane % ((c + 15) / 16) * 16 + place % 16
        let picture = place / 16 / plane / ((c + 15) / 16)
        if channel < c {
            elements[(picture * c + channel) * plane + place / 16 % plane] = Double(Float(bitPattern: bits))
        } else {
            padding.append(Double(Float(bitPattern: bits)))
        }
    }
    return (Tensor(shape, elements), padding)
}

/// Numbers that bf16 holds exactly.
private func sample(_ shape: Shape, seed: Int) -> Tensor<Float> {
    Tensor<Float>.random(shape, seed: seed).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
}

/// Runs a kernel for one thread and three, on scratch and results that begin as what is not a number, and compares.
private func check(
    _ x: Tensor<Float>, _ dy: Tensor<Float>, _ op: ConvolutionBackwardWeights, tolerance: Double, _ name: String,
    run: (_ threads: Int32, _ dw: UnsafeMutablePointer<Float>) -> Void
) {
    let expected = op.forward([x.map(Double.init), dy.map(Double.init)])[0]
    for threads: Int32 in [1, 3] {
        var dw = [Float](repeating: .nan, count: expected.shape.count)
        run(threads, &dw)
        let computed = Tensor<Double>(expected.shape, dw.map(Double.init))
        let mismatch = computed.mismatch(with: expected, tolerance: tolerance)
        #expect(mismatch == nil, "\(name), \(threads) threads: \(mismatch ?? "")")
        var again = [Float](repeating: 0, count: dw.count)
        run(threads, &again)
        #expect(again == dw, "\(name), \(threads) threads: other bits the second time")
    }
}

@Suite struct NarrowConvolutionKernelTests {
    private static let channels = [1, 3, 16, 17, 64]
    private static let windows = [
        Window(3, padding: 1), Window(3, stride: 2, padding: 1), Window(5, stride: 2, padding: 2),
        Window(7, padding: 3),
        Window(3), Window(1, stride: 2), Window(3, stride: 3, padding: 2, dilation: 2), Window(2, padding: 1),
    ]
    /// Even and odd extents, and those below the window.
    private static let extents = [(8, 8), (7, 9), (1, 1), (2, 3), (14, 5)]

    /// Every instruction set that the processor has.
    private static var instructionSets: [fovea_instruction_set] {
        [FOVEA_INSTRUCTIONS_ANY, FOVEA_INSTRUCTIONS_AVX2, FOVEA_INSTRUCTIONS_AVX512, FOVEA_INSTRUCTIONS_AVX512_BF16]
            .filter { $0.rawValue <= fovea_instructions().rawValue }
    }

    @Test(arguments: [false, true]) func `gradients of depthwise filters agree with the reference`(isBF16: Bool) {
        for instructions in Self.instructionSets {
            for block in [8, 16] where block <= fovea_depthwise_block(instructions) {
                for (c, window, (h, w)) in Self.cases {
                    let shape: Shape = [3, c, h, w]
                    guard let extent = try? window.outputExtent(shape) else { continue }
                    let (x, dy) = (sample(shape, seed: 1), sample([3, c, extent[0], extent[1]], seed: 2))
                    let weights: Shape = [c, 1, window.kernel[0], window.kernel[1]]
                    let op = ConvolutionBackwardWeights(window, groups: c, weightShape: weights, hasBias: false)
                    let inputs = [x, dy].map { blocked($0, block: block, isBF16: isBF16) }
                    func pair(_ value: SIMD2<Int>) -> (Int64, Int64) { (Int64(value[0]), Int64(value[1])) }
                    let name = "\(shape), \(window.text), block \(block), \(instructions)"
                    check(x, dy, op, tolerance: 1e-5, name) { threads, dw in
                        let shape = fovea_depthwise(
                            n: 3, c: Int64(c), h: Int64(h), w: Int64(w), y_h: Int64(extent[0]), y_w: Int64(extent[1]),
                            kernel: pair(window.kernel), stride: pair(window.stride), dilation: pair(window.dilation),
                            before: pair(window.paddingBefore), block: Int32(block), is_bf16: isBF16 ? 1 : 0,
                            threads: threads, instructions: instructions)
                        withUnsafePointer(to: shape) {
                            var scratch = [UInt8](repeating: 0xFF, count: fovea_depthwise_scratch($0))
                            fovea_depthwise_filter_gradient($0, inputs[0], inputs[1], dw, &scratch)
                        }
                    }
                }
            }
        }
    }

    /// Forward with bias and ReLU6, and the gradient of the input; results begin as what is not a number.
    @Test(.enabled(if: fovea_instructions() == FOVEA_INSTRUCTIONS_AVX512_BF16, "a processor that multiplies bf16"))
    func `depthwise convolutions in bf16 agree with the reference`() {
        for c in Self.channels {
            for stride in [1, 2] {
                for (h, w) in Self.extents + [(12, 6), (13, 13), (2, 2), (9, 1)] {
                    var op = Convolution(Window(3, stride: stride, padding: 1), groups: c, hasBias: true)
                    let shape: Shape = [3, c, h, w]
                    guard let extent = try? op.window.outputExtent(shape) else { continue }
                    let yShape: Shape = [3, c, extent[0], extent[1]]
                    let (x, dy) = (sample(shape, seed: 1), sample(yShape, seed: 2))
                    let (weights, bias) = (sample([c, 1, 3, 3], seed: 3), Tensor<Float>.random([c], seed: 4))
                    let kernel = fovea_depthwise(
                        n: 3, c: Int64(c), h: Int64(h), w: Int64(w), y_h: Int64(extent[0]), y_w: Int64(extent[1]),
                        kernel: (3, 3), stride: (Int64(stride), Int64(stride)), dilation: (1, 1), before: (1, 1),
                        block: 16, is_bf16: 1, threads: 2, instructions: FOVEA_INSTRUCTIONS_AVX512_BF16)
                    let halves = weights.elements.map { UInt16($0.bitPattern >> 16) }
                    let given = [x, dy].map { blocked($0, block: 16, isBF16: true, filling: 0) }
                    var results = given.map { [UInt8](repeating: 0xFF, count: $0.count) }
                    withUnsafePointer(to: kernel) {
                        #expect(fovea_depthwise_has_maps($0) != 0)
                        var scratch = [UInt8](repeating: 0xFF, count: fovea_depthwise_maps_scratch($0))
                        fovea_depthwise_convolve($0, given[0], halves, bias.elements, 0, 6, &results[1], &scratch)
                        fovea_depthwise_input_gradient($0, given[1], halves, &results[0], &scratch)
                    }
                    op.activation = .relu6
                    let y = op.forward([x, weights, bias].map { $0.map(Double.init) })[0]
                    let dx = ConvolutionBackwardData(op.window, groups: c, inputShape: shape)
                        .forward([dy, weights].map { $0.map(Double.init) })[0]
                    for (name, bytes, expected) in [("dx", results[0], dx), ("y", results[1], y)] {
                        let (computed, padding) = unblocked(bytes, expected.shape)
                        let mismatch = computed.mismatch(with: expected, tolerance: 0x1p-8)
                        #expect(mismatch == nil, "\(name) of \(shape), steps of \(stride): \(mismatch ?? "")")
                        // A bias of 0 and filters of 0 belong to channels beyond the last.
                        #expect(padding.allSatisfy { $0 == 0 }, "\(name) of \(shape), steps of \(stride): padding")
                    }
                }
            }
        }
    }

    /// Few channels to many, row-major to blocks: windows of every width that there is, over edges and beyond them.
    @Test(.enabled(if: fovea_instructions() == FOVEA_INSTRUCTIONS_AVX512_BF16, "a processor that multiplies bf16"))
    func `gradients of a first convolution's filters agree with the reference`() {
        let windows = [
            Window(3, stride: 2, padding: 1), Window(4, stride: 4), Window(5), Window(7, stride: 2, padding: 3),
            Window(11, stride: 4, padding: 2), Window(3, padding: 1),
        ]
        for c in 1...4 {
            for o in [1, 16, 24, 64] {
                for window in windows {
                    for (h, w) in [(8, 8), (13, 9), (3, 4), (28, 23)] {
                        let shape: Shape = [3, c, h, w]
                        guard let extent = try? window.outputExtent(shape) else { continue }
                        let (x, dy) = (sample(shape, seed: 1), sample([3, o, extent[0], extent[1]], seed: 2))
                        let weights: Shape = [o, c, window.kernel[0], window.kernel[1]]
                        let op = ConvolutionBackwardWeights(window, groups: 1, weightShape: weights, hasBias: false)
                        let pixels = x.elements.map { UInt16($0.bitPattern >> 16) }
                        let gradients = blocked(dy, block: 16, isBF16: true)
                        func pair(_ value: SIMD2<Int>) -> (Int64, Int64) { (Int64(value[0]), Int64(value[1])) }
                        check(x, dy, op, tolerance: 1e-5, "\(shape) to \(o), \(window.text)") { threads, dw in
                            let shape = fovea_stem(
                                n: 3, c: Int64(c), o: Int64(o), h: Int64(h), w: Int64(w), y_h: Int64(extent[0]),
                                y_w: Int64(extent[1]), kernel: pair(window.kernel), stride: pair(window.stride),
                                before: pair(window.paddingBefore), threads: threads)
                            withUnsafePointer(to: shape) { shape in
                                #expect(fovea_stem_suits(shape) != 0)
                                var scratch = [UInt8](repeating: 0xFF, count: fovea_stem_scratch(shape))
                                gradients.withUnsafeBytes {
                                    fovea_stem_filter_gradient(
                                        shape, pixels, $0.bindMemory(to: UInt16.self).baseAddress, dw, &scratch)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private static var cases: [(Int, Window, (Int, Int))] {
        channels.flatMap { c in windows.flatMap { window in extents.map { (c, window, $0) } } }
    }

    /// Few filters, which threads sum for themselves, and many; chunks that end inside a picture, and odd pictures.
    @Test func `gradients of 1 x 1 filters agree with the reference`() {
        let wide = [(16, 96, 14, 14), (384, 480, 3, 3), (96, 24, 20, 21), (33, 70, 7, 7), (144, 24, 1, 1)]
        let narrow = Self.channels.flatMap { c in Self.channels.map { (c, $0, 5, 5) } }
        for instructions in Self.instructionSets {
            for (c, o, h, w) in narrow + wide {
                let (x, dy) = (sample([3, c, h, w], seed: 1), sample([3, o, h, w], seed: 2))
                let op = ConvolutionBackwardWeights(Window(1), groups: 1, weightShape: [o, c, 1, 1], hasBias: false)
                let inputs = [x, dy].map { blocked($0, block: 16, isBF16: true) }
                let name = "\(x.shape) to \(o) channels, \(instructions)"
                check(x, dy, op, tolerance: 1e-5, name) { threads, dw in
                    let shape = fovea_pointwise(
                        n: 3, c: Int64(c), o: Int64(o), positions: Int64(h * w), threads: threads,
                        instructions: instructions)
                    withUnsafePointer(to: shape) { shape in
                        var scratch = [UInt8](repeating: 0xFF, count: fovea_pointwise_scratch(shape))
                        inputs[0].withUnsafeBytes { x in
                            inputs[1].withUnsafeBytes { dy in
                                fovea_pointwise_filter_gradient(
                                    shape, x.bindMemory(to: UInt16.self).baseAddress,
                                    dy.bindMemory(to: UInt16.self).baseAddress, dw, &scratch)
                            }
                        }
                    }
                }
            }
        }
    }
}
