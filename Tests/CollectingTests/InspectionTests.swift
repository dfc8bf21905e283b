// What an inspection finds in data that was spoilt on purpose, and that it finds nothing in data that was not.

import FoveaCollecting
import FoveaPictures
import FoveaTensorCore
import FoveaTestSupport
import Foundation
import Testing

@Suite struct InspectionTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ path: String, _ picture: Picture) throws { try folder.write(path, try picture.png()) }

    private func inspect(_ below: String = "data") throws -> Inspection {
        try Inspection(try DataSet.open(folder.path + "/" + below, options: .undivided))
    }

    /// `train/cat/7.png`.
    private func name(_ inspection: Inspection, _ picture: Int) -> String {
        String(inspection.entry(picture).name.dropFirst(folder.path.count + 6))
    }

    @Test func `planted copies, near duplicates, broken files and a missing class are all found, and nothing else`()
        throws
    {
        let classes = ["bird", "cat", "dog"]
        for (label, name) in classes.enumerated() {
            for number in 0..<30 {
                try write("data/train/\(name)/\(number).png", InspectedPictures.picture(label * 1000 + number))
            }
        }
        var (copies, near) = (Set<Set<String>>(), Set<Set<String>>())
        for (label, name) in classes.enumerated() where name != "bird" {
            for number in 0..<10 {
                let (copied, changed) = (
                    "data/validation/\(name)/c\(number).png", "data/validation/\(name)/n\(number).png"
                )
                try write(copied, InspectedPictures.picture(label * 1000 + number))
                copies.insert(["train/\(name)/\(number).png", "validation/\(name)/c\(number).png"])
                let original = InspectedPictures.picture(label * 1000 + 10 + number)
                try write(changed, InspectedPictures.changed(original, number + label))
                near.insert(["train/\(name)/\(10 + number).png", "validation/\(name)/n\(number).png"])
                try write(
                    "data/validation/\(name)/o\(number).png", InspectedPictures.picture(label * 1000 + 500 + number))
            }
        }
        let whole = try InspectedPictures.picture(1).png()
        let broken: [(String, [UInt8])] = [
            ("cut", Array(whole.prefix(whole.count / 2))), ("empty", []), ("text", Array("no picture".utf8)),
            ("head", Array(whole.prefix(40))), ("jpeg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2]),
        ]
        for (name, bytes) in broken { try folder.write("data/train/bird/\(name).png", bytes) }
        let before = try InspectedPictures.tree(folder.path)
        let inspection = try inspect()
        #expect(try InspectedPictures.tree(folder.path) == before)
        #expect(inspection.count == 90 + 60 + 5)
        #expect(
            Set(inspection.unreadable.map { name(inspection, $0.picture) })
                == Set(broken.map { "train/bird/\($0.0).png" }))
        #expect(Set(inspection.unreadable.map(\.cause)).isSuperset(of: ["cut short", "empty file", "not a picture"]))
        #expect(Set(inspection.copies.map { Set($0.pictures.map { name(inspection, $0) }) }) == copies)
        #expect(inspection.copies.allSatisfy { $0.crossSplits && $0.haveSameContent && !$0.areConflicting })
        #expect(inspection.copies.allSatisfy { inspection.split(of: $0.pictures[0]) == .validation })
        #expect(Set(inspection.nearPairs.map { Set([name(inspection, $0.kept), name(inspection, $0.other)]) }) == near)
        #expect(inspection.nearPairs.count { $0.isMirrored } == 5)
        #expect(inspection.nearPairs.allSatisfy { $0.crossesSplits && !$0.isConflicting })
        #expect(inspection.notes.contains("A class has no picture in the validation split: bird."))
    }

    @Test func `clean pictures give no finding`() throws {
        for (label, name) in ["cat", "dog"].enumerated() {
            for number in 0..<40 {
                try write("data/\(name)/\(number).png", InspectedPictures.picture(label * 100 + number))
            }
        }
        let inspection = try inspect()
        #expect(inspection.findings.isEmpty, "\(inspection.findings)")
        #expect(inspection.giveaways.isEmpty, "\(inspection.giveaways)")
        #expect(inspection.tally(\.size).map(\.value) == ["160 x 120"])
        #expect(inspection.tally(\.mode).map(\.value) == ["RGB"])
    }

    @Test func `one picture under two labels is a conflict, in each of its rows`() throws {
        for number in 0..<12 {
            try write("data/cat/\(number).png", InspectedPictures.picture(number))
            try write("data/dog/\(number).png", InspectedPictures.picture(100 + number))
        }
        try write("data/dog/copy.png", InspectedPictures.picture(3))
        try write("data/dog/near.png", InspectedPictures.changed(InspectedPictures.picture(4), 0))
        let inspection = try inspect()
        let rows = inspection.findings.filter { $0.kind.words == "conflicting labels" }.map {
            name(inspection, $0.picture)
        }
        #expect(Set(rows) == ["cat/3.png", "dog/copy.png", "cat/4.png", "dog/near.png"] && rows.count == 4)
        #expect(inspection.findingsCSV.contains("conflicting labels,\"the same file as "))
    }

    @Test func `of small pictures those that differ in a spot are two, those encoded again are one`() throws {
        for number in 0..<12 {
            let picture = InspectedPictures.picture(number).resized(width: 28, height: 28, .bilinear)
            try write("data/cat/\(number).png", picture)
            var changed = picture
            if number == 0 {
                for place in changed.pixels.indices {
                    changed.pixels[place] = UInt8(clamping: Int(picture.pixels[place]) + (place * 7919 >> 3) % 5 - 2)
                }
            } else {
                for row in 12..<15 {
                    for place in (row * 28 + 12) * 3..<(row * 28 + 17) * 3 {
                        changed.pixels[place] = picture.pixels[place] > 127 ? 20 : 235
                    }
                }
            }
            try write("data/dog/\(number).png", changed)
        }
        let inspection = try inspect()
        let pairs = inspection.nearPairs.map { Set([name(inspection, $0.kept), name(inspection, $0.other)]) }
        #expect(pairs == [["cat/0.png", "dog/0.png"]])
    }

    @Test func `pictures unlike the others are named with the reason`() throws {
        for number in 0..<40 {
            try write("data/\(number % 2 == 0 ? "cat" : "dog")/\(number).png", InspectedPictures.picture(number))
        }
        var shade = InspectedPictures.picture(200)
        shade.pixels = shade.pixels.map { _ in 90 }
        try write("data/cat/empty.png", shade)
        var dark = InspectedPictures.picture(201)
        dark.pixels = dark.pixels.map { $0 / 12 }
        try write("data/cat/dark.png", dark)
        let soft = InspectedPictures.picture(202).resized(width: 10, height: 8, .bilinear)
        try write("data/dog/blurred.png", soft.resized(width: 160, height: 120, .bicubic))
        try write("data/dog/long.png", InspectedPictures.picture(203, width: 480, height: 100))
        try write("data/dog/small.png", InspectedPictures.picture(204, width: 28, height: 21))
        let inspection = try inspect()
        let found = Dictionary(
            grouping: inspection.outliers, by: { name(inspection, $0.picture) }
        ).mapValues { Set($0.map(\.kind)) }
        #expect(
            found == [
                "cat/empty.png": [.empty], "cat/dark.png": [.dark], "dog/blurred.png": [.blurred],
                "dog/long.png": [.long], "dog/small.png": [.small],
            ])
    }

    @Test func `a size or a kind of file that tells the class is named`() throws {
        for number in 0..<20 {
            try write("data/cat/\(number).png", InspectedPictures.picture(number, width: 100 + number, height: 90))
            try write("data/dog/\(number).png", InspectedPictures.picture(50 + number, width: 130 + number, height: 90))
            let gray = InspectedPictures.picture(100 + number, width: 110 + number, height: 90).gray()
            try write("data/owl/\(number).png", gray)
        }
        let inspection = try inspect()
        let told = inspection.giveaways.map { "\(inspection.classes[$0.label]): \($0.rule)" }
        #expect(told.contains("owl: colour mode gray"), "\(told)")
        #expect(told.contains("dog: width from 130 on"), "\(told)")
        #expect(!told.contains { $0.hasPrefix("cat: width") })
        let one = try #require(inspection.giveaways.first { $0.property == "width" })
        #expect(one.balancedAccuracy == 1 && one.accuracy == 1 && one.majority == 40.0 / 60)
    }
}
