// Runs the built program as a person would, and keeps what it said.

import Foundation

/// A run of `fovea` that has ended.
package struct ProgramRun: Sendable {
    package let code: Int32
    package let output: String
    package let errors: String

    /// Where the program was built: beside the tests.
    package static var program: String {
        if let given = ProcessInfo.processInfo.environment["FOVEA_TEST_PROGRAM"] { return given }
        let tests = Bundle.main.executablePath ?? CommandLine.arguments[0]
        var folder = URL(fileURLWithPath: tests).resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appending(path: "fovea").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        return "fovea"
    }

    /// An environment in which runs beside each other do not take each other's cores by spinning, and in which nobody finds
    /// weights that somebody fetched on this machine.
    package static var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["OMP_WAIT_POLICY"] = "passive"
        environment["NO_COLOR"] = "1"
        environment["HF_HUB_CACHE"] = "/nowhere/hub"
        return environment
    }

    /// Runs to the end. `environment` changes variables, or removes them with nil. `whileRunning` is called once after
    /// the start.
    package static func fovea(
        _ arguments: [String], input: [UInt8] = [], environment changes: [String: String?] = [:],
        in folder: String? = nil,
        launcher: [String] = [], whileRunning: (Process, _ errors: () -> String) throws -> Void = { _, _ in }
    ) throws -> ProgramRun {
        let files = try TemporaryFolder()
        let process = Process()
        let command = launcher + [program] + arguments
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        var environment = environment
        for (name, value) in changes { environment[name] = value }
        process.environment = environment
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        // Files, not pipes: nobody has to read them while the program runs.
        let paths = try ["output", "errors"].map { try files.write($0, []) }
        let handles = try paths.map { try FileHandle(forWritingTo: URL(fileURLWithPath: $0)) }
        process.standardOutput = handles[0]
        process.standardError = handles[1]
        process.standardInput = try FileHandle(
            forReadingFrom: URL(fileURLWithPath: try files.write("input", input)))
        func text(_ path: String) -> String {
            String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        }
        try process.run()
        try whileRunning(process, { text(paths[1]) })
        process.waitUntilExit()
        return ProgramRun(code: process.terminationStatus, output: text(paths[0]), errors: text(paths[1]))
    }
}
