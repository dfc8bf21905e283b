// Our kernels for max pooling, forward and backward, against the operators in Double: in f32 and bf16, in blocks of channels
// and with channels last, where several elements are the largest, and where one is no number.

import CKernels
import FoveaOperators
import FoveaTensorCore
import FoveaTestSupport
import Testing

@Suite struct MaxPoolingKernelTests {
    private static let windows = [
        Window(2, stride: 2), Window(3, stride: 2, padding: 1), Window(3, padding: 1), Window(3, stride: 2),
        Window(5, stride: 3, padding: 2), Window(1, stride: 2),
    ]
    private static let extents = [(8, 8), (7, 9), (5, 21)]

    @Test(arguments: [false, true], [false, true])
    func `max pooling and its gradient agree with the reference`(isBF16: Bool, isLast: Bool) throws {
        for channels in [1, 16, 20, 40] {
            for window in Self.windows {
                for (height, width) in Self.extents {
                    let x: Shape = [2, channels, height, width]
                    let extent = try window.outputExtent(x)
                    check(window, x, [2, channels, extent[0], extent[1]], isBF16: isBF16, isLast: isLast)
                }
            }
        }
    }

    private func check(_ window: Window, _ xShape: Shape, _ yShape: Shape, isBF16: Bool, isLast: Bool) {
        // Few levels, so that windows have several largest elements, and whole numbers, whose sums bf16 holds exactly.
        var x = Tensor<Float>.random(xShape, seed: 1).map { ($0 * 3).rounded() }
        x.elements[xShape.count / 2] = .nan
        let dy = Tensor<Float>.random(yShape, seed: 2).map { ($0 * 4).rounded() }
        let (xMap, dyMap) = (
            MapBytes(x, block: isLast ? 0 : 16, isBF16: isBF16, filling: 0),
            MapBytes(dy, block: isLast ? 0 : 16, isBF16: isBF16, filling: 0)
        )
        var pooling = fovea_max_pooling(
            n: 2, c: Int64(xShape[1]), height: Int64(xShape[2]), width: Int64(xShape[3]), rows: Int64(yShape[2]),
            columns: Int64(yShape[3]), kernel: (Int64(window.kernel[0]), Int64(window.kernel[1])),
            stride: (Int64(window.stride[0]), Int64(window.stride[1])),
            padding: (Int64(window.paddingBefore[0]), Int64(window.paddingBefore[1])),
            has_channels_last: isLast ? 1 : 0, is_bf16: isBF16 ? 1 : 0)
        var y = [UInt8](repeating: 0xFF, count: dyMap.bytes.count)
        var dx = [UInt8](repeating: 0xFF, count: xMap.bytes.count)
        var winners = [UInt8](repeating: 0xFF, count: Int(fovea_max_pooling_winners(&pooling)))
        fovea_max_pool(&pooling, xMap.bytes, &y, &winners)
        fovea_max_pool_backward(&pooling, dyMap.bytes, winners, &dx)
        var alone = [UInt8](repeating: 0xFF, count: y.count)
        fovea_max_pool(&pooling, xMap.bytes, &alone, nil)

        let expected = MaxPooling(window).forward([x.map(Double.init)])
        let gradient = MaxPoolingBackward(window, inputShape: xShape).forward([dy.map(Double.init), expected[1]])[0]
        let (result, filling) = dyMap.read(y)
        let same = zip(result.elements, expected[0].elements).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
        let (found, rest) = xMap.read(dx)
        let what = "\(window.text) of \(xShape), bf16 \(isBF16), channels last \(isLast)"
        #expect(same, "y: \(what)")
        #expect(alone == y, "y without winners: \(what)")
        #expect(found.elements == gradient.elements, "dx: \(what)")
        #expect(filling.allSatisfy { $0 == 0 } && rest.allSatisfy { $0 == 0 }, "what fills up blocks: \(what)")
    }
}
