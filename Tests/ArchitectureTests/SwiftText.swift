// Takes comments and string literals out of Swift or C text, so that the house's rules judge code and not words.
// A small scanner, not a parser: it knows nested comments, raw and multi-line strings and interpolations; a regular
// expression literal with a quote or a comment mark inside would confuse it.

enum SwiftText {
    /// The text with comments and the contents of strings removed; line breaks stay, so line numbers do as well.
    static func codeOnly(_ text: String) -> String {
        var scanner = Scanner(text: Array(text.unicodeScalars))
        scanner.code(untilParenthesis: false)
        return String(scanner.kept)
    }

    private struct Scanner {
        let text: [Unicode.Scalar]
        var at = 0
        var kept = String.UnicodeScalarView()

        func looking(at word: String, from start: Int) -> Bool {
            let word = Array(word.unicodeScalars)
            return start + word.count <= text.count && text[start..<start + word.count].elementsEqual(word)
        }

        mutating func skip(_ count: Int) {
            for scalar in text[at..<min(at + count, text.count)] where scalar == "\n" { kept.append(scalar) }
            at = min(at + count, text.count)
        }

        mutating func keep() {
            kept.append(text[at])
            at += 1
        }

        /// Code, up to the end of the text or to the parenthesis that ends an interpolation.
        mutating func code(untilParenthesis: Bool) {
            var depth = 0
            while at < text.count {
                if looking(at: "//", from: at) {
                    while at < text.count, text[at] != "\n" { at += 1 }
                } else if looking(at: "/*", from: at) {
                    comment()
                } else if let hashes = hashesBeforeQuote() {
                    string(hashes: hashes)
                } else if text[at] == "`" {
                    repeat { keep() } while at < text.count && text[at] != "`" && text[at] != "\n"
                    if at < text.count { keep() }
                } else {
                    if text[at] == "(" { depth += 1 }
                    if text[at] == ")" {
                        if untilParenthesis, depth == 0 { return skip(1) }
                        depth -= 1
                    }
                    keep()
                }
            }
        }

        mutating func comment() {
            var depth = 0
            repeat {
                if looking(at: "/*", from: at) {
                    depth += 1
                    skip(2)
                } else if looking(at: "*/", from: at) {
                    depth -= 1
                    skip(2)
                } else {
                    skip(1)
                }
            } while depth > 0 && at < text.count
        }

        /// How many `#` stand before a string that starts here; nil when none starts.
        func hashesBeforeQuote() -> Int? {
            var end = at
            while end < text.count, text[end] == "#" { end += 1 }
            return end < text.count && text[end] == "\"" ? end - at : nil
        }

        mutating func string(hashes: Int) {
            let mark = String(repeating: "#", count: hashes)
            let quote = looking(at: "\"\"\"", from: at + hashes) ? "\"\"\"" : "\""
            skip(hashes + quote.unicodeScalars.count)
            while at < text.count {
                if looking(at: quote + mark, from: at) { return skip(quote.unicodeScalars.count + hashes) }
                if looking(at: "\\" + mark + "(", from: at) {
                    skip(hashes + 2)
                    code(untilParenthesis: true)
                } else if looking(at: "\\" + mark, from: at) {
                    skip(hashes + 2)
                } else if text[at] == "\n", quote == "\"" {
                    return  // An unfinished string: the compiler will say so.
                } else {
                    skip(1)
                }
            }
        }
    }
}
