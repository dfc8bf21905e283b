// Maps as our kernels see them: in blocks of channels or with channels last, in f32 or bf16.

import FoveaTensorCore

/// A map as kernels see it.
struct MapBytes {
    let shape: Shape
    /// 0 for channels last.
    let block: Int
    let isBF16: Bool
    var elements: [Float]

    /// What fills up the last block.
    init(_ tensor: Tensor<Float>, block: Int, isBF16: Bool, filling: Float) {
        (shape, self.block, self.isBF16) = (tensor.shape, block, isBF16)
        let channels = block == 0 ? shape[1] : (shape[1] + block - 1) / block * block
        elements = [Float](repeating: filling, count: shape[0] * channels * shape[2] * shape[3])
        for index in 0..<shape.count { elements[place(index)] = tensor.elements[index] }
    }

    /// Where an element lies, given its place in row-major order.
    private func place(_ index: Int) -> Int {
        let (c, plane) = (shape[1], shape[2] * shape[3])
        let (n, channel, pixel) = (index / plane / c, index / plane % c, index % plane)
        if block == 0 { return (n * plane + pixel) * c + channel }
        let blocks = (c + block - 1) / block
        return ((n * blocks + channel / block) * plane + pixel) * block + channel % block
    }

    var bytes: [UInt8] {
        guard isBF16 else { return elements.withUnsafeBytes(Array.init) }
        return elements.map { UInt16($0.bitPattern >> 16) }.withUnsafeBytes(Array.init)
    }

    /// The tensor that these bytes are, and what fills up its blocks.
    func read(_ bytes: [UInt8]) -> (tensor: Tensor<Double>, filling: [Double]) {
        let numbers = bytes.withUnsafeBytes { raw in
            isBF16
                ? raw.bindMemory(to: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
                : Array(raw.bindMemory(to: Float.self))
        }
        let places = (0..<shape.count).map(place)
        let rest = Set(numbers.indices).subtracting(places)
        return (Tensor(shape, places.map { Double(numbers[$0]) }), rest.map { Double(numbers[$0]) })
    }
}
