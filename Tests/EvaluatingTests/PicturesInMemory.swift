// What the tests of this target share: pictures in memory.

import FoveaCollecting
import FoveaPictures
import FoveaTensorCore
import FoveaTestSupport

/// Little pictures that are there without files; some may be broken.
struct PicturesInMemory: Source {
    var entries: [Entry]
    var broken: Set<Int> = []

    init(labels: [Int]) {
        entries = labels.enumerated().map { Entry(name: "picture \($0)", label: $1) }
    }

    func content(at index: Int) throws -> PictureContent {
        if broken.contains(index) { throw Failure(.data, "broken on purpose") }
        let samples = SyntheticPictures.samples(label: index % 3, number: index, side: 28, channels: 1)
        return .raw(Picture(width: 28, height: 28, channels: 1, pixels: samples))
    }
}
