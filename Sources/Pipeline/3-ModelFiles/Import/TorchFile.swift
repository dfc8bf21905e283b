// A file of `torch.save`: a zip archive with a pickle and one member for each storage, or the older form, pickles with the
// storages behind them. Finds where every storage lies; compressed members and programs are refused by name.

import FoveaCollecting
import FoveaTensorCore

/// An opened checkpoint.
struct TorchFile {
    /// What was saved.
    let root: PickleValue
    /// Where the storages lie.
    let storages: TorchStorages
    /// What keeps the containers of `root`.
    private let heap: PickleHeap

    /// The number that the older form starts with (torch/serialization.py, MAGIC_NUMBER), lowest byte first.
    private static let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
    /// Pickles beyond this size are no descriptions of tensors.
    private static let pickleLimit = 256 << 20
    /// No storage is larger.
    private static let storageLimit = 1 << 38

    /// Reads everything but the elements. Throws a `Failure` of kind `.model`.
    init(_ bytes: WeightBytes, isArchive: Bool) throws {
        if isArchive { try self.init(archive: bytes) } else { try self.init(legacy: bytes) }
    }

    /// The newer form: NAME/data.pkl, NAME/data/KEY, NAME/byteorder.
    private init(archive bytes: WeightBytes) throws {
        let path = bytes.path
        let directory: ZipDirectory
        do {
            directory = try ZipDirectory(path, wanted: { _ in true }, largestMember: Self.storageLimit)
        } catch let failure as Failure {
            throw Failure(.model, failure.message, advice: SafeTensorsHeader.copyAgain)
        }
        guard let pickle = directory.members.first(where: { $0.path == "data.pkl" || $0.path.hasSuffix("/data.pkl") })
        else {
            throw Failure(
                .model, "\(path): is a zip archive, but not one of PyTorch: it has no data.pkl",
                advice: "Unpack it if it holds weights, and name the weight file.")
        }
        let prefix = String(pickle.path.dropLast("data.pkl".count))
        if let code = directory.members.first(where: { $0.path.hasPrefix(prefix + "code/") }) {
            throw Failure(
                .model,
                "\(path): is a TorchScript program (\(code.path.printable)), and no program of a file is ever run",
                advice: "Save its weights in Python: torch.save(torch.jit.load(FILE).state_dict(), \"weights.pth\"). "
                    + "Quantised ones (fbgemm, qnnpack) are no weights to start from.")
        }
        for member in directory.members where member.isDeflated && member.path.hasPrefix(prefix) {
            throw Failure(
                .model,
                "\(path): \(member.path.printable) is compressed, \(member.storedSize) bytes for \(member.size): "
                    + "PyTorch saves everything as it is",
                advice:
                    "The file is no checkpoint, or made to fill memory; unpack and pack it with zip -0 if you trust it."
            )
        }
        guard pickle.size <= Self.pickleLimit else {
            throw Failure(.model, "\(path): its pickle has \(pickle.size) bytes, more than any description of tensors")
        }
        func place(_ member: ZipMember) throws -> Range<Int> {
            // A local header of 30 bytes, a name and an extra field, whose lengths stand at 26 and 28.
            let header = try bytes.read(member.offset..<member.offset + 30)
            let start =
                member.offset + 30 + Int(header[26]) + Int(header[27]) << 8 + Int(header[28]) + Int(header[29]) << 8
            guard start + member.size <= bytes.count else {
                throw Failure(.model, "\(path): the file ends too early", advice: SafeTensorsHeader.copyAgain)
            }
            return start..<start + member.size
        }
        var isSwapped = false
        if let order = directory.members.first(where: { $0.path == prefix + "byteorder" }), order.size < 16 {
            isSwapped = String(decoding: try bytes.read(place(order)), as: UTF8.self) == "big"
        }
        var places: [String: Range<Int>] = [:]
        for member in directory.members where member.path.hasPrefix(prefix + "data/") {
            places[String(member.path.dropFirst(prefix.count + "data/".count))] = try place(member)
        }
        var cursor = ByteCursor(bytes, try place(pickle))
        heap = PickleHeap()
        root = try Unpickler.read(&cursor, into: heap)
        storages = TorchStorages(bytes: bytes, places: places, isSwapped: isSwapped)
    }

    /// The older form: magic number, version, system, the object, the keys of its storages, then each as a count and elements.
    private init(legacy bytes: WeightBytes) throws {
        var cursor = ByteCursor(bytes, 0..<bytes.count)
        heap = PickleHeap()
        let unknown = Failure(
            .model, "\(bytes.path): is a pickle, but not one of torch.save",
            advice: "Weights are saved with torch.save(model.state_dict(), \"weights.pth\").")
        guard case .largeInteger(let magic) = try Unpickler.read(&cursor, into: heap), magic == Self.magic else {
            throw unknown
        }
        guard case .integer(1001) = try Unpickler.read(&cursor, into: heap) else { throw unknown }
        var isSwapped = false
        if case .dictionary(let system) = try Unpickler.read(&cursor, into: heap),
            case .bool(let little) = system["little_endian"]
        {
            isSwapped = !little
        }
        let sizes = StorageSizes()
        root = try Unpickler.read(&cursor, into: heap) { sizes.note($0) }
        guard case .list(let keys) = try Unpickler.read(&cursor, into: heap) else { throw unknown }
        var places: [String: Range<Int>] = [:]
        for value in keys.elements {
            guard case .text(let key) = value, let size = sizes.byteCounts[key] else { throw unknown }
            // Eight bytes that say how many elements follow; their size is known from the object.
            let raw = try cursor.bytes(8)
            let count = (isSwapped ? raw : raw.reversed()).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard let count = Int(exactly: count), count <= size.count else {
                throw Failure(
                    .model,
                    "\(bytes.path): storage \(key.printable) has \(count) elements, its tensors want \(size.count)",
                    advice: SafeTensorsHeader.copyAgain)
            }
            let start = cursor.position
            try cursor.skip(count * size.element)
            places[key] = start..<cursor.position
        }
        storages = TorchStorages(bytes: bytes, places: places, isSwapped: isSwapped)
    }
}

/// Sizes of the storages that a pickle mentions.
private final class StorageSizes {
    private(set) var byteCounts: [String: (count: Int, element: Int)] = [:]

    func note(_ storage: TorchStorage) { byteCounts[storage.key] = (storage.count, storage.element.byteCount) }
}

/// The storages of a file, to read tensors from.
struct TorchStorages: Sendable {
    let bytes: WeightBytes
    let places: [String: Range<Int>]
    /// Whether the file is big endian.
    let isSwapped: Bool

    /// A tensor as floats. `name` is what messages call it.
    func floats(_ tensor: TorchTensor, name: String) throws -> Tensor<Float> {
        let path = bytes.path
        guard let type = tensor.element.dataType else {
            throw Failure(
                .model, "\(path): \(name.printable) holds \(tensor.element.name), not weights",
                advice: "Weights are float64, float32, float16 or bfloat16.")
        }
        guard let place = places[tensor.storage.key] else {
            throw Failure(
                .model, "\(path): the storage of \(name.printable) is missing", advice: SafeTensorsHeader.copyAgain)
        }
        let size = tensor.element.byteCount
        guard tensor.shape.count > 0 else { return Tensor(tensor.shape, []) }
        let reach = zip(tensor.shape.dimensions, tensor.strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
        let start = place.lowerBound + tensor.offset * size
        let end = start + (reach + 1) * size
        // Elements may share one place, but never more of them than the file has.
        guard end <= place.upperBound, tensor.shape.count <= place.count / size else {
            throw Failure(
                .model, "\(path): the storage of \(name.printable) has \(place.count) bytes, too few for it",
                advice: SafeTensorsHeader.copyAgain)
        }
        var raw = try bytes.read(start..<end)
        if isSwapped {
            for first in stride(from: 0, to: raw.count - size + 1, by: size) { raw[first..<first + size].reverse() }
        }
        let dense = raw.withUnsafeBytes { FloatConversion.floats($0, of: type, count: reach + 1) } ?? []
        if tensor.strides == tensor.shape.strides { return Tensor(tensor.shape, dense) }
        return Tensor(tensor.shape, Self.gathered(dense, tensor.shape.dimensions, tensor.strides))
    }

    /// Elements in row-major order, from where their strides say.
    private static func gathered(_ dense: [Float], _ extents: [Int], _ strides: [Int]) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(extents.reduce(1, *))
        var index = [Int](repeating: 0, count: extents.count)
        var position = 0
        while true {
            result.append(dense[position])
            var axis = extents.count - 1
            while axis >= 0 {
                index[axis] += 1
                position += strides[axis]
                if index[axis] < extents[axis] { break }
                position -= strides[axis] * extents[axis]
                index[axis] = 0
                axis -= 1
            }
            if axis < 0 { return result }
        }
    }
}
