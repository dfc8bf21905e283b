// A few bits of every hash's signs, and who has which of their values: among many pictures only those that agree in all bits
// of some band are compared. Counts and sorts; compares nothing.

/// The members of a search by the value that a few of their sign bits have.
struct SignBand {
    private let shift: Int
    private let mask: UInt64
    /// Members by value, and where each value begins.
    private let members: [Int32]
    private let starts: [Int32]

    init(_ signs: [UInt64], shift: Int, bits: Int) {
        self.shift = shift
        mask = (1 << UInt64(bits)) - 1
        var starts = [Int32](repeating: 0, count: (1 << bits) + 1)
        for sign in signs { starts[Int(sign >> UInt64(shift) & mask) + 1] += 1 }
        for value in 1..<starts.count { starts[value] += starts[value - 1] }
        var next = starts
        var members = [Int32](repeating: 0, count: signs.count)
        for (member, sign) in signs.enumerated() {
            let value = Int(sign >> UInt64(shift) & mask)
            members[Int(next[value])] = Int32(member)
            next[value] += 1
        }
        self.members = members
        self.starts = starts
    }

    /// The members after `member` that agree with this sign, up to a limit.
    func members(like sign: UInt64, after member: Int, limit: Int) -> ArraySlice<Int32> {
        let value = Int(sign >> UInt64(shift) & mask)
        var (lower, upper) = (Int(starts[value]), Int(starts[value + 1]))
        let end = upper
        while lower < upper {
            let middle = (lower + upper) / 2
            if Int(members[middle]) <= member { lower = middle + 1 } else { upper = middle }
        }
        return members[lower..<min(end, lower + limit)]
    }
}
