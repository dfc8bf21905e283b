// Whole numbers for real ones: rounding, cutting off, and the steps of filters.

import FoveaTensorCore
import Testing

@Suite struct QuantizationTests {
    @Test func `numbers become the nearest step, ties the even one, and are cut off at the limits`() {
        let signed = Quantization(.s8, scales: [0.5])
        let x = Tensor<Float>([8], [0, 0.24, 0.25, 0.75, -0.74, 63.4, 1000, -1000])
        #expect(signed.rounded(x).elements == [0, 0, 0, 1, -0.5, 63.5, 63.5, -63.5])
        let unsigned = Quantization(.u8, scales: [0.5])
        #expect(unsigned.rounded(x).elements == [0, 0, 0, 1, 0, 63.5, 127.5, 0])
        #expect((signed.bound, unsigned.bound) == (63.5, 127.5))
    }

    @Test func `each filter has its own step, and its largest number is exact`() {
        let w = Tensor<Float>([3, 2, 1, 1], [1, -0.5, 0.01, 0.02, 0, 0])
        let quantization = Quantization.filters(w)
        #expect(quantization.scales == [1 / 127, 0.02 / 127, 1])
        let rounded = quantization.rounded(w).elements
        #expect(abs(rounded[0] - 1) < 1e-6 && abs(rounded[3] - 0.02) < 1e-8)
        for (new, old) in zip(rounded[0..<2], w.elements) { #expect(abs(new - old) <= 0.5 / 127 + 1e-6) }
        #expect(abs(rounded[2] - 0.01) <= 0.01 / 127 + 1e-8)
        #expect(rounded[4...] == [0, 0])
    }

    @Test func `rounding twice changes nothing`() {
        var stream = RandomStream(seed: 4, purpose: .testing)
        let w = Tensor<Float>([5, 40], (0..<200).map { _ in stream.normal() })
        let quantization = Quantization.filters(w)
        let once = quantization.rounded(w)
        #expect(once != w && quantization.rounded(once) == once)
    }
}
