// A tensor as a file holds it: floats as they are, or eight-bit steps with what each row's step is worth in a tensor beside.
// Floats stand first, so that they stay aligned whatever the eight-bit tensors' sizes.

import FoveaTensorCore

/// A tensor on its way into a file.
struct StoredTensor {
    let name: String
    let shape: Shape
    private let content: Content

    private enum Content {
        case floats([Float])
        case steps([Int8])
    }

    /// The name of the tensor that holds the steps of `name`.
    static func stepsName(of name: String) -> String { name + "_scale" }

    init(_ name: String, _ tensor: Tensor<Float>) {
        self.name = name
        shape = tensor.shape
        content = .floats(tensor.elements)
    }

    private init(_ name: String, _ tensor: Tensor<Float>, steps: [Float]) {
        let quantization = Quantization(.s8, scales: steps)
        let size = max(1, tensor.shape.count / steps.count)
        self.name = name
        shape = tensor.shape
        content = .steps(
            tensor.elements.indices.map { Int8(quantization.step(tensor.elements[$0], scale: steps[$0 / size])) })
    }

    var dataType: DataType {
        switch content {
        case .floats: .f32
        case .steps: .s8
        }
    }

    /// The bytes, for the length of `body`.
    func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        switch content {
        case .floats(let elements): try elements.withUnsafeBytes(body)
        case .steps(let elements): try elements.withUnsafeBytes(body)
        }
    }

    /// What a file of these tensors holds; those with steps in eight bits, behind all others.
    static func all(of tensors: [(name: String, tensor: Tensor<Float>)], steps: [String: [Float]]) -> [StoredTensor] {
        var floats: [StoredTensor] = []
        var whole: [StoredTensor] = []
        for (name, tensor) in tensors {
            guard let own = steps[name] else {
                floats.append(StoredTensor(name, tensor))
                continue
            }
            floats.append(StoredTensor(stepsName(of: name), Tensor([own.count], own)))
            whole.append(StoredTensor(name, tensor, steps: own))
        }
        return floats + whole
    }
}
