// What Package.swift says of its targets, read as text. What a target imports without naming it there builds only where
// another target happens to be built first.

enum Manifest {
    /// What every target's entry names, by the target: `Modeling`, `TrainingTests`.
    static func names(in text: String) -> [String: Set<String>] {
        let starts = text.ranges(of: /\n +(?:module|tests|shim|system|\.target|\.executableTarget)\(/)
        let ends = starts.dropFirst().map(\.lowerBound) + [text.endIndex]
        return zip(starts, ends).reduce(into: [:]) { found, entry in
            let names = text[entry.0.lowerBound..<entry.1].matches(of: /"([^"]+)"/).map { plain($0.1) }
            guard let first = names.first else { return }
            found[text[entry.0].contains("tests(") ? first + "Tests" : first] = Set(names)
        }
    }

    /// What the files import of the house, and their targets' entries do not name, in words.
    static func unnamed(in text: String, files: [(path: String, text: String)]) -> [String] {
        let entries = names(in: text)
        return files.flatMap { path, text -> [String] in
            guard path.hasSuffix(".swift"), let target = target(ofPath: path), let named = entries[target] else {
                return []
            }
            let imported = Set(ImportLaw.imports(in: SwiftText.codeOnly(text)).map { plain($0.module[...]) })
            return imported.intersection(entries.keys).subtracting(named).sorted().map {
                "\(path): Package.swift does not name \($0) among what \(target) imports."
            }
        }
    }

    private static func target(ofPath path: String) -> String? {
        let parts = path.split(separator: "/").map(String.init)
        return parts.first == "Tests" && parts.count > 2 ? parts[1] : ImportLaw.target(ofPath: path)
    }

    /// `Modeling` for FoveaModeling and for 3-Modeling.
    private static func plain(_ name: Substring) -> String {
        let last = name.split(separator: "-").last.map(String.init) ?? String(name)
        return last.hasPrefix("Fovea") && last != "Fovea" ? String(last.dropFirst(5)) : last
    }
}
