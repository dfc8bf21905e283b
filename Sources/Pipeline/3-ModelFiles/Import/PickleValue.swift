// What a pickle may hold for us: plain containers, plain values, and tensors whose elements lie elsewhere. There is no case
// for an object of a class: whatever would need one has been refused before.

import FoveaTensorCore

/// A value out of a pickle.
enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    /// A whole number beyond 64 bits, by its bytes, the lowest first.
    case largeInteger([UInt8])
    case number(Double)
    case text(String)
    case bytes([UInt8])
    case tuple(PickleSequence)
    /// Lists and sets.
    case list(PickleSequence)
    case dictionary(PickleDictionary)
    case tensor(TorchTensor)
    case storage(TorchStorage)
    /// The name of something that is known, not the thing itself.
    case global(PickleGlobal)
    /// Something without meaning for weights, such as the arguments of a training program, of which only the name is kept.
    case other(String)
}

/// A tuple, or a list that grows while it is referred to.
final class PickleSequence {
    fileprivate(set) var elements: [PickleValue]

    fileprivate init(_ elements: [PickleValue]) { self.elements = elements }

    func append(_ values: [PickleValue]) { elements += values }
}

/// A dictionary that grows while it is referred to; pairs in their order.
final class PickleDictionary {
    fileprivate(set) var pairs: [(key: PickleValue, value: PickleValue)] = []

    fileprivate init() {}

    func append(_ key: PickleValue, _ value: PickleValue) { pairs.append((key, value)) }

    /// The value under a text.
    subscript(_ key: String) -> PickleValue? {
        pairs.last { if case .text(key) = $0.key { true } else { false } }?.value
    }
}

/// Owns all containers of a pickle for as long as one of them is looked at, and empties them before it goes: a file may nest
/// them a million deep or in circles, and containers that let go of each other one inside the other would end the program.
final class PickleHeap {
    private var sequences: [PickleSequence] = []
    private var dictionaries: [PickleDictionary] = []

    deinit {
        for sequence in sequences { sequence.elements = [] }
        for dictionary in dictionaries { dictionary.pairs = [] }
    }

    func sequence(_ elements: [PickleValue] = []) -> PickleSequence {
        let made = PickleSequence(elements)
        sequences.append(made)
        return made
    }

    func dictionary() -> PickleDictionary {
        let made = PickleDictionary()
        dictionaries.append(made)
        return made
    }
}

/// A run of elements in a file.
struct TorchStorage: Sendable {
    /// How the file calls it.
    let key: String
    let element: TorchElement
    /// Elements.
    let count: Int
}

/// A tensor over a storage.
struct TorchTensor: Sendable {
    let storage: TorchStorage
    /// What the elements are; another than the storage's where that is untyped.
    let element: TorchElement
    /// Elements before the first.
    let offset: Int
    let shape: Shape
    /// In elements, one for each dimension.
    let strides: [Int]
}

/// The types of elements that PyTorch saves.
struct TorchElement: Sendable, Equatable {
    /// PyTorch's name, such as `float32`.
    let name: String
    let byteCount: Int
    /// The type as weights; nil for whole numbers and others that no weights are.
    let dataType: DataType?

    private static let all: [(storage: String, element: TorchElement)] = [
        ("DoubleStorage", .init(name: "float64", byteCount: 8, dataType: .f64)),
        ("FloatStorage", .init(name: "float32", byteCount: 4, dataType: .f32)),
        ("HalfStorage", .init(name: "float16", byteCount: 2, dataType: .f16)),
        ("BFloat16Storage", .init(name: "bfloat16", byteCount: 2, dataType: .bf16)),
        ("LongStorage", .init(name: "int64", byteCount: 8, dataType: nil)),
        ("IntStorage", .init(name: "int32", byteCount: 4, dataType: nil)),
        ("ShortStorage", .init(name: "int16", byteCount: 2, dataType: nil)),
        ("CharStorage", .init(name: "int8", byteCount: 1, dataType: nil)),
        ("ByteStorage", .init(name: "uint8", byteCount: 1, dataType: nil)),
        ("BoolStorage", .init(name: "bool", byteCount: 1, dataType: nil)),
        ("UntypedStorage", .init(name: "untyped", byteCount: 1, dataType: nil)),
    ]

    /// The type of a storage class, such as `FloatStorage`.
    init?(storage name: String) {
        guard let found = Self.all.first(where: { $0.storage == name }) else { return nil }
        self = found.element
    }

    /// The type of this name, such as `float32`.
    init?(named name: String) {
        guard let found = Self.all.first(where: { $0.element.name == name }) else { return nil }
        self = found.element
    }

    private init(name: String, byteCount: Int, dataType: DataType?) {
        (self.name, self.byteCount, self.dataType) = (name, byteCount, dataType)
    }
}
