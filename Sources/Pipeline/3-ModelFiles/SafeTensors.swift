// A safetensors file on disk: opened once, its header checked, its tensors read on demand as floats. It is read and not
// mapped: a mapped file that another program shortens would end this one. Files of other programs come in through here.

import FoveaTensorCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open safetensors file. Owns the descriptor for its life; reading is possible from any thread.
package final class SafeTensors: Sendable {
    /// What the person called it, for messages.
    package let path: String
    /// The bytes before the tensors: length, JSON, padding.
    package let headerBytes: [UInt8]
    /// The checked header.
    package let header: SafeTensorsHeader
    private let descriptor: Int32

    /// The tensors in the order of their bytes.
    package var entries: [SafeTensorsHeader.Entry] { header.entries }
    /// The texts under `__metadata__`.
    package var metadata: [String: String] { header.metadata }

    /// Opens a file and checks its header, without reading tensors. Throws a `Failure` of kind `.model`.
    package init(path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw Failure(
                .model, "\(path): cannot be opened: \(String(cString: strerror(errno)))",
                advice: "Is the name right, and may you read it?")
        }
        do {
            var information = stat()
            guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
                throw Failure(.model, "\(path): is no file", advice: "Name a model or weight file.")
            }
            let size = Int(information.st_size)
            let headerBytes = try Self.readHeader(descriptor, fileSize: size, path: path)
            header = try headerBytes.withUnsafeBytes { bytes in
                try SafeTensorsHeader(
                    json: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(SafeTensorsHeader.lengthByteCount)),
                    dataByteCount: size - bytes.count, file: path)
            }
            self.headerBytes = headerBytes
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// The tensor of this name as floats. Throws if there is none, or if it holds whole numbers.
    package func tensor(_ name: String) throws -> Tensor<Float> {
        guard let entry = entries.first(where: { $0.name == name }) else {
            let near = nearest(to: name, in: entries.map(\.name))
            throw Failure(
                .model, "\(path): there is no tensor \(name)",
                advice: near.isEmpty ? nil : "There is \(near.joined(separator: ", ")).")
        }
        return try tensor(entry)
    }

    /// A tensor of this file as floats; `seeing` is shown the bytes as they are in the file, for the length of the call.
    package func tensor(
        _ entry: SafeTensorsHeader.Entry, seeing: (UnsafeRawBufferPointer) -> Void = { _ in }
    ) throws -> Tensor<Float> {
        let count = entry.shape.count
        let offset = headerBytes.count + entry.bytes.lowerBound
        if entry.dataType == .f32 {
            let elements = try [Float](unsafeUninitializedCapacity: count) { buffer, filled in
                let bytes = UnsafeMutableRawBufferPointer(buffer)
                try read(UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(entry.bytes.count)), at: offset)
                seeing(UnsafeRawBufferPointer(rebasing: bytes.prefix(entry.bytes.count)))
                filled = count
            }
            return Tensor(entry.shape, elements)
        }
        let raw = try [UInt8](unsafeUninitializedCapacity: entry.bytes.count) { buffer, filled in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            try read(UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(entry.bytes.count)), at: offset)
            filled = entry.bytes.count
        }
        return try raw.withUnsafeBytes { bytes in
            seeing(bytes)
            guard let elements = FloatConversion.floats(bytes, of: entry.dataType, count: count) else {
                throw Failure(
                    .model, "\(path): \(entry.name) holds whole numbers (\(entry.dataType.rawValue)), not weights",
                    advice: "Weights are F64, F32, F16 or BF16.")
            }
            return Tensor(entry.shape, elements)
        }
    }

    /// Reads a tensor's bytes as they are in the file.
    package func read(_ entry: SafeTensorsHeader.Entry, into bytes: UnsafeMutableRawBufferPointer) throws {
        precondition(bytes.count == entry.bytes.count, "\(entry.name) has \(entry.bytes.count) bytes")
        try read(bytes, at: headerBytes.count + entry.bytes.lowerBound)
    }

    /// Fills `bytes` from the file, wholly or not at all.
    private func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        try Self.read(bytes, from: descriptor, at: offset, path: path)
    }

    private static func read(
        _ bytes: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int, path: String
    ) throws {
        guard let base = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = pread(descriptor, base + done, min(bytes.count - done, 1 << 30), off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = count < 0 ? String(cString: strerror(errno)) : "it became shorter while it was read"
                throw Failure(.model, "\(path): cannot be read: \(reason)", advice: SafeTensorsHeader.copyAgain)
            }
            done += count
        }
    }

    /// Length, JSON and padding, once the length is seen to be possible.
    private static func readHeader(_ descriptor: Int32, fileSize: Int, path: String) throws -> [UInt8] {
        let lengthByteCount = SafeTensorsHeader.lengthByteCount
        guard fileSize >= lengthByteCount else {
            throw Failure(
                .model, "\(path): has \(fileSize) bytes, too few for a model", advice: SafeTensorsHeader.copyAgain)
        }
        func bytes(_ count: Int) throws -> [UInt8] {
            try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                let bytes = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer).prefix(count))
                try read(bytes, from: descriptor, at: 0, path: path)
                filled = count
            }
        }
        let first = try bytes(lengthByteCount)
        let length = first.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= SafeTensorsHeader.byteLimit, length <= fileSize - lengthByteCount else {
            throw Self.otherFormat(first, path: path)
                ?? Failure(
                    .model, "\(path): its header claims \(length) bytes, the file has \(fileSize)",
                    advice: SafeTensorsHeader.copyAgain)
        }
        return try bytes(lengthByteCount + Int(length))
    }

    /// What else the file is, as far as its first eight bytes tell.
    private static func otherFormat(_ first: [UInt8], path: String) -> Failure? {
        let known: [(start: String, name: String, advice: String)] = [
            (
                "PK\u{3}\u{4}", "a PyTorch file or another ZIP archive",
                "Save the weights with safetensors.torch.save_file."
            ),
            ("version ", "a Git LFS pointer", "Fetch the file itself with git lfs pull."),
            ("<!DOCTYP", "a web page", "Download the file itself."),
        ]
        return known.first { first.starts(with: $0.start.utf8) }.map {
            Failure(.model, "\(path): is \($0.name), not a safetensors file", advice: $0.advice)
        }
    }
}

extension SafeTensors {
    /// Writes a file of float tensors, in this order, so that it is there in full or not at all.
    package static func write(
        _ tensors: [(name: String, tensor: Tensor<Float>)], metadata: [String: String] = [:], to path: String,
        through write: @escaping FileReplacement.Write = FileReplacement.systemWrite
    ) throws {
        let stored = StoredTensor.all(of: tensors, steps: [:])
        let header = try SafeTensorsHeader.bytes(of: stored, metadata: metadata)
        try self.write(header: header, stored, to: path, through: write)
    }

    static func write(
        header: [UInt8], _ tensors: [StoredTensor], to path: String,
        through write: @escaping FileReplacement.Write
    ) throws {
        try FileReplacement.replace(path, through: write) { file in
            try header.withUnsafeBytes { try file.append($0) }
            for tensor in tensors { try tensor.withBytes { try file.append($0) } }
        }
    }
}
