// The house's rules that a machine can check on the text of one file: length, opening paragraph, names,
// forbidden calls and words. Every rule is a function from a path and a text to sentences, so that planted breaches prove it.

import Foundation

enum HouseRules {
    /// The longest file allowed, in lines.
    static let longestFile = 400

    /// Words that say nothing about what a type or file is for.
    static let emptyNames: Set<String> = [
        "Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Manager", "Managers", "Base", "Common",
    ]

    /// Calls that end the program where an error should be thrown.
    static let forbiddenCode: [(spelled: String, instead: String)] = [
        ("try!", "throw a Failure"), ("as!", "use as? and say what was expected"),
        ("fatalError", "throw a Failure for wrong input, use precondition for a wrong program"),
    ]

    /// Starts of paths that exist on one machine only. Put together here so that this file does not break its own rule.
    /// Tests may speak of homes: they hold that no such path gets out.
    static let machinePaths = ["work/", "root/", "opt/swift"].map { "/" + $0 }
    static let homes = ["home/", "Users/"].map { "/" + $0 }

    /// Marks of unfinished work, likewise.
    static let unfinished = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]

    static let codeEndings: Set<String> = ["swift", "c", "h", "cpp", "cc", "hpp"]

    /// Every breach in one file. `path` is relative to the root of the repository.
    static func violations(path: String, text: String) -> [String] {
        let isCode = codeEndings.contains((path as NSString).pathExtension)
        var found = strangePaths(path: path, text: text)
        if isCode { found += tooLong(path: path, text: text) + unfinishedWork(path: path, text: text) }
        if isCode, path.hasPrefix("Sources/") {
            found += names(path: path, text: text)
        }
        if path.hasPrefix("Sources/"), path.hasSuffix(".swift") {
            found += openingParagraph(path: path, text: text) + forbiddenCalls(path: path, text: text)
        }
        return found
    }

    static func tooLong(path: String, text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count - (text.hasSuffix("\n") ? 1 : 0)
        if lines <= longestFile { return [] }
        return ["\(path): \(lines) lines; a file is one idea, in \(longestFile) lines at most."]
    }

    /// Every file opens with a short paragraph: what this is, where it stands, what it refuses to do.
    static func openingParagraph(path: String, text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let paragraph = lines.prefix { $0.hasPrefix("//") || $0.hasPrefix("/*") || $0.hasPrefix(" *") }
        let words = paragraph.joined(separator: " ").split { !$0.isLetter && !$0.isNumber }
        return words.count >= 5 ? [] : ["\(path): opens without a paragraph that says what the file is."]
    }

    static func names(path: String, text: String) -> [String] {
        let folders = path.split(separator: "/").map { name in String(name.prefix { $0 != "." && $0 != "+" }) }
        let declared = SwiftText.codeOnly(text)
            .matches(of: /\b(?:struct|class|enum|protocol|actor|typealias)\s+(?<name>\w+)/).map { String($0.name) }
        return (folders + declared).compactMap { name in
            // Words of a camel-case name; a digit belongs to its word, so Base64 is not Base.
            let words = name.matches(of: /[A-Z][a-z0-9]*/).map { String($0.output) }
            guard let empty = words.first(where: emptyNames.contains) else { return nil }
            return "\(path): \"\(empty)\" in \(name) says nothing; name the thing by what it does."
        }
    }

    static func forbiddenCalls(path: String, text: String) -> [String] {
        let lines = SwiftText.codeOnly(text).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().flatMap { number, line -> [String] in
            var found = forbiddenCode.filter { spelled, _ in
                line.ranges(of: spelled).contains { range in
                    range.lowerBound == line.startIndex || !isWord(line[line.index(before: range.lowerBound)])
                }
            }
            let exits = line.matches(of: /exit\s*\(/).contains { match in
                guard match.range.lowerBound > line.startIndex else { return true }
                let before = line[line.index(before: match.range.lowerBound)]
                return !isWord(before) && before != "."
            }
            if exits, ImportLaw.target(ofPath: path) != "Program" { found.append(("exit", "leave it to the Program")) }
            return found.map { "\(path):\(number + 1): \($0.spelled): \($0.instead)." }
        }
    }

    static func strangePaths(path: String, text: String) -> [String] {
        (machinePaths + (path.hasPrefix("Tests/") ? [] : homes)).filter(text.contains).map {
            "\(path): \($0) is a path of one machine."
        }
    }

    static func unfinishedWork(path: String, text: String) -> [String] {
        unfinished.filter(text.contains).map { "\(path): \($0): finish it, or write an issue." }
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}
