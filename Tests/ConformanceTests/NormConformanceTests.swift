// The kernels of batch norm in training, with and without an activation, against the reference in Double: in every layout
// that they know, in f32 and bf16, for channels that fill their blocks and channels that do not.

import CKernels
import FoveaGraph
import FoveaOneDNNBackend
import FoveaOperators
import FoveaTensorCore
import FoveaTestSupport
import Testing

/// Where the element of picture n, channel c, position p lies.
private struct Layout: Sendable, CustomTestStringConvertible {
    let kind: fovea_norm_layout
    let testDescription: String
    /// Channels of a block; nil for channels last.
    let block: Int?

    static let all = [
        Layout(kind: FOVEA_NORM_PLAIN, testDescription: "row-major", block: 1),
        Layout(kind: FOVEA_NORM_BLOCKS_OF_8, testDescription: "blocks of 8", block: 8),
        Layout(kind: FOVEA_NORM_BLOCKS_OF_16, testDescription: "blocks of 16", block: 16),
        Layout(kind: FOVEA_NORM_CHANNELS_LAST, testDescription: "channels last", block: nil),
    ]

    func count(_ n: Int, _ c: Int, _ positions: Int) -> Int {
        n * positions * (block.map { (c + $0 - 1) / $0 * $0 } ?? c)
    }

    func place(_ n: Int, _ c: Int, _ p: Int, channels: Int, positions: Int) -> Int {
        guard let block else { return (n * positions + p) * channels + c }
        let blocks = (channels + block - 1) / block
        return ((n * blocks + c / block) * positions + p) * block + c % block
    }
}

/// Maps as a kernel sees them.
private struct Maps {
    let layout: Layout
    let shape: Shape
    let isBF16: Bool
    var bytes: [UInt8]

    init(_ tensor: Tensor<Float>, _ layout: Layout, isBF16: Bool) {
        self.layout = layout
        shape = tensor.shape
        self.isBF16 = isBF16
        bytes = [UInt8](
            repeating: 0, count: layout.count(shape[0], shape[1], shape[2] * shape[3]) * (isBF16 ? 2 : 4))
        let places = places
        bytes.withUnsafeMutableBytes { memory in
            for (element, place) in zip(tensor.elements, places) {
                if isBF16 {
                    memory.bindMemory(to: UInt16.self)[place] = UInt16(element.bitPattern >> 16)
                } else {
                    memory.bindMemory(to: Float.self)[place] = element
                }
            }
        }
    }

    private var places: [Int] {
        let (channels, positions) = (shape[1], shape[2] * shape[3])
        return (0..<shape.count).map {
            layout.place(
                $0 / positions / channels, $0 / positions % channels, $0 % positions, channels: channels,
                positions: positions)
        }
    }

    var tensor: Tensor<Double> {
        bytes.withUnsafeBytes { memory in
            Tensor(
                shape,
                places.map {
                    isBF16
                        ? Double(Float(bitPattern: UInt32(memory.bindMemory(to: UInt16.self)[$0]) << 16))
                        : Double(memory.bindMemory(to: Float.self)[$0])
                })
        }
    }

    /// True if what fills up the last block is 0.
    var hasCleanPadding: Bool {
        let size = isBF16 ? 2 : 4
        var rest = bytes
        for place in places { for byte in 0..<size { rest[place * size + byte] = 0 } }
        return rest.allSatisfy { $0 == 0 }
    }
}

@Suite struct NormConformanceTests {
    /// Positions below, at and above a row of 16 and a chunk of 256 rows.
    private static let shapes: [Shape] =
        [1, 3, 16, 17, 64].flatMap { [[3, $0, 1, 1], [2, $0, 5, 7]] as [Shape] } + [
            [2, 3, 67, 63], [1, 17, 19, 17], [3, 16, 16, 17], [5, 40, 3, 3],
        ]
    private static let activations: [(Activation.Kind?, fovea_norm_activation)] = [
        (nil, FOVEA_NORM_IDENTITY), (.relu, FOVEA_NORM_RELU), (.relu6, FOVEA_NORM_RELU6), (.silu, FOVEA_NORM_SILU),
        (.hardSwish, FOVEA_NORM_HARD_SWISH),
    ]
    private static let library = Result { try OneDNNLibrary() }

    /// What the kernels are given: maps far from 0 and of their own size in every channel.
    private struct Sample {
        var x, dy: Tensor<Float>
        let scale, shift: Tensor<Float>

        init(_ shape: Shape, _ activation: Activation.Kind?, isBF16: Bool) {
            let c: Shape = [shape[1]]
            let offsets = Tensor<Float>.random(c, seed: 3, from: -20, to: 20)
            x = .random(shape, seed: 1, from: -3, to: 3)
            dy = .random(shape, seed: 2)
            (scale, shift) = (.random(c, seed: 4, from: 1, to: 4), .random(c, seed: 5, from: -1, to: 3))
            let positions = shape[2] * shape[3]
            for index in x.elements.indices { x.elements[index] += offsets.elements[index / positions % shape[1]] }
            if isBF16 {
                x = x.map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
                dy = dy.map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
            }
            // A number within rounding of a kink may lie on either side of it.
            let z = BatchNormTraining().forward(forwardInputs)[0].elements
            for index in z.indices where [-3, 0, 3, 6].contains(where: { (z[index] - $0).magnitude < 1e-4 }) {
                dy.elements[index] = 0
            }
        }

        var forwardInputs: [Tensor<Double>] {
            let c: Shape = [x.shape[1]]
            return [x, scale, shift].map { $0.map(Double.init) } + [Tensor(c, repeating: 0), Tensor(c, repeating: 1)]
        }
    }

    /// What the kernels give.
    private struct Results: Equatable {
        var y, dx: [UInt8]
        /// With the same statistics given.
        var fixedY, fixedDx: [UInt8]
        var numbers: [[Float]]
    }

    private static func run(_ sample: Sample, _ norm: fovea_norm, _ x: Maps, _ dy: Maps) -> Results {
        let c = sample.x.shape[1]
        let nothing = [Float](repeating: .nan, count: c)
        var (mean, variance, dscale, dshift) = (nothing, nothing, nothing, nothing)
        var (fixedScale, fixedShift) = (nothing, nothing)
        var y = [UInt8](repeating: 0xFF, count: x.bytes.count)
        var dx = dy.bytes
        var (fixedY, fixedDx) = (y, dx)
        withUnsafePointer(to: norm) { norm in
            var scratch = [UInt8](repeating: 0xFF, count: fovea_norm_scratch(norm))
            let (scale, shift) = (sample.scale.elements, sample.shift.elements)
            fovea_norm_forward(norm, x.bytes, scale, shift, &y, &mean, &variance, &scratch)
            dx.withUnsafeMutableBytes {  // dx where dy was
                fovea_norm_backward(
                    norm, x.bytes, $0.baseAddress, mean, variance, scale, shift, $0.baseAddress, &dscale, &dshift,
                    &scratch)
            }
            scratch = [UInt8](repeating: 0xFF, count: scratch.count)
            fovea_norm_fixed_forward(norm, x.bytes, mean, variance, scale, shift, &fixedY, &scratch)
            fixedDx.withUnsafeMutableBytes {
                fovea_norm_fixed_backward(
                    norm, x.bytes, $0.baseAddress, mean, variance, scale, shift, $0.baseAddress, &fixedScale,
                    &fixedShift, &scratch)
            }
        }
        return Results(
            y: y, dx: dx, fixedY: fixedY, fixedDx: fixedDx,
            numbers: [mean, variance, dscale, dshift, fixedScale, fixedShift])
    }

    @Test(arguments: Layout.all, [false, true])
    private func `norm and activation agree with the reference`(_ layout: Layout, isBF16: Bool) throws {
        var found: [String] = []
        for shape in Self.shapes {
            for (activation, code) in Self.activations {
                let sample = Sample(shape, activation, isBF16: isBF16)
                var x = Maps(sample.x, layout, isBF16: isBF16)
                var dy = Maps(sample.dy, layout, isBF16: isBF16)
                let norm = fovea_norm(
                    n: Int64(shape[0]), c: Int64(shape[1]), positions: Int64(shape[2] * shape[3]),
                    layout: layout.kind, activation: code, is_bf16: isBF16 ? 1 : 0, epsilon: 1e-5)
                let results = try Self.library.get().perform { [x, dy] in
                    let all = Self.run(sample, norm, x, dy)
                    // The number of threads must not change a bit.
                    let threads = fovea_pool_threads()
                    fovea_set_pool_threads(1)
                    let single = Self.run(sample, norm, x, dy)
                    fovea_set_pool_threads(threads)
                    return all == single ? all : nil
                }
                guard let results else {
                    found.append("\(shape), \(code): one thread gives other bits than all")
                    continue
                }
                (x.bytes, dy.bytes) = (results.y, results.dx)
                var (fixedX, fixedDy) = (x, dy)
                (fixedX.bytes, fixedDy.bytes) = (results.fixedY, results.fixedDx)

                var operation = BatchNormTraining()
                operation.activation = activation
                let forward = operation.forward(sample.forwardInputs)
                let backwardInputs =
                    [sample.x.map(Double.init), sample.dy.map(Double.init), forward[1], forward[2]]
                    + sample.forwardInputs[1...2]
                let backward = BatchNormBackward(epsilon: 1e-5, activation: activation).forward(backwardInputs)
                let fixed = BatchNormBackward(epsilon: 1e-5, activation: activation, hasFixedStatistics: true)
                    .forward(backwardInputs)
                // bf16 keeps 8 bits; of two values a channel, or one a picture, dx is what rounding leaves of 0.
                let tolerance = isBF16 ? 0x1p-8 : 1e-5
                let numbers = results.numbers.map { Tensor([shape[1]], $0.map(Double.init)) }
                for (name, computed, expected, tolerance) in [
                    ("y", x.tensor, forward[0], tolerance), ("mean", numbers[0], forward[1], 1e-6),
                    ("variance", numbers[1], forward[2], 1e-5), ("dx", dy.tensor, backward[0], 10 * tolerance),
                    ("dscale", numbers[2], backward[1], 1e-5), ("dshift", numbers[3], backward[2], 1e-5),
                    ("fixed y", fixedX.tensor, forward[0], tolerance),
                    ("fixed dx", fixedDy.tensor, fixed[0], tolerance),
                    ("fixed dscale", numbers[4], fixed[1], 1e-5), ("fixed dshift", numbers[5], fixed[2], 1e-5),
                ] {
                    if let mismatch = computed.mismatch(with: expected, tolerance: tolerance) {
                        found.append("\(shape), \(code), \(name): \(mismatch)")
                    }
                }
                if ![x, dy, fixedX, fixedDy].allSatisfy(\.hasCleanPadding) {
                    found.append("\(shape), \(code): dirty padding")
                }
            }
        }
        #expect(found == [])
    }

    /// Each number a thousand deviations from 0: a sum of squares would have nothing left of the variance.
    @Test func `a variance survives a large mean`() throws {
        let shape: Shape = [4, 16, 20, 20]
        let x = Tensor<Float>.random(shape, seed: 1).map { $0 + 1000 }
        let norm = fovea_norm(
            n: 4, c: 16, positions: 400, layout: FOVEA_NORM_BLOCKS_OF_16, activation: FOVEA_NORM_IDENTITY, is_bf16: 0,
            epsilon: 1e-5)
        let maps = Maps(x, Layout.all[2], isBF16: false)
        let ones = [Float](repeating: 1, count: 16)
        var y = maps.bytes
        var (mean, variance) = (ones, ones)
        withUnsafePointer(to: norm) {
            var scratch = [UInt8](repeating: 0, count: fovea_norm_scratch($0))
            fovea_norm_forward($0, maps.bytes, ones, ones, &y, &mean, &variance, &scratch)
        }
        let c = Tensor<Double>([16], repeating: 1)
        let expected = BatchNormTraining().forward([x.map(Double.init), c, c, c, c])
        let computed = Tensor<Double>([16], variance.map(Double.init))
        #expect(computed.mismatch(with: expected[2], tolerance: 1e-5) == nil)
    }
}
