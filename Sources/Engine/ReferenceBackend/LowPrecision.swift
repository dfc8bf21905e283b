// bfloat16 as the reference knows it: numbers of a wider type, rounded where a plan would store them.

import FoveaGraph
import FoveaTensorCore

extension ReferenceScalar {
    /// The nearest bfloat16, ties to even: the upper half of a Float.
    var roundedToBF16: Self {
        let bits = Float(self).bitPattern
        guard isFinite else { return self }
        return Self(Float(bitPattern: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000))
    }
}

extension Tensor where Scalar: ReferenceScalar {
    /// Every element rounded to bfloat16.
    var roundedToBF16: Tensor { map(\.roundedToBF16) }
}
