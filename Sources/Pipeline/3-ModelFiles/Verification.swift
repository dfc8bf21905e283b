// The hash of a model file's weights, computed beside other work. Whoever uses the weights asks for it first.

import Crypto
import Dispatch
import FoveaTensorCore

/// Whether weights that were read are those that were saved.
package final class Verification: Sendable {
    private let path: String
    private let expected: String?
    private let state: State
    /// One piece after the other, in the order in which they were added.
    private let queue = DispatchQueue(label: "fovea.verification", qos: .userInitiated)

    private final class State: @unchecked Sendable {
        // @unchecked: used on the queue only.
        var hasher = SHA256()
        var digest: String?
    }

    /// Bytes that somebody keeps alive and unchanged.
    private struct Piece: @unchecked Sendable {
        // @unchecked: the bytes are not written while they are hashed; see `OpenModelFile.read`.
        let bytes: UnsafeRawBufferPointer
        let owner: any AnyObject & Sendable
    }

    init(path: String, expecting expected: String?) {
        self.path = path
        self.expected = expected
        state = State()
    }

    func add(_ bytes: UnsafeRawBufferPointer, keeping owner: any AnyObject & Sendable) {
        let piece = Piece(bytes: bytes, owner: owner)
        queue.async { [state] in
            withExtendedLifetime(piece) { state.hasher.update(bufferPointer: piece.bytes) }
        }
    }

    func add(copying bytes: UnsafeRawBufferPointer) {
        let copy = [UInt8](bytes)
        queue.async { [state] in state.hasher.update(data: copy) }
    }

    func finish() {
        queue.async { [state] in state.digest = ModelFile.hexadecimal(state.hasher.finalize()) }
    }

    /// Waits for the hash. Throws a `Failure` of kind `.model` if it is not the one that was saved.
    package func check() throws {
        guard queue.sync(execute: { state.digest }) == expected else { throw ModelFile.changedWeights(path) }
    }
}
