// The import law holds in this checkout, and the checker sees planted breaches.

import Testing

@Suite struct ImportLawTests {
    @Test func `every import line of Sources keeps the law`() throws {
        let sources = try Repository.files().filter { $0.path.hasPrefix("Sources/") }
        #expect(sources.count > 10)
        let found = sources.flatMap { ImportLaw.violations(path: $0.path, text: $0.text) }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test func `Package.swift names what every target imports`() throws {
        let files = try Repository.files()
        let manifest = try #require(files.first { $0.path == "Package.swift" })
        #expect(Manifest.names(in: manifest.text)["Modeling"]?.contains("Compiler") == true)
        let found = Manifest.unnamed(in: manifest.text, files: files)
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test func `an import that Package.swift does not name is seen`() {
        let manifest = """
                    module("Graph", in: "Engine"),
                    module(
                        "3-Modeling", in: "Pipeline",
                        imports: ["FoveaTensorCore"]),
                    tests("Graph", imports: []),
            """
        let files = [
            ("Sources/Pipeline/3-Modeling/A.swift", "import Foundation\nimport FoveaGraph"),
            ("Tests/GraphTests/A.swift", "import FoveaGraph"), ("Sources/Engine/Graph/A.swift", "import FoveaGraph"),
        ].map { (path: $0.0, text: $0.1) }
        #expect(
            Manifest.unnamed(in: "let package = 1\n" + manifest, files: files) == [
                "Sources/Pipeline/3-Modeling/A.swift: Package.swift does not name Graph among what Modeling imports."
            ])
    }

    @Test func `every shim says in its README that it has no stable API`() throws {
        let files = try Repository.files()
        // A folder with a module map alone names a system library and holds no code of ours.
        let shims = Set(
            files.filter { $0.path.wholeMatch(of: /Sources\/Shims\/.*\.(?:c|cpp)/) != nil }
                .compactMap { ImportLaw.target(ofPath: $0.path) })
        for shim in shims.sorted() {
            let readme = files.first { $0.path == "Sources/Shims/\(shim)/README.md" }
            #expect(readme?.text.lowercased().contains("no stable api") == true, "Sources/Shims/\(shim)/README.md")
        }
    }

    @Test(arguments: [
        ("Sources/Engine/TensorCore/A.swift", "import FoveaGraph", "TensorCore may not import Graph"),
        ("Sources/Engine/OneDNNBackend/A.swift", "import FoveaReferenceBackend", "may not import ReferenceBackend"),
        ("Sources/Engine/ReferenceBackend/A.swift", "import COneDNN", "may not import COneDNN"),
        ("Sources/Pipeline/Pictures/A.swift", "@testable import FoveaGraph", "Pictures may not import Graph"),
        ("Sources/Pipeline/2-Loading/A.swift", "package import FoveaModeling", "Loading may not import Modeling"),
        ("Sources/Pipeline/3-Modeling/A.swift", "import FoveaLoading", "Modeling may not import Loading"),
        ("Sources/Pipeline/4-Training/A.swift", "import FoveaOneDNNBackend", "may not import OneDNNBackend"),
        ("Sources/Pipeline/4-Training/A.swift", "import FoveaEvaluating", "Training may not import Evaluating"),
        ("Sources/Pipeline/4-Training/A.swift", "import struct FoveaServing.Server", "may not import Serving"),
        ("Sources/Pipeline/5-Evaluating/A.swift", "import GRDB", "only RunHistory may import GRDB"),
        ("Sources/Outlets/Workflows/A.swift", "import FoveaServing", "Workflows may not import Serving"),
        ("Sources/Outlets/RunHistory/A.swift", "import Hummingbird", "only Serving may import Hummingbird"),
        ("Sources/Outlets/Program/Show/A.swift", "import Fovea", "Program may not import Fovea"),
        ("Sources/Engine/Graph/A.swift", "#if true\n    import Magic\n#endif", "A.swift:2: Magic is not in the table"),
        ("Sources/Pipeline/9-Dreaming/A.swift", "let a = 1", "the target Dreaming is not in the table"),
        ("Sources/Shims/CKernels/a.c", "#include <png.h>", "only CImageCodecs, CPNG may include <png.h>"),
        ("Sources/Engine/Graph/A.swift", "/* why */ @preconcurrency import FoveaCompiler // so", "not import Compiler"),
    ])
    func `a planted breach is seen`(path: String, text: String, sentence: String) {
        let found = ImportLaw.violations(path: path, text: text)
        #expect(found.count == 1)
        #expect(found.first?.contains(sentence) == true, "\(found)")
    }

    @Test(arguments: [
        ("Sources/Engine/Compiler/A.swift", "import Foundation\nimport FoveaOperators\nimport FoveaTensorCore"),
        ("Sources/Engine/OneDNNBackend/A.swift", "import COneDNN\nimport CKernels\nimport FoveaCompiler"),
        ("Sources/Pipeline/3-Modeling/A.swift", "package import FoveaPreprocessing\nimport FoveaCompiler"),
        ("Sources/Pipeline/Running/A.swift", "import FoveaLoading\nimport FoveaCompiler\nimport FoveaModelFiles"),
        ("Sources/Pipeline/5-Evaluating/A.swift", "import FoveaRunning // not: import FoveaTraining"),
        ("Sources/Outlets/Serving/A.swift", "import FoveaRunHistory\nimport FoveaWorkflows\nimport Hummingbird"),
        ("Sources/Outlets/Program/A.swift", "import ArgumentParser\nimport FoveaOneDNNBackend\nimport FoveaServing"),
        ("Sources/Engine/Graph/A.swift", "let sentence = \"\"\"\nimport FoveaServing\n\"\"\""),
        ("Tests/GraphTests/A.swift", "import FoveaServing"),
    ])
    func `what the law allows passes`(path: String, text: String) {
        #expect(ImportLaw.violations(path: path, text: text) == [])
    }

    @Test func `the table contradicts itself nowhere`() {
        let named = Set(ImportLaw.importers.keys).union(ImportLaw.confined.keys).union(ImportLaw.neighbours.keys)
            .union(ImportLaw.importers.values.joined()).union(ImportLaw.confined.values.joined())
            .union(ImportLaw.packages.values.joined()).union(ImportLaw.headers.values.joined())
        #expect(named.subtracting(ImportLaw.targets) == [])
        #expect(ImportLaw.order.joined().count == ImportLaw.targets.count)
        for (row, targets) in ImportLaw.order.enumerated() {
            let before = Set(ImportLaw.order[..<row].joined())
            for target in targets {
                let neighbours = ImportLaw.neighbours[target] ?? []
                #expect(ImportLaw.mayImport(target).isSubset(of: before.union(neighbours)), "\(target)")
            }
        }
    }
}
