// The order in which training meets its pictures: another one in each epoch, the same one for the same seed.

import FoveaTensorCore

/// A random order of `0 ..< count` that depends on (seed, epoch) alone.
package func epochOrder(count: Int, seed: UInt64, epoch: Int) -> [Int] {
    var stream = RandomStream(seed: seed, purpose: .shuffling, epoch: epoch)
    return stream.permutation(count)
}
