// Model files that are damaged, foreign or contradict themselves: exit code 4 and what to do.

import FoveaModelFiles
import FoveaTensorCore
import FoveaTestSupport
import Foundation
import Testing

@Suite(.serialized) struct BadModelTests {
    let trained: Trained
    let folder: TemporaryFolder
    var picture: String { trained.data + "/test/ant/200.png" }

    init() throws {
        trained = try Trained.shared.get()
        folder = try TemporaryFolder()
    }

    private func expectRefusal(_ path: String, _ words: String...) throws {
        for arguments in [["predict", path, picture], ["evaluate", path, trained.data], ["show", path]] {
            let run = try ProgramRun.fovea(arguments)
            #expect(run.code == 4, "\(arguments[0]): \(run.errors)")
            #expect(run.output.isEmpty)
            for text in words { #expect(run.errors.contains(text), "\(arguments[0]): \(text) in \(run.errors)") }
        }
    }

    @Test func `a model file that is not there`() throws {
        try expectRefusal(folder.path + "/none.fovea", "none.fovea: cannot be opened: No such file or directory")
    }

    @Test func `a model file that is cut short`() throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: trained.model)))
        try expectRefusal(try folder.write("cut.fovea", Array(bytes.dropLast(1000))), "cut.fovea: ")
        try expectRefusal(try folder.write("short.fovea", Array(bytes.prefix(100))), "short.fovea: ")
        try expectRefusal(try folder.write("empty.fovea", []), "empty.fovea: ")
    }

    @Test func `a model file with one changed byte`() throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: trained.model)))
        bytes[bytes.count - 5000] ^= 1
        let run = try ProgramRun.fovea(["predict", try folder.write("changed.fovea", bytes), picture])
        #expect(run.code == 4)
        #expect(run.errors.contains("the weights are not those that were saved: their SHA-256 differs"))
    }

    @Test func `a picture instead of a model`() throws { try expectRefusal(picture) }

    @Test func `a model file whose weights have another shape`() throws {
        var file = try ModelFile.load(trained.model)
        let place = try #require(file.tensors.firstIndex { $0.name.hasSuffix("weight") })
        let name = file.tensors[place].name
        let shape = file.tensors[place].tensor.shape
        file.tensors[place].tensor = Tensor([7, 3], repeating: 0)
        let path = folder.path + "/shape.fovea"
        try file.save(to: path)
        let run = try ProgramRun.fovea(["predict", path, picture])
        #expect(run.code == 4)
        #expect(run.errors.contains("\(name): the file has (7, 3), the model wants \(shape)"))
    }

    @Test func `a model file of a network that this program does not have`() throws {
        var file = try ModelFile.load(trained.model)
        file.card.architecture.architecture = "lenet6"
        let path = folder.path + "/unknown.fovea"
        try file.save(to: path)
        let run = try ProgramRun.fovea(["predict", path, picture])
        #expect(run.code == 4)
        #expect(run.errors.contains("there is no network called lenet6"))
    }
}
