// The question before weights are fetched, as a person meets it: on a terminal, with --yes, and where nobody can answer.

import FoveaModelFiles
import FoveaTestSupport
import Foundation
import Testing

@Suite(.serialized) struct DefaultNetworkTests {
    let folder: TemporaryFolder
    let server: HubServer
    var model: String { folder.path + "/model.fovea" }
    static let reference = "timm/efficientnet_b0.ra_in1k"

    init() throws {
        folder = try TemporaryFolder()
        server = try HubServer.weights(of: "timm_efficientnet_b0", as: Self.reference)
        try SyntheticPictures.write(10, classes: ["cat", "dog"], in: folder, below: "data/train/", side: 80)
        try SyntheticPictures.write(
            4, classes: ["cat", "dog"], in: folder, below: "data/validation/", side: 80, from: 50)
    }

    private var arguments: [String] {
        ["train", folder.path + "/data", "-o", model, "--epochs", "1", "--batch", "10", "--threads", "1"]
    }

    private var environment: [String: String?] {
        [
            "HF_HOME": folder.path + "/hf", "HF_ENDPOINT": server.hub.address, "HF_HUB_CACHE": nil, "HF_TOKEN": nil,
            "HF_HUB_OFFLINE": nil, "no_proxy": "*", "TERM": "dumb",
        ]
    }

    private func network() throws -> String { try ModelFile.loadCard(model).architecture.architecture }

    @Test func `--yes says what is fetched, fetches it, and starts from it`() throws {
        let run = try ProgramRun.fovea(arguments + ["--yes"], environment: environment)
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("fetching once: "))
        #expect(run.errors.contains("\(Self.reference), 21.4 MB, licence Apache-2.0"), "\(run.errors)")
        #expect(run.errors.contains("starting from \(Self.reference)"))
        #expect(try network() == "timm_efficientnet_b0")
        // From now on nobody is asked, and nothing.
        let asked = server.hub.requests.count
        let again = try ProgramRun.fovea(arguments, environment: environment)
        #expect(again.code == 0 && !again.errors.contains("fetch"), "\(again.errors)")
        #expect(try network() == "timm_efficientnet_b0" && server.hub.requests.count == asked)
    }

    @Test func `without a terminal nothing is fetched, and it says how`() throws {
        let run = try ProgramRun.fovea(arguments, input: Array("y\n".utf8), environment: environment)
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("from scratch: ") && run.errors.contains("--yes"), "\(run.errors)")
        #expect(run.errors.contains("`fovea models pull \(Self.reference)`"))
        #expect(try network() == "resnet18" && server.hub.requests.isEmpty)
    }

    @Test(arguments: [
        ("y\n", true), ("\n", true), ("perhaps\nYES\n", true), ("n\n", false), ("\u{4}", false),
    ])
    func `on a terminal the answer decides`(_ typed: String, _ isFetched: Bool) throws {
        let run = try ProgramRun.onTerminal(arguments, typing: typed, environment: environment)
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("Fetch it now? [Y/n]"), "\(run.errors)")
        #expect(run.errors.contains("21.4 MB, licence Apache-2.0"))
        #expect(try network() == (isFetched ? "timm_efficientnet_b0" : "resnet18"), "\(run.errors)")
        #expect(server.hub.requests.isEmpty == !isFetched)
    }

    @Test func `from scratch nobody is asked on a terminal either`() throws {
        let run = try ProgramRun.onTerminal(arguments + ["--from-scratch"], typing: "", environment: environment)
        #expect(run.code == 0 && !run.errors.contains("Fetch it"), "\(run.errors)")
        #expect(try network() == "resnet18" && server.hub.requests.isEmpty)
        let both = try ProgramRun.fovea(arguments + ["--from-scratch", "--yes"], environment: environment)
        #expect(both.code == 2 && both.errors.contains("--from-scratch takes none"))
    }
}
