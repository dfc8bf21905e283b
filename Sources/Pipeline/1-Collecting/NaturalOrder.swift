// The order of names that a person expects: class 2 before class 10. The same on every machine: no locale has a say,
// and composed and decomposed spellings of a letter are one spelling here.

import Foundation

extension String {
    /// The one normal form (NFC) in which class names are compared and kept.
    var normalised: String { precomposedStringWithCanonicalMapping }
}

/// Whether `first` stands before `second`: runs of digits by their value, all else by Unicode scalar.
func standsBefore(_ first: String, _ second: String) -> Bool {
    let order = compare(Array(first.normalised.utf8)[...], Array(second.normalised.utf8)[...])
    if order != 0 { return order < 0 }
    return first.utf8.lexicographicallyPrecedes(second.utf8)  // "01" and "1", or two spellings of one letter
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

/// Below, at or above zero as `first` stands before, with or after `second`. UTF-8 sorts as its scalars do.
private func compare(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Int {
    var (first, second) = (first, second)
    while let one = first.first, let other = second.first {
        if isDigit(one), isDigit(other) {
            let number = first.prefix(while: isDigit)
            let against = second.prefix(while: isDigit)
            let digits = number.drop { $0 == UInt8(ascii: "0") }
            let rival = against.drop { $0 == UInt8(ascii: "0") }
            if digits.count != rival.count { return digits.count - rival.count }
            if digits != rival { return digits.lexicographicallyPrecedes(rival) ? -1 : 1 }
            first = first.dropFirst(number.count)
            second = second.dropFirst(against.count)
        } else {
            if one != other { return Int(one) - Int(other) }
            first = first.dropFirst()
            second = second.dropFirst()
        }
    }
    return first.count - second.count
}
