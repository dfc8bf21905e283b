// Our kernels for convolutions in narrow groups, forward and both gradients, against the operators in Double: for every
// instruction set that they know, in f32 and bf16, in blocks of channels and with channels last, for groups that fill their
// blocks, share them, and reach over several.

import CKernels
import FoveaOperators
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// Numbers that bf16 holds exactly.
private func sample(_ shape: Shape, seed: Int) -> Tensor<Float> {
    Tensor<Float>.random(shape, seed: seed).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
}

@Suite struct GroupedConvolutionKernelTests {
    /// Channels, and channels of a group.
    private static let groups = [
        (1, 1), (17, 1), (64, 1), (48, 8), (40, 8), (12, 4), (8, 2), (30, 10), (48, 24), (72, 24), (64, 32), (9, 3),
    ]
    private static let windows = [
        Window(3, padding: 1), Window(3, stride: 2, padding: 1), Window(5, padding: 2), Window(7, padding: 3),
        Window(5, stride: 2, padding: 2), Window(1, stride: 2), Window(3, padding: 2, dilation: 2),
    ]
    /// Even and odd extents, those below the window, and rows of several strips.
    private static let extents = [(8, 8), (7, 9), (1, 1), (5, 33)]

    /// Every instruction set that the processor has.
    private static var instructionSets: [fovea_instruction_set] {
        [FOVEA_INSTRUCTIONS_AVX2, FOVEA_INSTRUCTIONS_AVX512, FOVEA_INSTRUCTIONS_AVX512_BF16]
            .filter { $0.rawValue <= fovea_instructions().rawValue }
    }

    @Test(arguments: [false, true], [false, true])
    func `grouped convolutions and their gradients agree with the reference`(isBF16: Bool, isLast: Bool) {
        for (c, width) in Self.groups {
            for window in Self.windows {
                for (h, w) in Self.extents {
                    let x: Shape = [3, c, h, w]
                    guard let extent = try? window.outputExtent(x) else { continue }
                    Example(window, width: width, x: x, y: [3, c, extent[0], extent[1]])
                        .check(Self.instructionSets, isBF16: isBF16, isLast: isLast)
                }
            }
        }
    }
}

/// One convolution: its tensors, and what the reference makes of them.
private struct Example {
    let window: Window
    let width: Int
    let x, dy, w, bias: Tensor<Float>
    let y, dx, dw: Tensor<Double>

    init(_ window: Window, width: Int, x: Shape, y: Shape) {
        (self.window, self.width) = (window, width)
        let groups = x[1] / width
        let filters: Shape = [x[1], width, window.kernel[0], window.kernel[1]]
        (self.x, dy, w) = (sample(x, seed: 1), sample(y, seed: 2), sample(filters, seed: 3))
        bias = Tensor<Float>.random([x[1]], seed: 4)
        var forward = Convolution(window, groups: groups, hasBias: true)
        forward.activation = .relu6
        let (xs, dys, ws) = (self.x.map(Double.init), dy.map(Double.init), w.map(Double.init))
        self.y = forward.forward([xs, ws, bias.map(Double.init)])[0]
        dx = ConvolutionBackwardData(window, groups: groups, inputShape: x).forward([dys, ws])[0]
        dw =
            ConvolutionBackwardWeights(window, groups: groups, weightShape: filters, hasBias: false)
            .forward([xs, dys])[0]
    }

    func check(_ instructionSets: [fovea_instruction_set], isBF16: Bool, isLast: Bool) {
        for instructions in instructionSets {
            let block = fovea_grouped_block(isBF16 ? 1 : 0, instructions)
            guard block > 0 else { continue }
            let name = "\(x.shape), \(width) in a group, \(window.text), \(instructions)"
            let first = run(shape(1, block, isBF16, isLast, instructions), name)
            let again = run(shape(3, block, isBF16, isLast, instructions), name)
            #expect(first == again, "\(name): other bits with three threads")
        }
    }

    private func shape(
        _ threads: Int32, _ block: Int32, _ isBF16: Bool, _ isLast: Bool, _ instructions: fovea_instruction_set
    ) -> fovea_grouped {
        func pair(_ value: SIMD2<Int>) -> (Int64, Int64) { (Int64(value[0]), Int64(value[1])) }
        return fovea_grouped(
            n: 3, c: Int64(x.shape[1]), width: Int64(width), h: Int64(x.shape[2]), w: Int64(x.shape[3]),
            y_h: Int64(dy.shape[2]), y_w: Int64(dy.shape[3]), kernel: pair(window.kernel), stride: pair(window.stride),
            dilation: pair(window.dilation), before: pair(window.paddingBefore), block: block,
            channels_last: isLast ? 1 : 0, is_bf16: isBF16 ? 1 : 0, threads: threads, instructions: instructions)
    }

    /// All three results, which begin as what is not a number, as scratch memory does; compared on the way.
    private func run(_ shape: fovea_grouped, _ name: String) -> [[UInt8]] {
        withUnsafePointer(to: shape) { shape in
            guard fovea_grouped_suits(shape) != 0 else {
                #expect(width % 2 == 1 || width > 2 * shape.pointee.block, "\(name) is not taken")
                return []
            }
            let isBF16 = shape.pointee.is_bf16 != 0
            let block = shape.pointee.channels_last != 0 ? 0 : Int(shape.pointee.block)
            // What fills up a block of x reaches lanes that are not channels alone.
            let maps = [x, dy].map { MapBytes($0, block: block, isBF16: isBF16, filling: 0) }
            let bytes = maps.map(\.bytes)
            let filters: [UInt8] =
                isBF16
                ? w.elements.map { UInt16($0.bitPattern >> 16) }.withUnsafeBytes(Array.init)
                : w.elements.withUnsafeBytes(Array.init)
            var results = bytes.map { [UInt8](repeating: 0xFF, count: $0.count) }
            var filterGradient = [Float](repeating: .nan, count: w.shape.count)
            func scratch(_ kind: fovea_grouped_kind) -> [UInt8] {
                [UInt8](repeating: 0xFF, count: fovea_grouped_scratch(shape, kind))
            }
            var (a, b, c) = (
                scratch(FOVEA_GROUPED_FORWARD), scratch(FOVEA_GROUPED_INPUT_GRADIENT),
                scratch(FOVEA_GROUPED_FILTER_GRADIENT)
            )
            fovea_grouped_convolve(shape, bytes[0], filters, bias.elements, 0, 6, &results[1], &a)
            fovea_grouped_input_gradient(shape, bytes[1], filters, &results[0], &b)
            fovea_grouped_filter_gradient(shape, bytes[0], bytes[1], &filterGradient, &c)
            for (which, map, result, expected) in [
                ("dx", maps[0], results[0], dx), ("y", maps[1], results[1], y),
            ] {
                let (computed, filling) = map.read(result)
                let mismatch = computed.mismatch(with: expected, tolerance: isBF16 ? 0x1p-8 : 1e-5)
                #expect(mismatch == nil, "\(which) of \(name): \(mismatch ?? "")")
                #expect(filling.allSatisfy { $0 == 0 }, "\(which) of \(name): padding")
            }
            let mismatch = Tensor<Double>(dw.shape, filterGradient.map(Double.init))
                .mismatch(with: dw, tolerance: 1e-5)
            #expect(mismatch == nil, "dw of \(name): \(mismatch ?? "")")
            return results + [filterGradient.withUnsafeBytes(Array.init)]
        }
    }
}
