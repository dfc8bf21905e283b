// Reads a pickle (protocols 0 to 5, Python's pickletools) as data: a stack machine whose every instruction puts together
// values of `PickleValue`. Calls go to `PickleGlobal`'s table; there is no instruction here that runs anything.

import FoveaTensorCore

/// Reads one pickle from a cursor.
struct Unpickler {
    private var cursor: ByteCursor
    private let file: String
    private let heap: PickleHeap
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var instructions = 0
    /// Told of every storage that is mentioned.
    private let meets: (TorchStorage) -> Void

    /// Instructions in one pickle, at most: a checkpoint of a thousand tensors takes some thirty thousand.
    static let instructionLimit = 20_000_000
    /// Elements of one storage, at most.
    static let storageLimit = 1 << 38

    private init(_ cursor: ByteCursor, _ heap: PickleHeap, _ meets: @escaping (TorchStorage) -> Void) {
        self.cursor = cursor
        self.heap = heap
        self.meets = meets
        file = cursor.file
    }

    /// The value of the pickle that starts where the cursor stands, which then stands behind it.
    /// Its containers live as long as `heap`; `meets` is told of every storage that it mentions.
    static func read(
        _ cursor: inout ByteCursor, into heap: PickleHeap, meets: @escaping (TorchStorage) -> Void = { _ in }
    ) throws -> PickleValue {
        var unpickler = Unpickler(cursor, heap, meets)
        let value = try unpickler.run()
        cursor = unpickler.cursor
        return value
    }

    func damaged(_ reason: String) -> Failure {
        Failure(
            .model, "\(file): its pickle is damaged at byte \(cursor.position): \(reason)",
            advice: SafeTensorsHeader.copyAgain)
    }

    private mutating func run() throws -> PickleValue {
        while true {
            instructions += 1
            guard instructions <= Self.instructionLimit else { throw damaged("it has no end") }
            let code = try cursor.byte()
            if code == UInt8(ascii: ".") {
                guard stack.count == 1, marks.isEmpty, let value = stack.last else {
                    throw damaged("it ends with \(stack.count) values")
                }
                return value
            }
            try perform(code)
        }
    }

    private mutating func perform(_ code: UInt8) throws {
        switch code {
        case 0x80:
            let version = try cursor.byte()
            guard version <= 5 else { throw damaged("protocol \(version) is not known") }
        case 0x95: try cursor.skip(8)  // FRAME
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "1"): _ = try popMark()
        case UInt8(ascii: "2"): stack.append(try top())
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.bool(true))
        case 0x89: stack.append(.bool(false))
        case UInt8(ascii: "K"): stack.append(.integer(try cursor.integer(1)))
        case UInt8(ascii: "M"): stack.append(.integer(try cursor.integer(2)))
        case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try cursor.integer(4)))))
        case 0x8a: stack.append(try long(cursor.integer(1)))
        case 0x8b: stack.append(try long(cursor.integer(4)))
        case UInt8(ascii: "I"): try textInteger()
        case UInt8(ascii: "L"): try textInteger()
        case UInt8(ascii: "F"): stack.append(.number(Double(try cursor.line()) ?? .nan))
        case UInt8(ascii: "G"):
            let bits = try cursor.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            stack.append(.number(Double(bitPattern: bits)))
        // Escapes of protocol 0 stay as they are: no parameter has any in its name.
        case UInt8(ascii: "V"): stack.append(.text(try cursor.line()))
        case UInt8(ascii: "X"): try text(cursor.integer(4))
        case 0x8c: try text(cursor.integer(1))
        case 0x8d: try text(cursor.integer(8))
        case UInt8(ascii: "T"): try text(cursor.integer(4))
        case UInt8(ascii: "U"): try text(cursor.integer(1))
        case UInt8(ascii: "B"): try bytes(cursor.integer(4))
        case UInt8(ascii: "C"): try bytes(cursor.integer(1))
        case 0x8e, 0x96: try bytes(cursor.integer(8))
        case UInt8(ascii: ")"): stack.append(.tuple(heap.sequence()))
        case UInt8(ascii: "t"): stack.append(.tuple(heap.sequence(try popMark())))
        case 0x85, 0x86, 0x87: try shortTuple(Int(code) - 0x84)
        case UInt8(ascii: "]"), 0x8f: stack.append(.list(heap.sequence()))
        case UInt8(ascii: "l"), 0x91: try markedList()
        case UInt8(ascii: "a"):
            let value = try pop()
            try extend([value])
        case UInt8(ascii: "e"), 0x90:
            let values = try popMark()
            try extend(values)
        case UInt8(ascii: "}"): stack.append(.dictionary(heap.dictionary()))
        case UInt8(ascii: "d"):
            let values = try popMark()
            stack.append(.dictionary(heap.dictionary()))
            try insert(values)
        case UInt8(ascii: "s"):
            let value = try pop()
            let key = try pop()
            try insert([key, value])
        case UInt8(ascii: "u"):
            let values = try popMark()
            try insert(values)
        case UInt8(ascii: "q"): memo[try cursor.integer(1)] = try top()
        case UInt8(ascii: "r"): memo[try cursor.integer(4)] = try top()
        case UInt8(ascii: "p"): memo[try lineNumber()] = try top()
        case 0x94: memo[memo.count] = try top()
        case UInt8(ascii: "h"): try recall(cursor.integer(1))
        case UInt8(ascii: "j"): try recall(cursor.integer(4))
        case UInt8(ascii: "g"): try recall(lineNumber())
        case UInt8(ascii: "c"): try global(module: cursor.line(), name: cursor.line())
        case 0x93: try stackGlobal()
        case UInt8(ascii: "Q"): try persistent(pop())
        case UInt8(ascii: "R"), 0x81:
            let arguments = try pop()
            let callee = try pop()
            stack.append(try call(callee, arguments))
        case UInt8(ascii: "b"): try build()
        case 0x98: break  // READONLY_BUFFER
        default: throw refused(code)
        }
    }

    /// Instructions that make objects of classes, or take data from outside the file.
    private func refused(_ code: UInt8) -> Failure {
        let names: [UInt8: String] = [
            UInt8(ascii: "i"): "INST", UInt8(ascii: "o"): "OBJ", 0x92: "NEWOBJ_EX", 0x82: "EXT1", 0x83: "EXT2",
            0x84: "EXT4", 0x97: "NEXT_BUFFER", UInt8(ascii: "P"): "PERSID", UInt8(ascii: "S"): "STRING",
        ]
        guard let name = names[code] else { return damaged("instruction \(code) is not known") }
        return Failure(
            .model, "\(file): its pickle uses \(name), which no file of weights needs: refused",
            advice: "Nothing of it was run. Save the weights with torch.save(model.state_dict(), \"weights.pth\").")
    }
}

extension Unpickler {
    private func top() throws -> PickleValue {
        guard let value = stack.last, stack.count > marks.last ?? 0 else { throw damaged("a value is missing") }
        return value
    }

    private mutating func pop() throws -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    /// The values above the last mark.
    private mutating func popMark() throws -> [PickleValue] {
        guard let mark = marks.popLast() else { throw damaged("a mark is missing") }
        let values = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return values
    }

    private mutating func long(_ count: Int) throws -> PickleValue {
        let bytes = try cursor.bytes(count)
        guard count <= 8 else { return .largeInteger(bytes) }
        let negative = bytes.last.map { $0 >= 128 } ?? false
        var bits: UInt64 = negative ? ~0 : 0
        for byte in bytes.reversed() { bits = bits << 8 | UInt64(byte) }
        return .integer(Int(truncatingIfNeeded: bits))
    }

    /// `I` and `L`: a number as text; `I01` is true.
    private mutating func textInteger() throws {
        var line = try cursor.line()
        if line == "01" || line == "00" { return stack.append(.bool(line == "01")) }
        if line.hasSuffix("L") { line.removeLast() }
        guard let number = Int(line) else { throw damaged("a number is damaged") }
        stack.append(.integer(number))
    }

    private mutating func lineNumber() throws -> Int {
        guard let number = Int(try cursor.line()), number >= 0 else { throw damaged("a number is damaged") }
        return number
    }

    private mutating func text(_ count: Int) throws {
        // Python 2 wrote bytes where texts were meant.
        stack.append(.text(String(decoding: try cursor.bytes(count), as: UTF8.self)))
    }

    private mutating func bytes(_ count: Int) throws { stack.append(.bytes(try cursor.bytes(count))) }

    private mutating func shortTuple(_ count: Int) throws {
        var values: [PickleValue] = []
        for _ in 0..<count { values.append(try pop()) }
        stack.append(.tuple(heap.sequence(values.reversed())))
    }

    private mutating func markedList() throws {
        stack.append(.list(heap.sequence(try popMark())))
    }

    private func extend(_ values: [PickleValue]) throws {
        guard case .list(let list) = try top() else { throw damaged("values are added to what is no list") }
        list.append(values)
    }

    private func insert(_ values: [PickleValue]) throws {
        guard values.count.isMultiple(of: 2) else { throw damaged("a key has no value") }
        let pairs = stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
        switch try top() {
        case .dictionary(let dictionary): for (key, value) in pairs { dictionary.append(key, value) }
        case .other: break
        default: throw damaged("keys are added to what is no dictionary")
        }
    }

    private mutating func recall(_ number: Int) throws {
        guard let value = memo[number] else { throw damaged("value \(number) was never remembered") }
        stack.append(value)
    }

    private mutating func global(module: String, name: String) throws {
        stack.append(.global(try PickleGlobal(module: module, name: name, file: file)))
    }

    private mutating func stackGlobal() throws {
        guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
            throw damaged("a name is no text")
        }
        try global(module: module, name: name)
    }

    /// `("storage", type, key, place, elements)`: where a tensor's elements lie.
    private mutating func persistent(_ identifier: PickleValue) throws {
        guard case .tuple(let tuple) = identifier, case let parts = tuple.elements, parts.count >= 5,
            case .text("storage") = parts[0],
            case .global(.storage(let element)) = parts[1], case .text(let key) = parts[2],
            case .integer(let count) = parts[4], (0...Self.storageLimit).contains(count)
        else { throw damaged("it refers to something that is no storage") }
        if parts.count > 5, case .tuple = parts[5] {
            throw Failure(
                .model, "\(file): holds a view of a storage, as PyTorch before 0.4 saved it: refused",
                advice: "Save it again with a newer PyTorch.")
        }
        let storage = TorchStorage(key: key, element: element, count: count)
        meets(storage)
        stack.append(.storage(storage))
    }

    /// State that follows an object: an ordered dictionary's attributes, a parameter's; nothing here needs it.
    private mutating func build() throws {
        _ = try pop()
        switch try top() {
        case .dictionary, .other, .tensor, .list: break
        default: throw damaged("a state belongs to no object")
        }
    }

    private func call(_ callee: PickleValue, _ arguments: PickleValue) throws -> PickleValue {
        guard case .global(let global) = callee, case .tuple(let arguments) = arguments else {
            throw damaged("it calls what is no name")
        }
        return try PickleCall(heap: heap, damaged: damaged).value(global, arguments.elements)
    }
}
