// What is drawn: strengths of the automatic lists against torchvision's, statistics of draws, mixtures of batches, presets.

import CAllocationCounter
import Foundation
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import Testing

@Suite struct AugmentationDrawTests {
    let goldens: AugmentationGoldens

    init() throws { goldens = try AugmentationGoldens() }

    /// The changes of many samples.
    private func draws(_ augmentation: Augmentation, count: Int = 2000) -> [[PixelChange]] {
        (0..<count).map { sample in
            var stream = RandomStream(seed: 9, purpose: .augmentation, sample: sample)
            var changes: [PixelChange] = []
            augmentation.draw(&changes, &stream, width: 26, height: 19)
            return changes
        }
    }

    @Test func `strengths of the automatic lists are torchvision's`() throws {
        let names: [String: AutomaticOperation] = [
            "Identity": .identity, "ShearX": .shearX, "ShearY": .shearY, "TranslateX": .translateX,
            "TranslateY": .translateY, "Rotate": .rotate, "Brightness": .brightness, "Color": .colour,
            "Contrast": .contrast, "Sharpness": .sharpness, "Posterize": .posterise, "Solarize": .solarise,
            "AutoContrast": .autocontrast, "Equalize": .equalise,
        ]
        for (isWide, table) in [(false, goldens.cases.strengths.rand), (true, goldens.cases.strengths.trivial)] {
            #expect(table.count == AutomaticOperation.allCases.count)
            for (name, values) in table {
                let operation = try #require(names[name], "\(name)")
                for (step, value) in values.enumerated() {
                    switch value {
                    case .signed(let isSigned): #expect(operation.isSigned == isSigned, "\(name)")
                    case .number(let number):
                        let own = operation.strength(step, isWide: isWide, width: 26, height: 19)
                        #expect(abs(own - number) < 2e-5 * max(1, abs(number)), "\(name) \(step): \(own) \(number)")
                    }
                }
            }
        }
    }

    @Test func `trivial augmentation takes every operation about as often, in both directions`() {
        var augmentation = Augmentation.none
        augmentation.trivialAugment = TrivialAugment()
        let found = draws(augmentation, count: 14_000)
        #expect(found.allSatisfy { $0.count <= 1 })
        #expect((900...1100).contains(found.count { $0.isEmpty }))
        #expect((900...1100).contains(found.count { $0 == [.equalise] }))
        let brightness = found.compactMap { changes -> Float? in
            if case .brightness(let factor)? = changes.first { factor } else { nil }
        }
        #expect((900...1100).contains(brightness.count))
        #expect((400...600).contains(brightness.count { $0 < 1 }))
        #expect(brightness.allSatisfy { (0.01...1.99).contains($0) })
        var rand = Augmentation.none
        rand.randAugment = RandAugment()
        // Two operations, of which one in fourteen does nothing.
        let twice = draws(rand, count: 7000)
        #expect((0.83...0.89).contains(Double(twice.count { $0.count == 2 }) / 7000))
    }

    @Test func `each step happens as often as its probability says, within its limits`() {
        var augmentation = Augmentation.none
        augmentation.verticalFlip = true
        augmentation.rotation = RandomRotation()
        augmentation.blur = RandomBlur()
        augmentation.solarise = RandomSolarise()
        augmentation.grayscale = RandomGrayscale()
        let found = draws(augmentation)
        func share(_ isWanted: (PixelChange) -> Bool) -> Double {
            Double(found.count { $0.contains(where: isWanted) }) / Double(found.count)
        }
        #expect((0.46...0.54).contains(share { $0 == .upend }))
        #expect(share { if case .warp = $0 { true } else { false } } == 1)
        #expect((0.17...0.23).contains(share { $0 == .solarise(128) }))
        #expect((0.08...0.12).contains(share { $0 == .gray }))
        let sigmas = found.joined().compactMap { if case .blur(let sigma) = $0 { sigma } else { nil } }
        #expect((340...460).contains(sigmas.count) && sigmas.allSatisfy { (0.1...2).contains($0) })
    }

    @Test func `colour jitter draws factors within limits, in every order`() {
        var augmentation = Augmentation.none
        augmentation.jitter = ColourJitter()
        var orders: Set<[Int]> = []
        for changes in draws(augmentation) {
            var order: [Int] = []
            for change in changes {
                switch change {
                case .brightness(let factor):
                    order.append(0)
                    #expect((0.8...1.2).contains(factor))
                case .contrast(let factor):
                    order.append(1)
                    #expect((0.8...1.2).contains(factor))
                case .saturation(let factor):
                    order.append(2)
                    #expect((0.8...1.2).contains(factor))
                case .hue(let shift):
                    order.append(3)
                    #expect((-0.02...0.02).contains(shift))
                default: Issue.record("\(change)")
                }
            }
            orders.insert(order)
        }
        #expect(orders.count == 24)
    }

    @Test func `erasing takes its share of the area, and the mean colour`() {
        var erasing = RandomErasing()
        erasing.probability = 1
        var areas: [Double] = []
        for sample in 0..<2000 {
            var stream = RandomStream(seed: 5, purpose: .augmentation, sample: sample)
            guard let found = erasing.draw(&stream, height: 40, width: 32) else { continue }
            #expect(found.rows.lowerBound >= 0 && found.rows.upperBound <= 40)
            #expect(found.columns.lowerBound >= 0 && found.columns.upperBound <= 32)
            areas.append(Double(found.rows.count * found.columns.count) / (40 * 32))
        }
        #expect(areas.count > 1900)
        #expect((0.15...0.19).contains(areas.reduce(0, +) / Double(areas.count)))
        var augmentation = Augmentation.none
        augmentation.erasing = erasing
        let preprocessing = Preprocessing(height: 20, width: 20, channels: 1, mean: [0.2], deviation: [0.5])
        let white = Picture(width: 20, height: 20, channels: 1, pixels: [UInt8](repeating: 255, count: 400))
        var stream = RandomStream(seed: 5, purpose: .augmentation, sample: 1)
        let floats = preprocessing.floats(of: white, augmentation, &stream)
        let erased = floats.count { $0 == 0 }
        #expect(erased >= 8 && erased < 200)
        #expect(floats.count { $0 == (1 - 0.2) / 0.5 } == 400 - erased)
    }

    @Test func `mixtures of a batch are torchvision's`() throws {
        #expect(goldens.cases.mixtures.count == 4)
        for item in goldens.cases.mixtures {
            var pixels = (0..<240).map { Float($0) / 7 }
            var targets: [Float] = [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1]
            var spare = [Float](repeating: 0, count: 63)
            let mixture: BatchMixture
            if let share = item.share {
                mixture = .mixed(share: share)
            } else {
                let box = try #require(item.box)
                mixture = .cut(rows: box[1]..<box[3], columns: box[0]..<box[2])
            }
            mixture.apply(
                pixels: &pixels, targets: &targets, rows: [0, 1, 2, 3], shape: [2, 5, 6], classes: 3, spare: &spare)
            let expected = try goldens.floats("mixtures.f32", from: item.start, 252)
            let largest = zip(pixels + targets, expected).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
            #expect(largest < 1e-6, "\(item) \(largest)")
        }
    }

    @Test func `rows that are left out of a mixture stay as they are`() {
        var pixels = (0..<24).map { Float($0) }
        var targets: [Float] = [1, 0, 0, 1, 1, 0, 0, 1]
        var spare = [Float](repeating: 0, count: 8)
        BatchMixture.mixed(share: 0.5).apply(
            pixels: &pixels, targets: &targets, rows: [0, 3], shape: [1, 2, 3], classes: 2, spare: &spare)
        #expect(Array(pixels[6..<18]) == (6..<18).map { Float($0) })
        #expect(Array(pixels[0..<6]) == (0..<6).map { Float($0) + 9 } && pixels[18] == 9)
        #expect(targets == [0.5, 0.5, 0, 1, 1, 0, 0.5, 0.5])
    }

    @Test(arguments: [0.2, 1, 4])
    func `shares have the mean and variance of their beta distribution`(alpha: Double) {
        var augmentation = Augmentation.none
        augmentation.mixUp = MixUp()
        augmentation.mixUp?.alpha = Float(alpha)
        let shares = (0..<4000).compactMap { batch -> Double? in
            var stream = RandomStream(seed: 3, purpose: .mixing, sample: batch)
            guard case .mixed(let share)? = augmentation.drawMixture(&stream, height: 8, width: 8) else { return nil }
            return Double(share)
        }
        let variance = 1 / (4 * (2 * alpha + 1))
        let mean = shares.reduce(0, +) / Double(shares.count)
        let found = shares.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(shares.count)
        #expect(shares.count == 4000 && shares.allSatisfy { (0...1).contains($0) })
        #expect(abs(mean - 0.5) < 0.025 && abs(found - variance) < 0.012, "\(mean) \(found)")
    }

    @Test func `with MixUp and CutMix each has half of the batches`() {
        var augmentation = Augmentation.none
        augmentation.mixUp = MixUp()
        augmentation.cutMix = CutMix()
        let cuts = (0..<1000).count { batch in
            var stream = RandomStream(seed: 3, purpose: .mixing, sample: batch)
            if case .cut? = augmentation.drawMixture(&stream, height: 8, width: 8) { return true }
            return false
        }
        #expect((440...560).contains(cuts))
    }

    @Test func `presets suit the pictures`() {
        let photographs = AugmentedPictures(
            size: 128, isSmall: false, showsSigns: false, isGray: false, isPadded: false)
        var digits = AugmentedPictures(size: 28, isSmall: true, showsSigns: true, isGray: true, isPadded: false)
        for preset in AugmentationPreset.allCases {
            #expect(throws: Never.self) { try preset.augmentation(for: photographs).check() }
            #expect(!preset.augmentation(for: digits).flip)
            #expect(preset.augmentation(for: digits).trivialAugment == nil)
        }
        #expect(AugmentationPreset.none.augmentation(for: photographs) == .none)
        #expect(
            AugmentationPreset.light.augmentation(for: photographs)
                == Augmentation(crop: .resized(scale: 0.35...1, ratio: 0.75...(4 / 3)), flip: true))
        #expect(AugmentationPreset.standard.augmentation(for: digits).affine?.degrees == 8)
        #expect(AugmentationPreset.standard.augmentation(for: digits).jitter?.hue == 0)
        digits.showsSigns = false
        #expect(AugmentationPreset.strong.augmentation(for: digits).crop == .padded(pixels: 3))
        #expect(AugmentationPreset.strong.augmentation(for: photographs).mixes)
        var long = photographs
        long.isPadded = true
        #expect(AugmentationPreset.strong.augmentation(for: long).crop == .none)
    }

    @Test func `an augmentation survives being written and read, and old recipes are read`() throws {
        let photographs = AugmentedPictures(
            size: 128, isSmall: false, showsSigns: false, isGray: false, isPadded: false)
        for preset in AugmentationPreset.allCases {
            let value = preset.augmentation(for: photographs)
            let json = try JSONEncoder().encode(value)
            #expect(try JSONDecoder().decode(Augmentation.self, from: json) == value)
        }
        let old = Data(#"{"crop": {"padded": {"pixels": 4}}, "flip": true}"#.utf8)
        #expect(
            try JSONDecoder().decode(Augmentation.self, from: old) == Augmentation(crop: .padded(pixels: 4), flip: true)
        )
        var wrong = Augmentation.none
        wrong.jitter = ColourJitter()
        wrong.jitter?.hue = 0.7
        let error = #expect(throws: Failure.self) { try wrong.check() }
        #expect(error?.message == "augmentation: jitter: hue is 0.7, it must be a number from 0 to 0.5")
        wrong = .none
        (wrong.trivialAugment, wrong.randAugment) = (TrivialAugment(), RandAugment())
        #expect(throws: Failure.self) { try wrong.check() }
    }

    @Test func `a card says what is beside the picture, and an older card keeps its meaning`() throws {
        var value = Preprocessing(height: 8, width: 8, channels: 1, mean: [0], deviation: [1])
        var json = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        #expect(!json.contains("padding"))
        #expect(try JSONDecoder().decode(Preprocessing.self, from: Data(json.utf8)) == value)
        let unknown = json.replacingOccurrences(of: "{\"", with: "{\"gamma\":2,\"")
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Preprocessing.self, from: Data(unknown.utf8))
        }
        value.resize = .pad
        value.padding = [9, 8, 7]
        json = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        #expect(json.contains("padding"))
        #expect(try JSONDecoder().decode(Preprocessing.self, from: Data(json.utf8)) == value)
        value.padding = [1]
        #expect(throws: Failure.self) { try value.check() }
    }

    @Test(.enabled(if: fovea_counts_allocations() != 0, "allocations are counted with glibc only"))
    func `once its memory has grown, augmenting a picture allocates nothing`() throws {
        let source = try goldens.picture("large")
        let preprocessing = Preprocessing(
            height: 24, width: 24, channels: 3, mean: [0.5, 0.5, 0.5], deviation: [1, 1, 1])
        var augmentation = AugmentationPreset.strong.augmentation(
            for: AugmentedPictures(size: 24, isSmall: false, showsSigns: false, isGray: false, isPadded: false))
        augmentation.crop = .padded(pixels: 3)
        (augmentation.jitter, augmentation.blur, augmentation.perspective) = (.init(), .init(), .init())
        (augmentation.rotation, augmentation.affine, augmentation.sharpness) = (.init(), .init(), .init())
        let scratch = PreprocessingScratch()
        var floats = [Float](repeating: 0, count: preprocessing.count)
        func augment(_ samples: Range<Int>) {
            floats.withUnsafeMutableBufferPointer { room in
                guard let base = room.baseAddress else { return }
                for sample in samples {
                    var stream = RandomStream(seed: 1, purpose: .augmentation, sample: sample)
                    preprocessing.apply(
                        source, augmentation: augmentation, stream: &stream, into: base, scratch: scratch)
                }
            }
        }
        augment(0..<300)
        let before = fovea_allocations()
        augment(300..<600)
        #expect(fovea_allocations() - before == 0)
    }
}
