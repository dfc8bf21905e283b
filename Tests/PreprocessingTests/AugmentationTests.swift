// The random changes: that each does what its name says to every pixel, and that draws come from the stream alone.

import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import Testing

@Suite struct AugmentationTests {
    let preprocessing = Preprocessing(
        height: 6, width: 8, channels: 1, cropFraction: 1, mean: [0.25], deviation: [0.5])
    let picture = Picture(width: 8, height: 6, channels: 1, pixels: (1...48).map { UInt8($0 * 5) })

    func value(_ sample: UInt8) -> Float { (Float(sample) / 255 - 0.25) / 0.5 }

    @Test func `none changes nothing and draws nothing`() {
        var stream = RandomStream(seed: 1, purpose: .augmentation)
        let untouched = RandomStream(seed: 1, purpose: .augmentation).uniformCopy()
        #expect(preprocessing.floats(of: picture, .none, &stream) == preprocessing.floats(of: picture))
        #expect(stream.uniform() == untouched)
    }

    @Test func `a flip mirrors every row in half of the draws`() {
        let straight = preprocessing.floats(of: picture)
        let mirrored = preprocessing.floats(of: picture.mirrored())
        var flips = 0
        for sample in 0..<1000 {
            var stream = RandomStream(seed: 2, purpose: .augmentation, sample: sample)
            let found = preprocessing.floats(of: picture, Augmentation(flip: true), &stream)
            if found == mirrored { flips += 1 } else { #expect(found == straight) }
        }
        #expect((450...550).contains(flips))
    }

    @Test func `a padded crop moves the picture and lets black in, before normalising`() {
        var seen: Set<[Int]> = []
        for sample in 0..<600 {
            var stream = RandomStream(seed: 3, purpose: .augmentation, sample: sample)
            var copy = stream
            let found = preprocessing.floats(of: picture, Augmentation(crop: .padded(pixels: 2), flip: true), &stream)
            let (top, left) = (copy.integer(below: 5), copy.integer(below: 5))
            let isMirrored = copy.uniform() < 0.5
            seen.insert([top, left])
            var expected: [Float] = []
            for y in 0..<6 {
                let row: [Float] = (0..<8).map { x in
                    let (fromY, fromX) = (y + top - 2, x + left - 2)
                    let isInside = (0..<6).contains(fromY) && (0..<8).contains(fromX)
                    return value(isInside ? picture.pixels[fromY * 8 + fromX] : 0)
                }
                expected += isMirrored ? row.reversed() : row
            }
            #expect(found == expected, "\(top) \(left) \(isMirrored)")
        }
        #expect(seen.count == 25)
    }

    @Test func `a border wider than the picture may leave only black`() {
        let augmentation = Augmentation(crop: .padded(pixels: 100), flip: true)
        for sample in 0..<200 {
            var stream = RandomStream(seed: 5, purpose: .augmentation, sample: sample)
            let isFinite = preprocessing.floats(of: picture, augmentation, &stream).allSatisfy { $0.isFinite }
            #expect(isFinite)
        }
    }

    @Test func `a resized crop is a cut and a resize of the region drawn`() throws {
        let source = try golden("colour.png")
        let preprocessing = Preprocessing(
            height: 20, width: 16, channels: 3, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
        let (scale, ratio): (ClosedRange<Float>, ClosedRange<Float>) = (0.08...1, 0.75...(4 / 3))
        var areas: [Double] = []
        for sample in 0..<300 {
            var stream = RandomStream(seed: 4, purpose: .augmentation, sample: sample)
            var copy = stream
            let augmentation = Augmentation(crop: .resized(scale: scale, ratio: ratio))
            let found = preprocessing.floats(of: source, augmentation, &stream)
            let place = preprocessing.geometry(width: 97, height: 61, scale: scale, ratio: ratio, stream: &copy)
            let aspect = Double(place.width) / Double(place.height)
            #expect(aspect > 0.7 && aspect < 1.42)
            areas.append(Double(place.width * place.height) / Double(97 * 61))
            let cut = source.cropped(x: place.x, y: place.y, width: place.width, height: place.height)
            let sized = cut.resized(width: 16, height: 20, .bilinear)
            var expected: [Float] = []
            for channel in 0..<3 {
                for index in stride(from: channel, to: sized.pixels.count, by: 3) {
                    expected.append((Float(sized.pixels[index]) / 255 - 0.5) / 0.5)
                }
            }
            #expect(found == expected)
        }
        let mean = areas.reduce(0, +) / Double(areas.count)
        // Large regions do not fit a picture of aspect 1.6, so the mean lies below the uniform 0.54.
        #expect(mean > 0.35 && mean < 0.5, "\(mean)")
        let isWithin = areas.allSatisfy { $0 > 0.07 && $0 <= 1 }
        #expect(isWithin)
    }

    @Test func `nonsense from a command line is refused`() {
        #expect(throws: Failure.self) { try Augmentation(crop: .padded(pixels: -1)).check() }
        #expect(throws: Failure.self) { try Augmentation(crop: .resized(scale: 0...1, ratio: 1...1)).check() }
        #expect(throws: Failure.self) { try Augmentation(crop: .resized(scale: 0.5...1, ratio: 0...1)).check() }
        #expect(throws: Never.self) { try Augmentation(crop: .resized(scale: 0.08...1, ratio: 0.75...1.34)).check() }
    }
}

extension RandomStream {
    /// The next number, without drawing it.
    func uniformCopy() -> Float {
        var copy = self
        return copy.uniform()
    }
}
