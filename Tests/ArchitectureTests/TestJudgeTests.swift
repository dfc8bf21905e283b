// The script that judges a test run is held to account itself: real lines of Swift Testing in, verdict and status out.

import Foundation
import Testing

@Suite struct TestJudgeTests {
    /// Lines as Swift Testing 6.3 prints them.
    static let run = """
        ◇ Test run started.
        ➜ Suite "A whole suite" skipped: "suite off"
        ➜ Test "a sentence" skipped: "no data here"
        ➜ Test plain() skipped.
        ◇ Test case passing 1 argument x → 1 to passes(x:) started.
        ✔ Test passes(x:) with 2 test cases passed after 0.001 seconds.
        """

    @Test func `a run with listed skips passes and is counted`() throws {
        let output = Self.run + "\n✔ Test run with 3 tests in 3 suites passed after 0.001 seconds.\n"
        let verdict = try judge(output, allowed: "# needs pictures\n\"a sentence\"\nplain()\n", status: 0)
        #expect(verdict.status == 0)
        #expect(verdict.text.contains("skipped: \"a sentence\": \"no data here\""))
        #expect(verdict.text.hasSuffix("\n1 passed, 0 failed, 2 skipped\n"))
    }

    @Test func `a skipped test that is not listed fails the run`() throws {
        let output = Self.run + "\n✔ Test run with 3 tests in 3 suites passed after 0.001 seconds.\n"
        let verdict = try judge(output, allowed: "plain()\n", status: 0)
        #expect(verdict.status == 1)
        #expect(verdict.text.contains("skipped, NOT ALLOWED: \"a sentence\": \"no data here\""))
        #expect(!verdict.text.contains("NOT ALLOWED: plain()"))
    }

    @Test func `a cancelled test counts as skipped`() throws {
        let output = """
            ➜ Test cancels() was cancelled after 0.001 seconds: "no network"
            ✔ Test run with 2 tests in 1 suite passed after 0.001 seconds.
            """
        let verdict = try judge(output, allowed: "", status: 0)
        #expect(verdict.status == 1)
        #expect(verdict.text.hasSuffix("\n1 passed, 0 failed, 1 skipped\n"))
    }

    @Test func `failed tests are counted once`() throws {
        let output = """
            ✘ Test fails(x:) recorded an issue with 1 argument x → 1 at a.swift:11:50: Expectation failed: (x → 1) == 2
            ✘ Test case passing 1 argument x → 1 to fails(x:) failed after 0.001 seconds with 1 issue.
            ✘ Test fails(x:) with 3 test cases failed after 0.001 seconds with 2 issues.
            ✘ Suite One failed after 0.001 seconds with 2 issues.
            ✘ Test run with 5 tests in 1 suite failed after 0.001 seconds with 2 issues.
            """
        let verdict = try judge(output, allowed: "", status: 1)
        #expect(verdict.status == 1)
        #expect(verdict.text.hasSuffix("4 passed, 1 failed, 0 skipped\n"))
    }

    /// A run that proves nothing. Its name alone is printed: whoever reads this test's own output looks for the same
    /// lines.
    struct EmptyRun: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let output: String
        let status: Int
        let sentence: String
    }

    @Test(arguments: [
        EmptyRun(
            testDescription: "no tests", output: "✔ Test run with 0 tests in 0 suites passed after 0.001 seconds.\n",
            status: 0, sentence: "No test ran."),
        EmptyRun(
            testDescription: "no build", output: "error: fatalError\n",
            status: 1, sentence: "The run printed no summary"),
        EmptyRun(
            testDescription: "a crash at the end",
            output: "✔ Test run with 4 tests in 1 suite passed after 0.001 seconds.\n",
            status: 139, sentence: "The run ended with status 139."),
    ])
    func `a run that proves nothing fails`(run: EmptyRun) throws {
        let verdict = try judge(run.output, allowed: "", status: run.status)
        #expect(verdict.status == 1)
        #expect(verdict.text.contains(run.sentence))
    }

    private func judge(_ output: String, allowed: String, status: Int) throws -> (text: String, status: Int32) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let outputFile = folder.appendingPathComponent("output.txt")
        let allowedFile = folder.appendingPathComponent("allowed.txt")
        try Data(output.utf8).write(to: outputFile)
        try Data(allowed.utf8).write(to: allowedFile)

        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        let script = Repository.root.appendingPathComponent("scripts/judge-tests.sh").path
        process.arguments = [script, outputFile.path, allowedFile.path, "\(status)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (text, process.terminationStatus)
    }
}
