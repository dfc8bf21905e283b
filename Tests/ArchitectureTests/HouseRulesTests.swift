// The house's rules hold in this checkout, and the checker sees planted breaches.

import Testing

@Suite struct HouseRulesTests {
    static let opening = "// Shapes of tensors: how many numbers along each axis.\n"

    @Test func `every file keeps the rules`() throws {
        let found = try Repository.files().flatMap { HouseRules.violations(path: $0.path, text: $0.text) }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test(arguments: [
        ("let a = try! read()", "try!: throw a Failure"),
        ("let a = b as! Int", "as!: use as?"),
        ("let text = \"\\(b as! Int)\"", "as!: use as?"),
        ("func f() -> Never { fatalError(\"no\") }", "fatalError: throw"),
        ("func f() { exit(1) }", "exit: leave it"),
        ("struct ImageUtils {}", "\"Utils\" in ImageUtils"),
        ("final class CacheManager {}", "\"Manager\" in CacheManager"),
        ("protocol LayerBase {}", "\"Base\" in LayerBase"),
        ("// " + HouseRules.unfinished[0] + " later", "finish it"),
        ("let folder = \"" + HouseRules.machinePaths[0] + "data\"", "a path of one machine"),
        ("let folder = \"" + HouseRules.homes[0] + "me\"", "a path of one machine"),
    ])
    func `a planted breach is seen`(line: String, sentence: String) {
        let found = HouseRules.violations(path: "Sources/Engine/Graph/A.swift", text: Self.opening + line + "\n")
        #expect(found.count == 1)
        #expect(found.first?.contains(sentence) == true, "\(found)")
    }

    @Test(arguments: [
        "// try! and fatalError are forbidden here", "let text = \"as! and exit(1)\"", "let a = try? read()",
        "let text = #\"a \"quoted\" try! \"#", "struct Base64 {}", "struct Database {}", "let manager = FileManager()",
        "/* outer /* fatalError */ still as! */ let a = 1", "onExit(1)", "Show.exit(1)", "let last = \"\\\"as!\"",
    ])
    func `words, strings and lookalikes pass`(line: String) {
        #expect(HouseRules.violations(path: "Sources/Engine/Graph/A.swift", text: Self.opening + line + "\n") == [])
    }

    @Test func `a file may have 400 lines and not 401`() {
        let lines = String(repeating: "let a = 1\n", count: 399)
        #expect(HouseRules.violations(path: "Sources/Engine/Graph/A.swift", text: Self.opening + lines) == [])
        let found = HouseRules.violations(path: "Tests/GraphTests/A.swift", text: Self.opening + lines + "\n")
        #expect(found == ["Tests/GraphTests/A.swift: 401 lines; a file is one idea, in 400 lines at most."])
    }

    @Test(arguments: ["import FoveaGraph\n", "// Shape\nstruct Shape {}\n", "\n// A paragraph that comes too late.\n"])
    func `a file without an opening paragraph is seen`(text: String) {
        #expect(HouseRules.violations(path: "Sources/Engine/Graph/A.swift", text: text).count == 1)
    }

    @Test(arguments: ["Sources/Engine/Graph/GraphUtils.swift", "Sources/Engine/Common/Graph.swift"])
    func `an empty name of a file or folder is seen`(path: String) {
        #expect(HouseRules.violations(path: path, text: Self.opening).count == 1)
    }

    @Test func `the scanner keeps code and line numbers`() {
        let text =
            "a // b\n/* c\n */ d \"e \\(f(\"g\") + \"h\") i\" + #\"j \\(k) \\#(l)\"#\nm \"\"\"\n n \"o\" \n\"\"\"; p"
        #expect(SwiftText.codeOnly(text) == "a \n\n d f() +  + l\nm \n\n; p")
    }
}
