// Tensors of a weight file under the names that the file gives them, whatever its format: names and shapes are known,
// elements are read when asked for. Every reader of other people's files ends in this value; it judges nothing.

import FoveaTensorCore

/// The tensors of a file.
package struct NamedWeights: Sendable {
    /// One tensor: its name may be cut down (`module.fc.weight` to `fc.weight`), its place in the file stays.
    package struct Entry: Sendable {
        package var name: String
        package let shape: Shape
        /// Whether it holds fractions; whole numbers are counters or steps of a quantised network.
        package let isFloat: Bool
        fileprivate let read: @Sendable () throws -> Tensor<Float>

        package init(
            name: String, shape: Shape, isFloat: Bool = true, read: @escaping @Sendable () throws -> Tensor<Float>
        ) {
            self.name = name
            self.shape = shape
            self.isFloat = isFloat
            self.read = read
        }
    }

    /// What messages call the file.
    package let file: String
    /// All tensors, each name once.
    package private(set) var entries: [Entry]
    /// What was found around the tensors, in sentences: which of several sets was taken, which prefix was cut off.
    package var notes: [String]
    /// Whether they are known to be TensorFlow's, for networks that pad as it does, which no shape shows.
    let isOfTensorFlow: Bool
    private var index: [String: Int]

    /// Of tensors of the same name the first one counts.
    package init(file: String, entries: [Entry], isOfTensorFlow: Bool = false, notes: [String] = []) {
        self.file = file
        self.isOfTensorFlow = isOfTensorFlow
        self.notes = notes
        self.entries = []
        index = [:]
        for entry in entries where index[entry.name] == nil {
            index[entry.name] = self.entries.count
            self.entries.append(entry)
        }
    }

    /// Tensors in memory.
    package init(file: String, tensors: [(name: String, tensor: Tensor<Float>)]) {
        self.init(
            file: file,
            entries: tensors.map { pair in Entry(name: pair.name, shape: pair.tensor.shape) { pair.tensor } })
    }

    /// The tensors of an open safetensors file.
    package init(_ file: SafeTensors) {
        self.init(
            file: file.path,
            entries: file.entries.map { entry in
                Entry(name: entry.name, shape: entry.shape, isFloat: entry.dataType.isFloat) { try file.tensor(entry) }
            })
    }

    /// The shape of the tensor of this name, if there is one.
    package func shape(_ name: String) -> Shape? { index[name].map { entries[$0].shape } }

    /// Reads a tensor. Throws a `Failure` of kind `.model` if it cannot be read, or holds whole numbers.
    package func tensor(_ name: String) throws -> Tensor<Float> {
        guard let position = index[name] else { throw Failure(.model, "\(file): there is no tensor \(name)") }
        return try entries[position].read()
    }
}

extension DataType {
    /// True for types that hold fractions.
    var isFloat: Bool {
        switch self {
        case .f64, .f32, .f16, .bf16: true
        case .s64, .s32, .s8, .u8: false
        }
    }
}
