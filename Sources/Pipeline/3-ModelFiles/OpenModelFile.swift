// A model file whose card is checked and whose weights are still on disk. They are read straight to where they are used,
// while another thread computes their hash: the hash of a large network takes longer than reading it.

import Crypto
import FoveaTensorCore

/// An open model file.
package struct OpenModelFile: Sendable {
    /// What the weights are.
    package let card: ModelCard
    let file: SafeTensors

    /// Opens a file and checks everything before the weights. Throws a `Failure` of kind `.model`.
    package init(path: String) throws {
        file = try SafeTensors(path: path)
        card = try ModelFile.checkedCard(of: file)
    }

    /// Names and shapes of the tensors, in the order of their bytes.
    package var contents: [(name: String, shape: Shape)] { file.entries.map { ($0.name, $0.shape) } }

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
                let tensor = try file.tensor(entry) { bytes in verification.add(copying: bytes) }
                if let target = place(entry.name) { _ = target.update(from: tensor.elements) }
            }
        }
        verification.finish()
        return verification
    }
}
