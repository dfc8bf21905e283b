// The card's sections: what they refuse, what they keep quiet about, and what a probe and a hash are.

import Foundation
import FoveaModelFiles
import FoveaModeling
import FoveaTensorCore
import Testing

@Suite struct ModelCardTests {
    @Test func `a card that contradicts itself is neither written nor read`() throws {
        let folder = try TemporaryFolder()
        let changes: [(String, (inout ModelCard) -> Void)] = [
            ("classes has 2 names, architecture.classCount is 3", { $0.classes.removeLast() }),
            ("the class \"daisy\" stands twice", { $0.classes[1] = "daisy" }),
            ("a class has no name", { $0.classes[1] = "" }),
            ("preprocessing gives 1 x 5 x 4, the architecture takes 1 x 4 x 4", { $0.preprocessing.height = 5 }),
            ("mean has 2 and deviation 1 numbers for 1 channels", { $0.preprocessing.mean = [0, 0] }),
            ("deviation above 0", { $0.preprocessing.deviation = [0] }),
            ("cropFraction is 1.5", { $0.preprocessing.cropFraction = 1.5 }),
            ("background has 0 numbers", { $0.preprocessing.background = [] }),
            ("0 x 4 x 4", { $0.architecture.channels = 0 }),
            ("a probe output is not 3 numbers", { $0.probe?.outputs[0] = [1] }),
            ("a probe output is not 3 numbers", { $0.probe?.outputs[0][0] = .nan }),
            ("the scores of test are not numbers", { $0.scores[0].loss = .nan }),
        ]
        for (message, change) in changes {
            var model = sampleModel()
            change(&model.card)
            let found = failure { try model.save(to: folder.file("a.fovea")) }
            #expect(found?.kind == .model)
            #expect(found?.message.contains(message) == true, "\(found?.message ?? "nothing was thrown")")
        }
        #expect(try folder.names.isEmpty)
    }

    @Test func `no absolute path reaches the file`() throws {
        let folder = try TemporaryFolder()
        var model = sampleModel()
        model.card.data?.name = "/disk/someone/flowers/"
        model.card.training?.recipe = .object(["from": .array([.string("/disk/someone/a.fovea"), .string("a/b")])])
        model.card.training?.history = .string("C:\\someone\\log.txt")
        try model.save(to: folder.file("a.fovea"))
        let card = try ModelFile.loadCard(folder.file("a.fovea"))
        #expect(card.data?.name == "flowers")
        #expect(card.training?.recipe == .object(["from": .array([.string("a.fovea"), .string("a/b")])]))
        #expect(card.training?.history == .string("log.txt"))
        #expect(!String(decoding: try contents(folder.file("a.fovea")), as: UTF8.self).contains("someone"))
    }

    @Test func `training pictures are known by eight bytes of their SHA-256`() throws {
        // FIPS 180-2, appendix B.1: SHA-256 of "abc" starts with ba7816bf 8f01cfea.
        #expect(PictureHashes.hash(of: Array("abc".utf8)) == 0xba78_16bf_8f01_cfea)
        var stream = RandomStream(seed: 5, purpose: .testing)
        let seen = (0..<1000).map { _ in stream.next() }
        let hashes = PictureHashes(seen + seen)
        let json = try JSONEncoder().encode(hashes)
        #expect(json.count < 11_000)
        let read = try JSONDecoder().decode(PictureHashes.self, from: json)
        #expect(read == hashes && read.sorted.count == 1000)
        #expect(seen.allSatisfy(read.contains))
        #expect(!(0..<1000).contains { _ in read.contains(stream.next()) })
        #expect(!PictureHashes([]).contains(1))
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(PictureHashes.self, from: Data("\"AAAA\"".utf8))
        }
    }

    @Test func `a probe's inputs follow from its seed`() {
        let model = ModelConfiguration(architecture: "tiny", channels: 3, height: 4, width: 5, classCount: 2)
        let probe = Probe(seed: 11, outputs: [[0.5, 0.5], [0.25, 0.75]])
        let inputs = probe.inputs(for: model)
        #expect(inputs.shape == [2, 3, 4, 5])
        #expect(Array(inputs.elements.suffix(60)) == Probe.input(seed: 11, index: 1, for: model).elements)
        #expect(inputs.elements.allSatisfy { $0 >= -2 && $0 < 2 })
        #expect(Set(inputs.elements).count > 100)
    }
}
