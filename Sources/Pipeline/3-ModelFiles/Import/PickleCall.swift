// What a pickle's call of a known name becomes: a container, or a tensor over a storage of the file. Checks that a tensor
// stays within its storage and is not larger than it, which files that mean harm to memory would have.

import FoveaTensorCore

/// Puts together the values of calls.
struct PickleCall {
    /// Where containers are made.
    let heap: PickleHeap
    /// Makes the failure for a reason.
    let damaged: (String) -> Failure

    /// The value of a call.
    func value(_ global: PickleGlobal, _ arguments: [PickleValue]) throws -> PickleValue {
        switch global {
        case .orderedDictionary: return .dictionary(try dictionary(arguments.first))
        case .defaultDictionary: return .dictionary(heap.dictionary())
        case .set:
            if case .list(let given) = arguments.first { return .list(heap.sequence(given.elements)) }
            return .list(heap.sequence())
        case .size:
            if case .list(let list) = arguments.first { return .tuple(heap.sequence(list.elements)) }
            return arguments.first ?? .tuple(heap.sequence())
        case .tensor: return .tensor(try tensor(arguments, element: nil))
        case .typedTensor:
            guard arguments.count > 6, case .global(.element(let element)) = arguments[6] else {
                throw damaged("a tensor has no element type")
            }
            return .tensor(try tensor(arguments, element: element))
        case .parameter:
            guard case .tensor(let tensor) = arguments.first else { throw damaged("a parameter is no tensor") }
            return .tensor(tensor)
        case .fromType:
            guard arguments.count >= 3, case .global(let inner) = arguments[0], inner != .fromType,
                case .tuple(let own) = arguments[2]
            else { throw damaged("a tensor of a type is damaged") }
            return try value(inner, own.elements)
        case .encodedBytes:
            guard case .text(let text) = arguments.first else { throw damaged("bytes are no text") }
            return .bytes(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
        case .other(let name): return .other(name)
        case .storage, .element: throw damaged("it calls a type")
        }
    }

    private func dictionary(_ argument: PickleValue?) throws -> PickleDictionary {
        let result = heap.dictionary()
        guard case .list(let list) = argument else { return result }
        for element in list.elements {
            switch element {
            case .list(let pair) where pair.elements.count == 2, .tuple(let pair) where pair.elements.count == 2:
                result.append(pair.elements[0], pair.elements[1])
            default: throw damaged("a dictionary is made of what are no pairs")
            }
        }
        return result
    }

    /// Storage, offset, shape and strides.
    private func tensor(_ arguments: [PickleValue], element: TorchElement?) throws -> TorchTensor {
        guard arguments.count >= 4, case .storage(let storage) = arguments[0], case .integer(let offset) = arguments[1],
            let extents = numbers(arguments[2]), let strides = numbers(arguments[3]), extents.count == strides.count,
            offset >= 0, extents.count <= 32, extents.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
        else { throw damaged("a tensor is not a storage, an offset, a shape and strides") }
        let element = element ?? storage.element
        let (bytes, tooLarge) = storage.count.multipliedReportingOverflow(by: storage.element.byteCount)
        guard !tooLarge else { throw damaged("the storage \(storage.key) is larger than any memory") }
        let available = bytes / element.byteCount
        // Elements, and where the last one lies, without ever passing what fits.
        var count = 1
        var last = offset
        for (extent, stride) in zip(extents, strides) {
            let (product, overflow) = count.multipliedReportingOverflow(by: max(1, extent))
            let (reach, beyond) = max(0, extent - 1).multipliedReportingOverflow(by: stride)
            guard !overflow, !beyond, last <= available, reach <= available else {
                throw damaged("a tensor reaches beyond its storage \(storage.key)")
            }
            (count, last) = (product, last + reach)
        }
        if !extents.contains(0) {
            guard last < available else { throw damaged("a tensor reaches beyond its storage \(storage.key)") }
            guard count <= available else {
                throw damaged("a tensor of \(count) elements lies in \(available): made to fill memory")
            }
        }
        return TorchTensor(storage: storage, element: element, offset: offset, shape: Shape(extents), strides: strides)
    }

    private func numbers(_ value: PickleValue) -> [Int]? {
        let values: [PickleValue]
        switch value {
        case .tuple(let sequence), .list(let sequence): values = sequence.elements
        default: return nil
        }
        let numbers = values.compactMap { if case .integer(let number) = $0 { number } else { nil } }
        return numbers.count == values.count ? numbers : nil
    }
}
