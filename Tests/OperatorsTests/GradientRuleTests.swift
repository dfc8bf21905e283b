// Every operator's gradient rule against central differences in Double, to 1e-6 of the largest gradient.

import FoveaGraph
import FoveaOperators
import FoveaTensorCore
import FoveaTestSupport
import Testing

private typealias Numbers = Tensor<Double>

@Suite struct GradientRuleTests {
    /// A convolution or pooling over a batch.
    struct Sweep: Sendable, CustomTestStringConvertible {
        var batch, channels, outputs, kernel, stride, padding, dilation, groups: Int
        var size: SIMD2<Int>
        var testDescription: String {
            "\(batch)x\(channels)x\(size[0])x\(size[1]) to \(outputs), "
                + "\(kernel)x\(kernel) s\(stride) p\(padding) d\(dilation) g\(groups)"
        }

        init(
            _ batch: Int, _ channels: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
            dilation: Int = 1, groups: Int = 1, size: SIMD2<Int> = SIMD2(7, 6)
        ) {
            (self.batch, self.channels, self.outputs, self.kernel) = (batch, channels, outputs, kernel)
            (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
            self.size = size
        }

        var window: Window { Window(kernel, stride: stride, padding: padding, dilation: dilation) }
        var x: Shape { [batch, channels, size[0], size[1]] }
    }

    static let convolutions =
        [1, 3, 16, 17, 64].flatMap { channels in
            [
                Sweep(1, channels, 3, kernel: 3, padding: 1), Sweep(3, channels, 17, kernel: 1),
                Sweep(1, channels, channels, kernel: 3, stride: 2, padding: 1, groups: channels),
                Sweep(3, channels, 2 * channels, kernel: 5, padding: 2, groups: channels, size: SIMD2(5, 8)),
            ]
        } + [
            Sweep(3, 3, 16, kernel: 7, stride: 2, padding: 3, size: SIMD2(11, 9)),
            Sweep(1, 16, 64, kernel: 2, stride: 3, padding: 1), Sweep(1, 4, 3, kernel: 3, padding: 2, dilation: 2),
            Sweep(3, 6, 4, kernel: 2, stride: 2, padding: 1, dilation: 3, size: SIMD2(9, 8)),
            Sweep(1, 64, 64, kernel: 3, padding: 1, groups: 4), Sweep(3, 12, 8, kernel: 1, stride: 2, groups: 2),
        ]

    @Test(arguments: convolutions)
    func `convolution's gradients are its slopes`(_ sweep: Sweep) throws {
        for hasBias in [false, true] {
            let w = Numbers.random(
                [sweep.outputs, sweep.channels / sweep.groups, sweep.kernel, sweep.kernel], seed: 2)
            let inputs = [Numbers.random(sweep.x, seed: 1), w] + (hasBias ? [.random([sweep.outputs], seed: 3)] : [])
            let convolution = Convolution(sweep.window, groups: sweep.groups, hasBias: hasBias)
            try GradientCheck(convolution, inputs).verify()
        }
    }

    @Test func `a window with unequal sides and borders has its slopes`() throws {
        var window = Window(3, stride: 2, padding: 1)
        window.kernel = SIMD2(3, 2)
        window.stride = SIMD2(1, 2)
        window.paddingAfter = SIMD2(0, 2)
        let x = Numbers.distinct([2, 3, 6, 7], seed: 1)
        try GradientCheck(Convolution(window), [x, .random([4, 3, 3, 2], seed: 2)]).verify()
        window.paddingAfter = SIMD2(0, 1)
        try GradientCheck(MaxPooling(window), [x]).verify()
        try GradientCheck(AveragePooling(window), [x]).verify()
        try GradientCheck(AveragePooling(window, countsPadding: false), [x]).verify()
    }

    @Test(arguments: [(1, 1, 1), (3, 3, 17), (3, 16, 3), (1, 17, 64), (3, 64, 10)])
    func `a fully connected layer's gradients are its slopes`(batch: Int, features: Int, outputs: Int) throws {
        let inputs = [
            Numbers.random([batch, features], seed: 1), .random([outputs, features], seed: 2),
            .random([outputs], seed: 3),
        ]
        try GradientCheck(FullyConnected(hasBias: true), inputs).verify()
        try GradientCheck(FullyConnected(hasBias: false), Array(inputs.prefix(2))).verify()
    }

    @Test(arguments: [(3, 1), (1, 3), (3, 16), (1, 17), (3, 64)], [nil] + Activation.Kind.allCases)
    func `batch norm's gradients are its slopes, with and without a fused activation`(
        size: (Int, Int), activation: Activation.Kind?
    ) throws {
        var norm = BatchNormTraining()
        norm.activation = activation
        let c: Shape = [size.1]
        let inputs = [
            Numbers.distinct([size.0, size.1, 3, 5], seed: 1), .random(c, seed: 2, from: 0.5, to: 1.5),
            .random(c, seed: 3), .random(c, seed: 4), .random(c, seed: 5, from: 0.5, to: 1.5),
        ]
        try GradientCheck(norm, inputs, differentiable: [0, 1, 2]).verify()
        var fixed = BatchNormInference()
        fixed.activation = activation
        try GradientCheck(fixed, inputs, differentiable: [0, 1, 2]).verify()
    }

    @Test(arguments: [
        Sweep(3, 1, 1, kernel: 2, stride: 2), Sweep(1, 3, 3, kernel: 3, stride: 2, padding: 1),
        Sweep(3, 16, 16, kernel: 3, padding: 1), Sweep(1, 17, 17, kernel: 3, stride: 3),
        Sweep(1, 64, 64, kernel: 5, stride: 2, padding: 2, size: SIMD2(9, 7)),
        Sweep(1, 3, 3, kernel: 2, padding: 1, dilation: 2),
    ])
    func `poolings' gradients are their slopes`(_ sweep: Sweep) throws {
        let x = Numbers.distinct(sweep.x, seed: 1)
        try GradientCheck(MaxPooling(sweep.window), [x]).verify()
        for countsPadding in [true, false] {
            let pooling = AveragePooling(sweep.window, countsPadding: countsPadding)
            try GradientCheck(pooling, [x]).verify()
        }
        try GradientCheck(GlobalAveragePooling(), [x]).verify()
    }

    @Test(arguments: [SIMD2(7, 7), SIMD2(1, 1), SIMD2(3, 16), SIMD2(9, 7), SIMD2(14, 21), SIMD2(16, 2)], [7, 6, 1])
    func `adaptive pooling's gradient is its slope, with windows that are equal, overlap or repeat`(
        size: SIMD2<Int>, extent: Int
    ) throws {
        for channels in [1, 3, 17] {
            let x = Numbers.random([2, channels, size[0], size[1]], seed: 1)
            try GradientCheck(AdaptiveAveragePooling(SIMD2(repeating: extent)), [x]).verify()
        }
        let x = Numbers.random([1, 2, size[0], size[1]], seed: 1)
        try GradientCheck(AdaptiveAveragePooling(SIMD2(extent, 4)), [x]).verify()
    }

    @Test(arguments: Activation.Kind.allCases)
    func `activations' gradients are their slopes`(_ kind: Activation.Kind) throws {
        // Away from the kinks at 0, 3, -3 and 6: every element is an odd multiple of 1/8.
        let x = Numbers.distinct([2, 7, 8], seed: 1).map { $0 * 14 }
        try GradientCheck(Activation(kind), [x]).verify()
    }

    @Test func `sums and products have their slopes`() throws {
        let a = Numbers.random([3, 17, 3, 2], seed: 1)
        try GradientCheck(Add(), [a, .random(a.shape, seed: 2)]).verify()
        try GradientCheck(Multiply(), [a, .random(a.shape, seed: 2)]).verify()
        try GradientCheck(Multiply(), [a, .random([3, 17, 1, 1], seed: 2)]).verify()
        try GradientCheck(Multiply(), [a, .random([1, 17, 1, 1], seed: 2)]).verify()
        try GradientCheck(Multiply(), [.random([3, 5], seed: 1), .random([3, 5], seed: 2)]).verify()
    }

    @Test(arguments: [3, 16, 17, 64])
    func `layer norm's gradients are its slopes`(channels: Int) throws {
        let inputs = [
            Numbers.random([2, channels, 3, 2], seed: 1), .random([channels], seed: 2, from: 0.5, to: 1.5),
            .random([channels], seed: 3),
        ]
        try GradientCheck(LayerNorm(epsilon: 1e-6), inputs).verify()
    }

    @Test(arguments: [(4, 2), (16, 4), (34, 17), (64, 2), (3, 1)])
    func `a shuffle's gradient goes back to where it came from`(channels: Int, groups: Int) throws {
        try GradientCheck(ChannelShuffle(groups: groups), [.random([2, channels, 3, 2], seed: 1)]).verify()
    }

    @Test func `concat, slices and reshapes hand gradients to where they came from`() throws {
        let parts = [1, 16, 17].map { Numbers.random([3, $0, 2, 3], seed: $0) }
        try GradientCheck(Concat(), parts).verify()
        try GradientCheck(Concat(), [.random([2, 3], seed: 1), .random([2, 5], seed: 2)]).verify()
        for (start, count) in [(0, 3), (5, 12), (16, 1), (0, 17)] {
            try GradientCheck(ChannelSlice(start: start, count: count), [parts[2]]).verify()
            if count < 17 { try GradientCheck(ChannelSplit([count, 17 - count]), [parts[2]]).verify() }
        }
        try GradientCheck(Reshape([3, 102]), [parts[2]]).verify()
    }

    @Test func `dropout's gradient draws the mask of the forward pass again`() throws {
        for (rate, salt) in [(Float(0.5), 0), (0.1, 7)] {
            let inputs = [Numbers.random([3, 17, 3], seed: 1), Numbers([2], [4321, 17])]
            try GradientCheck(Dropout(rate: rate, salt: salt), inputs, differentiable: [0]).verify()
            try GradientCheck(StochasticDepth(rate: rate, salt: salt), inputs, differentiable: [0]).verify()
        }
    }

    @Test(arguments: [0, 0.1] as [Float], [false, true])
    func `cross entropy's gradient is its slope`(smoothing: Float, weighted: Bool) throws {
        for (batch, classes) in [(1, 2), (3, 17), (16, 3)] {
            let weights = weighted ? Tensor<Float>.random([classes], seed: 4, from: 0.5, to: 2).elements : nil
            let inputs = [
                Numbers.random([batch, classes], seed: 1, from: -3, to: 3),
                .random([batch, classes], seed: 2, from: 0, to: 1), .random([batch], seed: 3, from: 0.1, to: 2),
            ]
            let loss = SoftmaxCrossEntropy(labelSmoothing: smoothing, classWeights: weights)
            try GradientCheck(loss, inputs, differentiable: [0]).verify()
        }
    }
}
