// Files, folders, patterns and standard input: every argument is answered.

import FoveaPredicting
import FoveaTestSupport
import FoveaWorkflows
import Testing

@Suite struct PictureArgumentsTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["b/10.png", "b/2.png", "b/c/1.jpg", "b/notes.txt", "a.png", "[x].png"] { try folder.write(name) }
    }

    private func expand(_ names: String...) -> (names: [String], notes: [String]) {
        let (inputs, notes) = PictureArguments.expand(
            names.map { $0 == "-" ? $0 : folder.path + "/" + $0 }, standardInput: { [7] })
        return (inputs.map { $0.name.replacing(folder.path + "/", with: "") }, notes)
    }

    @Test func `files stay in order, folders are listed in natural order, other files are noted`() {
        let found = expand("a.png", "b")
        #expect(found.names == ["a.png", "b/2.png", "b/10.png", "b/c/1.jpg"])
        #expect(found.notes.count == 1 && found.notes[0].contains("notes.txt"))
    }

    @Test func `patterns are matched where no shell did it`() {
        #expect(expand("b/*.png").names == ["b/10.png", "b/2.png"])
        #expect(expand("[x].png").names == ["[x].png"])
    }

    @Test func `what is not there keeps its place with a reason`() {
        let (inputs, _) = PictureArguments.expand(["none.png", "*.none", folder.path + "/b/c"], standardInput: { [] })
        #expect(inputs.count == 3)
        guard case .missing(_, let reason) = inputs[0], case .missing = inputs[1] else {
            Issue.record("\(inputs)")
            return
        }
        #expect(reason == "there is no such file")
    }

    @Test func `an empty folder is an answer too`() {
        let path = folder.folder("empty")
        let (inputs, _) = PictureArguments.expand([path], standardInput: { [] })
        guard case .missing(path, "the folder holds no picture") = inputs.first else {
            Issue.record("\(inputs)")
            return
        }
    }

    @Test func `a dash is standard input`() {
        let (inputs, _) = PictureArguments.expand(["-"], standardInput: { [1, 2] })
        guard case .encoded([1, 2], "-") = inputs.first else {
            Issue.record("\(inputs)")
            return
        }
    }
}
