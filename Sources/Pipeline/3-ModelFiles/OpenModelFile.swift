// A model file whose card is checked and whose weights are still on disk. They are read straight to where they are used,
// while another thread computes their hash: the hash of a large network takes longer than reading it.

import Crypto
import FoveaTensorCore

/// An open model file.
package struct OpenModelFile: Sendable {
    /// What the weights are.
    package let card: ModelCard
    /// The tensors that lie in eight bits, and what one step is worth for each index of axis 0.
    package let steps: [String: [Float]]
    let file: SafeTensors

    /// Opens a file and checks everything before the weights. Throws a `Failure` of kind `.model`.
    package init(path: String) throws {
        file = try SafeTensors(path: path)
        card = try ModelFile.checkedCard(of: file)
        steps = card.quantization == nil ? [:] : try Self.steps(of: file)
    }

    /// Names and shapes of the weights, in the order of their bytes.
    package var contents: [(name: String, shape: Shape)] {
        file.entries.filter { !isStep($0.name) }.map { ($0.name, $0.shape) }
    }

    /// True if the tensor of this name says what the steps of another are worth.
    func isStep(_ name: String) -> Bool {
        name.hasSuffix("_scale") && steps[String(name.dropLast("_scale".count))] != nil
    }

    private static func steps(of file: SafeTensors) throws -> [String: [Float]] {
        var steps: [String: [Float]] = [:]
        for entry in file.entries where entry.dataType == .s8 {
            let scales = try file.tensor(StoredTensor.stepsName(of: entry.name))
            guard scales.shape == [entry.shape.rank > 0 ? entry.shape[0] : 0], scales.shape.count > 0,
                scales.elements.allSatisfy({ $0.isFinite && $0 > 0 })
            else {
                throw Failure(
                    .model,
                    "\(file.path): the steps of \(entry.name) \(entry.shape) are not a number above 0 for each row",
                    advice: SafeTensorsHeader.copyAgain)
            }
            steps[entry.name] = scales.elements
        }
        return steps
    }

    /// A tensor as floats, whatever it lies in; `seeing` is shown its bytes.
    func tensor(
        _ entry: SafeTensorsHeader.Entry, seeing: (UnsafeRawBufferPointer) -> Void
    ) throws -> Tensor<Float> {
        guard let steps = steps[entry.name] else { return try file.tensor(entry, seeing: seeing) }
        var elements = [Int8](repeating: 0, count: entry.shape.count)
        try elements.withUnsafeMutableBytes { try file.read(entry, into: $0) }
        elements.withUnsafeBytes(seeing)
        let size = max(1, entry.shape.count / steps.count)
        return Tensor(entry.shape, elements.indices.map { steps[$0 / size] * Float(elements[$0]) })
    }

    /// Reads every tensor to where `place` says; a tensor without a place is read and checked as well, and dropped. `owner`
    /// owns the places and is kept while their hash is computed; nobody may write there before it is known.
    /// Throws a `Failure` of kind `.model` if the file cannot be read.
    package func read(
        keeping owner: any AnyObject & Sendable, into place: (String) -> UnsafeMutableBufferPointer<Float>?
    ) throws -> Verification {
        let verification = Verification(path: file.path, expecting: file.metadata[ModelFile.Key.tensorHash])
        for entry in file.entries {
            if entry.dataType == .f32, let target = place(entry.name) {
                precondition(target.count == entry.shape.count, "\(entry.name) is read to a place of another size")
                try file.read(entry, into: UnsafeMutableRawBufferPointer(target))
                verification.add(UnsafeRawBufferPointer(target), keeping: owner)
            } else {
                let tensor = try tensor(entry) { bytes in verification.add(copying: bytes) }
                if let target = place(entry.name) { _ = target.update(from: tensor.elements) }
            }
        }
        verification.finish()
        return verification
    }
}
