// swift-tools-version: 6.2
// Fovea: folder = pipeline stage, target = module. The import law stands in Tests/ArchitectureTests.

import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// On Linux the program has Swift's own libraries inside: it starts in two thirds of the time, and runs where no Swift is
/// installed. Said at the link alone, not by `--static-swift-stdlib`, so that tests share what is compiled.
let swiftInside: [LinkerSetting] =
    [.unsafeFlags(["-static-stdlib"], .when(platforms: [.linux]))]
    + [
        "FoundationInternationalization", "_FoundationCShims", "_FoundationCollections", "CoreFoundation",
        "_FoundationICU",
    ]
    .map { .linkedLibrary($0, .when(platforms: [.linux])) }

/// A Swift target: `module("Pictures", in: "Pipeline", imports: [...])` is FoveaPictures at Sources/Pipeline/Pictures.
func module(_ name: String, in stage: String, imports: [Target.Dependency] = []) -> Target {
    let plain = name.split(separator: "-").last.map(String.init) ?? name
    return .target(
        name: "Fovea" + plain, dependencies: imports, path: "Sources/\(stage)/\(name)", swiftSettings: strict)
}

/// The tests of one target: `tests("Pictures", ...)` is FoveaPicturesTests at Tests/PicturesTests.
func tests(_ name: String, imports: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: "Fovea\(name)Tests", dependencies: imports, path: "Tests/\(name)Tests", exclude: exclude,
        swiftSettings: strict)
}

/// A C target at Sources/Shims, headers in `include`. `libraries` are those that no pkg-config file of its imports names.
func shim(_ name: String, imports: [Target.Dependency] = [], linking libraries: [String] = []) -> Target {
    .target(
        name: name, dependencies: imports, path: "Sources/Shims/\(name)", exclude: ["README.md"],
        cSettings: [.treatAllWarnings(as: .error)], linkerSettings: libraries.map { .linkedLibrary($0) })
}

/// A library of the system, found by pkg-config.
func system(_ name: String, _ pkgConfig: String, apt: [String], brew: [String]) -> Target {
    .systemLibrary(
        name: name, path: "Sources/Shims/\(name)", pkgConfig: pkgConfig, providers: [.apt(apt), .brew(brew)])
}

let package = Package(
    name: "Fovea",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Fovea", targets: ["Fovea"]),
        .executable(name: "fovea", targets: ["FoveaProgram"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
    ],
    targets: [
        // Shims
        system("CZlib", "zlib", apt: ["zlib1g-dev"], brew: ["zlib"]),
        .target(
            name: "COneDNN", path: "Sources/Shims/COneDNN", exclude: ["README.md"],
            cxxSettings: [.treatAllWarnings(as: .error)], linkerSettings: [.linkedLibrary("dnnl")]),
        system("CJPEG", "libjpeg", apt: ["libjpeg62-turbo-dev"], brew: ["jpeg-turbo"]),
        system("CPNG", "libpng", apt: ["libpng-dev"], brew: ["libpng"]),
        system("CWebP", "libwebpdemux", apt: ["libwebp-dev"], brew: ["webp"]),
        system("CTIFF", "libtiff-4", apt: ["libtiff-dev"], brew: ["libtiff"]),
        system("CLCMS", "lcms2", apt: ["liblcms2-dev"], brew: ["little-cms2"]),
        shim("CImageCodecs", imports: ["CJPEG", "CPNG", "CWebP", "CTIFF", "CLCMS"], linking: ["webp", "gif"]),
        shim("CKernels"),
        shim("CTransfer"),
        // Engine
        module("TensorCore", in: "Engine", imports: ["CKernels"]),
        module("Graph", in: "Engine", imports: ["FoveaTensorCore"]),
        module("Operators", in: "Engine", imports: ["FoveaTensorCore", "FoveaGraph"]),
        module("ReferenceBackend", in: "Engine", imports: ["FoveaTensorCore", "FoveaGraph", "FoveaOperators"]),
        module("Compiler", in: "Engine", imports: ["FoveaTensorCore", "FoveaGraph", "FoveaOperators"]),
        module(
            "OneDNNBackend", in: "Engine",
            imports: ["FoveaTensorCore", "FoveaGraph", "FoveaOperators", "FoveaCompiler", "COneDNN", "CKernels"]),
        // Pipeline
        module("Pictures", in: "Pipeline", imports: ["FoveaTensorCore", "CImageCodecs", "CKernels"]),
        module(
            "1-Collecting", in: "Pipeline",
            imports: [
                "FoveaTensorCore", "FoveaPictures", "CZlib", "CTransfer",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        module("2-Preprocessing", in: "Pipeline", imports: ["FoveaTensorCore", "FoveaPictures", "CKernels"]),
        module(
            "2-Loading", in: "Pipeline",
            imports: ["FoveaTensorCore", "FoveaPictures", "FoveaCollecting", "FoveaPreprocessing", "CKernels"]),
        module("Measures", in: "Pipeline", imports: ["FoveaTensorCore"]),
        module(
            "3-Modeling", in: "Pipeline",
            imports: ["FoveaTensorCore", "FoveaGraph", "FoveaOperators", "FoveaCompiler", "FoveaPreprocessing"]),
        module(
            "3-ModelFiles", in: "Pipeline",
            imports: [
                "FoveaTensorCore", "FoveaGraph", "FoveaCollecting", "FoveaPreprocessing", "FoveaModeling",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        module(
            "3-Hub", in: "Pipeline",
            imports: [
                "FoveaTensorCore", "FoveaCollecting", "FoveaPreprocessing",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        module(
            "Running", in: "Pipeline",
            imports: [
                "FoveaTensorCore", "FoveaGraph", "FoveaCompiler", "FoveaCollecting", "FoveaLoading", "FoveaModeling",
                "FoveaModelFiles", "FoveaMeasures",
            ]),
        module(
            "4-Training", in: "Pipeline",
            imports: [
                "FoveaTensorCore", "FoveaGraph", "FoveaOperators", "FoveaCompiler", "FoveaCollecting",
                "FoveaPreprocessing", "FoveaLoading", "FoveaModeling", "FoveaModelFiles", "FoveaMeasures",
                "FoveaRunning", .product(name: "Yams", package: "Yams"),
            ]),
        module(
            "5-Evaluating", in: "Pipeline",
            imports: [
                "FoveaTensorCore", "FoveaCompiler", "FoveaCollecting", "FoveaLoading", "FoveaModelFiles",
                "FoveaMeasures", "FoveaRunning",
            ]),
        module(
            "6-Predicting", in: "Pipeline",
            imports: [
                "FoveaTensorCore", "FoveaCompiler", "FoveaPictures", "FoveaCollecting", "FoveaPreprocessing",
                "FoveaLoading", "FoveaModelFiles", "FoveaRunning",
            ]),
        // Outlets
        module(
            "Workflows", in: "Outlets",
            imports: [
                "FoveaTensorCore", "FoveaGraph", "FoveaOperators", "FoveaCompiler", "FoveaPictures", "FoveaCollecting",
                "FoveaPreprocessing",
                "FoveaLoading", "FoveaModeling", "FoveaModelFiles", "FoveaHub", "FoveaMeasures", "FoveaRunning",
                "FoveaTraining", "FoveaEvaluating", "FoveaPredicting",
            ]),
        .target(
            name: "Fovea",
            dependencies: [
                "FoveaTensorCore", "FoveaCompiler", "FoveaOneDNNBackend", "FoveaTraining", "FoveaPredicting",
                "FoveaWorkflows",
            ],
            path: "Sources/Outlets/Fovea", swiftSettings: strict),
        .executableTarget(
            name: "FoveaProgram",
            dependencies: [
                "FoveaTensorCore", "FoveaGraph", "FoveaCompiler", "FoveaOneDNNBackend", "FoveaPictures",
                "FoveaCollecting", "FoveaPreprocessing", "FoveaLoading", "FoveaModeling", "FoveaModelFiles", "FoveaHub",
                "FoveaMeasures", "FoveaRunning", "FoveaTraining", "FoveaEvaluating", "FoveaPredicting",
                "FoveaWorkflows", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Outlets/Program", swiftSettings: strict, linkerSettings: swiftInside),
        // Tests
        .target(
            name: "FoveaTestSupport",
            dependencies: [
                "FoveaTensorCore", "FoveaGraph", "FoveaOperators", "FoveaPreprocessing", "FoveaModeling",
                "FoveaModelFiles", "FoveaRunning", .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Tests/TestSupport", swiftSettings: strict),
        .target(
            name: "CAllocationCounter", path: "Tests/AllocationCounter", cSettings: [.treatAllWarnings(as: .error)]),
        tests("Architecture", imports: []),
        tests(
            "Conformance",
            imports: [
                "FoveaTensorCore", "FoveaGraph", "FoveaOperators", "FoveaCompiler", "FoveaReferenceBackend",
                "FoveaOneDNNBackend", "FoveaModeling", "FoveaModelFiles", "FoveaTestSupport", "CKernels",
            ]),
        tests("TensorCore", imports: ["FoveaTensorCore"]),
        tests(
            "Operators",
            imports: ["FoveaTensorCore", "FoveaGraph", "FoveaOperators", "FoveaReferenceBackend", "FoveaTestSupport"]),
        tests(
            "ReferenceBackend",
            imports: ["FoveaTensorCore", "FoveaGraph", "FoveaOperators", "FoveaReferenceBackend", "FoveaTestSupport"]),
        tests("Pictures", imports: ["FoveaTensorCore", "FoveaPictures", "FoveaTestSupport"]),
        tests(
            "Preprocessing",
            imports: ["FoveaTensorCore", "FoveaPictures", "FoveaPreprocessing", "CAllocationCounter"]),
        tests(
            "Modeling", imports: ["FoveaTensorCore", "FoveaGraph", "FoveaModeling", "FoveaTestSupport"]),
        tests("Measures", imports: ["FoveaMeasures", "FoveaTensorCore"]),
        tests(
            "ModelFiles",
            imports: [
                "FoveaModelFiles", "FoveaTensorCore", "FoveaGraph", "FoveaPreprocessing", "FoveaModeling",
            ]),
        tests(
            "Hub",
            imports: [
                "FoveaTensorCore", "FoveaCollecting", "FoveaHub", "FoveaTestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        tests(
            "Training",
            imports: [
                "FoveaTensorCore", "FoveaGraph", "FoveaOperators", "FoveaCompiler", "FoveaOneDNNBackend",
                "FoveaPictures", "FoveaCollecting", "FoveaPreprocessing", "FoveaLoading", "FoveaModeling",
                "FoveaRunning", "FoveaTraining", "FoveaTestSupport", "CAllocationCounter",
            ]),
        tests(
            "Collecting",
            imports: [
                "FoveaTensorCore", "FoveaPictures", "FoveaCollecting", "CZlib", "FoveaTestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        tests(
            "Loading",
            imports: [
                "FoveaTensorCore", "FoveaPictures", "FoveaCollecting", "FoveaPreprocessing", "FoveaLoading",
                "FoveaTestSupport", "CAllocationCounter",
            ]),
        tests(
            "Evaluating",
            imports: [
                "FoveaTensorCore", "FoveaGraph", "FoveaOneDNNBackend", "FoveaPictures", "FoveaCollecting",
                "FoveaPreprocessing", "FoveaLoading", "FoveaModeling", "FoveaModelFiles", "FoveaMeasures",
                "FoveaRunning", "FoveaEvaluating", "FoveaPredicting", "FoveaTestSupport",
            ]),
        tests(
            "Predicting",
            imports: [
                "FoveaTensorCore", "FoveaGraph", "FoveaOneDNNBackend", "FoveaPictures", "FoveaPreprocessing",
                "FoveaModeling", "FoveaModelFiles", "FoveaRunning", "FoveaPredicting", "FoveaTestSupport",
            ]),
        tests(
            "Workflows",
            imports: [
                "FoveaTensorCore", "FoveaGraph", "FoveaCompiler", "FoveaOneDNNBackend", "FoveaPictures",
                "FoveaCollecting", "FoveaPreprocessing", "FoveaModeling", "FoveaModelFiles", "FoveaHub", "FoveaRunning",
                "FoveaTraining", "FoveaEvaluating", "FoveaPredicting", "FoveaWorkflows", "FoveaTestSupport",
            ]),
        tests(
            "Program",
            imports: ["FoveaTensorCore", "FoveaModeling", "FoveaModelFiles", "FoveaTestSupport"]),
        tests("Fovea", imports: ["Fovea", "FoveaTestSupport"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
