// Flags about how training pictures are loaded: what is kept of them between epochs, and how many may be broken.

import ArgumentParser
import FoveaLoading

/// The cache, and the limit of broken pictures.
struct LoadingFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Keep decoded pictures between epochs: memory, disk (from one run to the next as well), off, or auto, which is memory. What is kept changes nothing but the speed.",
            valueName: "where"))
    var cache: CacheMode = .auto

    @Option(
        help: ArgumentHelp(
            "Megabytes that the cache may take; a quarter of the memory, or of the disk's free room, unless given.",
            valueName: "number"))
    var cacheLimit: Int?

    @Option(
        help: ArgumentHelp(
            "End the training once more pictures than this cannot be read; half of them unless given.",
            valueName: "count"))
    var maxBroken: Int?

    /// As the loader wants it.
    var options: CacheOptions { CacheOptions(mode: cache, budget: cacheLimit.map { $0 * 1_000_000 }) }

    func validate() throws {
        if let cacheLimit, !(1...100_000_000).contains(cacheLimit) {
            throw ValidationError("--cache-limit is \(cacheLimit), it must be 1 to 100000000")
        }
        if let maxBroken, maxBroken < 0 { throw ValidationError("--max-broken is \(maxBroken), it must be at least 0") }
    }
}

extension CacheMode: ExpressibleByArgument {}
