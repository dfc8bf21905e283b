// swift-tools-version: 6.2
// Programs that use Fovea as an application would: through its library product and nothing else.

import PackageDescription

let package = Package(
    name: "Examples",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "Fovea", path: "..")],
    targets: [
        .executableTarget(name: "classify", dependencies: [.product(name: "Fovea", package: "Fovea")]),
        .executableTarget(name: "train", dependencies: [.product(name: "Fovea", package: "Fovea")]),
    ],
    swiftLanguageModes: [.v6]
)
