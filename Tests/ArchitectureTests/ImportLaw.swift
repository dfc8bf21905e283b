// The import law: which target may import which. The table below is the law; the code only reads `import` lines
// against it. It knows folders and module names, never the meaning of the code, and tests are free to import anything.

import Foundation

/// The order of the house. A target may import what stands before it, never what stands after it.
enum ImportLaw {
    /// From the foundation to the roof. Targets within one row are neighbours and do not import each other.
    static let order: [[String]] = [
        ["CJPEG", "CPNG", "CWebP", "CTIFF", "CLCMS", "CZlib"],
        ["COneDNN", "CKernels", "CImageCodecs", "CTransfer"],
        ["TensorCore"],
        ["Graph"],
        ["Operators"],
        ["Compiler"],
        ["ReferenceBackend", "OneDNNBackend"],
        ["Pictures"],
        ["Collecting"],
        ["Preprocessing"],
        ["Loading"],
        ["Modeling"],
        ["ModelFiles", "Hub"],
        ["Measures"],
        ["Running"],
        ["Training", "Evaluating", "Predicting"],
        ["Workflows", "Exporting", "RunHistory", "Serving"],
        ["Fovea"],
        ["Program"],
    ]

    /// Neighbours that may be imported all the same.
    static let neighbours: [String: Set<String>] = ["Serving": ["RunHistory", "Workflows"]]

    /// Targets that only these may import: a shim belongs to the one who hides it, a backend to who chooses it.
    static let importers: [String: Set<String>] = [
        "CJPEG": ["CImageCodecs"],
        "CPNG": ["CImageCodecs"],
        "CWebP": ["CImageCodecs"],
        "CTIFF": ["CImageCodecs"],
        "CLCMS": ["CImageCodecs"],
        "CZlib": ["Collecting"],
        "COneDNN": ["OneDNNBackend"],
        "CKernels": ["TensorCore", "OneDNNBackend", "Pictures", "Preprocessing", "Loading"],
        "CImageCodecs": ["Pictures"],
        "CTransfer": ["Collecting"],
        "ReferenceBackend": ["Fovea", "Program"],
        "OneDNNBackend": ["Fovea", "Program"],
        "Fovea": [],
        "Program": [],
    ]

    /// Targets that see less than what stands before them. Data and engine do not know each other before Modeling,
    /// which takes one value from the data side, and Running.
    static let confined: [String: Set<String>] = [
        "Pictures": ["CImageCodecs", "CKernels", "TensorCore"],
        "Collecting": ["CZlib", "CTransfer", "TensorCore", "Pictures"],
        "Preprocessing": ["CKernels", "TensorCore", "Pictures", "Collecting"],
        "Loading": ["CKernels", "TensorCore", "Pictures", "Collecting", "Preprocessing"],
        "Modeling": ["TensorCore", "Graph", "Operators", "Compiler", "Preprocessing"],
        "Hub": ["TensorCore", "Collecting", "Preprocessing"],
    ]

    /// Modules of other packages, and who may import them. One that is not listed may be imported by nobody.
    static let packages: [String: Set<String>] = [
        "ArgumentParser": ["Program"],
        "Crypto": ["Collecting", "ModelFiles", "Hub"],
        "GRDB": ["RunHistory"],
        "HTTPTypes": ["Serving"],
        "Hummingbird": ["Serving"],
        "HummingbirdCore": ["Serving"],
        "Logging": ["Serving"],
        "NIOCore": ["Serving"],
        "ServiceLifecycle": ["Serving"],
        "Yams": ["Training"],
    ]

    /// Modules that come with Swift and the system: for everyone.
    static let system: Set<String> = [
        "Swift", "Foundation", "FoundationEssentials", "Dispatch", "Synchronization",
        "Glibc", "Musl", "Darwin",
    ]

    /// Every target of the house.
    static let targets = Set(order.joined())

    /// What a target of the house may import from the house.
    static func mayImport(_ target: String) -> Set<String> {
        if let confined = confined[target] { return confined }
        guard let row = order.firstIndex(where: { $0.contains(target) }) else { return [] }
        let before = Set(order[..<row].joined()).union(neighbours[target] ?? [])
        return before.filter { importers[$0].map { $0.contains(target) } ?? true }
    }

    /// The target that a file belongs to: `Sources/Pipeline/2-Loading/Ring.swift` is Loading's. Nil outside Sources.
    static func target(ofPath path: String) -> String? {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.first == "Sources", parts.count > 2 else { return nil }
        let folder = parts.count > 3 ? parts[2] : parts[1]  // A stage of targets, or a target of its own.
        return folder.split(separator: "-").last.map(String.init)
    }

    /// The modules that a Swift text imports, with line numbers. `import struct Foundation.Data` imports Foundation.
    static func imports(in code: String) -> [(module: String, line: Int)] {
        let attributes = /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?/
        let pattern =
            /import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(?<module>\w+)(?:\.\w+)*\s*;?\s*$/
        return code.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { number, line in
            guard let start = line.prefixMatch(of: attributes)?.range.upperBound,
                let match = line[start...].prefixMatch(of: pattern)
            else { return nil }
            return (String(match.module), number + 1)
        }
    }

    /// Every breach of the law in one file, in words.
    static func violations(path: String, text: String) -> [String] {
        guard let target = target(ofPath: path) else { return [] }
        guard targets.contains(target) else {
            return ["\(path): the target \(target) is not in the table of Tests/ArchitectureTests/ImportLaw.swift."]
        }
        if !path.hasSuffix(".swift") { return includeViolations(path: path, text: text, target: target) }
        let allowed = mayImport(target)
        return imports(in: SwiftText.codeOnly(text)).compactMap { module, line in
            let plain = module.hasPrefix("Fovea") && module != "Fovea" ? String(module.dropFirst(5)) : module
            if system.contains(module) || plain == target || allowed.contains(plain) { return nil }
            if targets.contains(plain) {
                return "\(path):\(line): \(target) may not import \(plain). It may import "
                    + allowed.sorted().joined(separator: ", ") + "."
            }
            guard let importers = packages[module] else {
                return "\(path):\(line): \(module) is not in the table of Tests/ArchitectureTests/ImportLaw.swift."
            }
            if importers.contains(target) { return nil }
            return "\(path):\(line): only \(importers.sorted().joined(separator: ", ")) may import \(module)."
        }
    }

    /// C libraries, by the start of their headers' names, and the shims that may include them.
    static let headers: [String: Set<String>] = [
        "oneapi/": ["COneDNN"], "dnnl": ["COneDNN"], "jpeglib": ["CJPEG", "CImageCodecs"],
        "jerror": ["CJPEG", "CImageCodecs"], "png.h": ["CPNG", "CImageCodecs"], "webp/": ["CWebP", "CImageCodecs"],
        "tiffio": ["CTIFF", "CImageCodecs"], "lcms2": ["CLCMS", "CImageCodecs"], "gif_lib": ["CImageCodecs"],
        "libheif/": ["CImageCodecs"], "curl/": ["CTransfer"],
        "zlib.h": ["CZlib"],
    ]

    private static func includeViolations(path: String, text: String, target: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { number, line in
            guard let match = line.prefixMatch(of: /\s*#\s*include\s*[<"](?<header>[^>"]+)/),
                let shims = headers.first(where: { match.header.hasPrefix($0.key) })?.value, !shims.contains(target)
            else { return nil }
            return
                "\(path):\(number + 1): only \(shims.sorted().joined(separator: ", ")) may include <\(match.header)>."
        }
    }
}
