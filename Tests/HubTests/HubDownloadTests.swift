// The hub's protocol against a server that behaves as it does, and the cache as huggingface_hub lays it out.

import FoveaHub
import FoveaTensorCore
import FoveaTestSupport
import Foundation
import Testing

/// A hub with a small model, and an empty cache.
struct HubSample {
    static let name = "timm/tiny.a1"
    let folder: TemporaryFolder
    let server: HubServer
    var settings: HubSettings
    let weights: [UInt8]

    init(size: Int = 300_000) throws {
        folder = try TemporaryFolder()
        weights = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        server = try HubServer(
            Self.name, files: ["config.json": Array(#"{"architecture": "tiny"}"#.utf8), "model.safetensors": weights])
        settings = HubSettings([
            "HF_ENDPOINT": server.hub.address, "HF_HOME": folder.path, "HOME": folder.path,
            "TORCH_HOME": folder.path + "/torch", "FOVEA_TORCHVISION_ENDPOINT": server.contents.address,
        ])
    }

    func pull(_ text: String = Self.name) throws -> HubFiles {
        let reference = try #require(HubReference(text))
        return try HubDownload(settings, waits: [0.01, 0.01, 0.01]).files(of: reference)
    }

    var cache: String { folder.path + "/hub/models--timm--tiny.a1" }
    func blob(_ etag: String) -> String { cache + "/blobs/" + etag }
    func bytes(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { [UInt8]($0) } }
    func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
}

@Suite struct HubDownloadTests {
    @Test func `files arrive in the layout of huggingface_hub`() throws {
        let sample = try HubSample()
        let files = try sample.pull()
        let commit = String(repeating: "5", count: 40)
        #expect(files.path == sample.cache + "/snapshots/" + commit)
        #expect(files.origin == "timm/tiny.a1 of 127.0.0.1, revision 5555555")
        #expect(files.notes.isEmpty)
        #expect(sample.bytes(sample.cache + "/refs/main") == Array(commit.utf8))
        #expect(sample.names(files.path) == ["config.json", "model.safetensors"])
        let etag = HubServer.sha256(sample.weights)
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: files.path + "/model.safetensors")
                == "../../blobs/\(etag)")
        #expect(sample.bytes(files.path + "/model.safetensors") == sample.weights)
        #expect(sample.names(sample.cache + "/blobs").count == 2)
    }

    @Test func `what is there is not fetched again`() throws {
        let sample = try HubSample()
        _ = try sample.pull()
        let contents = sample.server.contents.requests.count
        #expect(contents == 1)
        _ = try sample.pull()
        #expect(sample.server.contents.requests.count == contents)
        #expect(sample.server.hub.requests.suffix(2).allSatisfy { $0.method == "HEAD" })
        // A commit never changes, so nobody is asked.
        let asked = sample.server.hub.requests.count
        _ = try sample.pull(HubSample.name + "@" + String(repeating: "5", count: 40))
        #expect(sample.server.hub.requests.count == asked)
    }

    @Test func `a newer commit is fetched beside the older one, and equal contents only once`() throws {
        let sample = try HubSample()
        let old = try sample.pull()
        sample.server.change {
            $0.commit = String(repeating: "6", count: 40)
            $0.files["config.json"] = Array(#"{"architecture": "tiny2"}"#.utf8)
        }
        let new = try sample.pull()
        #expect(new.path != old.path)
        #expect(sample.server.contents.requests.count == 1)
        #expect(sample.bytes(new.path + "/config.json") == Array(#"{"architecture": "tiny2"}"#.utf8))
        #expect(sample.bytes(old.path + "/config.json") == Array(#"{"architecture": "tiny"}"#.utf8))
    }

    @Test func `offline and without a server the cache serves`() throws {
        var sample = try HubSample()
        let files = try sample.pull()
        let asked = sample.server.hub.requests.count
        sample.settings.isOffline = true
        #expect(try sample.pull().path == files.path)
        #expect(sample.server.hub.requests.count == asked)
        sample.settings.isOffline = false
        sample.server.hub.stop()
        let again = try sample.pull()
        #expect(again.path == files.path)
        #expect(again.notes.first?.contains("cannot be reached") == true)
    }

    @Test func `offline without the weights says how to get them`() throws {
        var sample = try HubSample()
        sample.settings.isOffline = true
        let failure = #expect(throws: Failure.self) { try sample.pull() }
        #expect(failure?.message.contains("HF_HUB_OFFLINE") == true)
        #expect(failure?.advice?.contains("fovea models pull timm/tiny.a1") == true)
    }

    @Test func `a file cut short is gone on from`() throws {
        let sample = try HubSample()
        sample.server.change { $0.breaks = [100_000, 50_000] }
        let files = try sample.pull()
        #expect(sample.bytes(files.path + "/model.safetensors") == sample.weights)
        #expect(sample.server.contents.requests.map { $0.start ?? 0 } == [0, 100_000, 150_000])
    }

    @Test func `the part of an earlier run is gone on from, and a wrong one given up`() throws {
        for (part, starts) in [(40_000, [40_000]), (-40_000, [40_000, 0])] {
            let sample = try HubSample()
            let path = "hub/models--timm--tiny.a1/blobs/\(HubServer.sha256(sample.weights)).incomplete"
            let bytes = part > 0 ? Array(sample.weights[..<part]) : [UInt8](repeating: 9, count: -part)
            try sample.folder.write(path, bytes)
            let files = try sample.pull()
            #expect(sample.bytes(files.path + "/model.safetensors") == sample.weights)
            #expect(sample.server.contents.requests.map { $0.start ?? 0 } == starts)
        }
    }

    @Test func `another content than the promised one is refused and not kept`() throws {
        let sample = try HubSample()
        sample.server.change { $0.swapped["model.safetensors"] = sample.weights.reversed() }
        let failure = #expect(throws: Failure.self) { try sample.pull() }
        #expect(failure?.message.contains("SHA-256") == true)
        let blobs = sample.names(sample.cache + "/blobs")
        #expect(!blobs.contains(HubServer.sha256(sample.weights)))
        #expect(sample.names(sample.cache + "/snapshots/" + String(repeating: "5", count: 40)) == ["config.json"])
        // Small files are named by git.
        let small = try HubSample()
        small.server.change { $0.tags["config.json"] = HubServer.git(Array("other".utf8)) }
        #expect(throws: Failure.self) { try small.pull() }
    }

    @Test func `a busy server is asked again`() throws {
        let sample = try HubSample()
        sample.server.change {
            $0.hubAnswers = [
                WebServer.Answer("429 Too Many Requests", ["Retry-After: 0"]),
                WebServer.Answer("503 Service Unavailable"),
            ]
            $0.contentAnswers = [
                WebServer.Answer("500 Internal Server Error"), WebServer.Answer("429 Too Many Requests"),
            ]
        }
        #expect(sample.bytes(try sample.pull().path + "/model.safetensors") == sample.weights)
    }

    @Test func `a server that stays busy is given up, with its answer`() throws {
        let sample = try HubSample()
        sample.server.change {
            $0.hubAnswers = [WebServer.Answer](repeating: .init("503 Service Unavailable"), count: 9)
        }
        let failure = #expect(throws: Failure.self) { try sample.pull() }
        #expect(failure?.message.contains("503") == true)
        #expect(failure?.kind == .work)
    }

    @Test func `refusals say what they mean`() throws {
        let sample = try HubSample()
        let missing = #expect(throws: Failure.self) { try sample.pull("timm/other") }
        #expect(missing?.message.contains("timm/other") == true)
        #expect(missing?.advice?.contains("HF_TOKEN") == true)
        let revision = #expect(throws: Failure.self) { try sample.pull("timm/tiny.a1@v9") }
        #expect(revision?.message.contains("no revision v9") == true)
        sample.server.change { $0.hubAnswers = [.init("403 Forbidden", ["X-Error-Code: GatedRepo"])] }
        let gated = #expect(throws: Failure.self) { try sample.pull() }
        #expect(gated?.message.contains("conditions") == true)
        sample.server.change { $0.files = ["README.md": [1]] }
        let empty = #expect(throws: Failure.self) { try sample.pull() }
        #expect(empty?.message.contains("no weights of a known form") == true)
        sample.server.change { $0.hubAnswers = [.init("200 OK", ["ETag: \"12345678\""], body: [60])] }
        let login = #expect(throws: Failure.self) { try sample.pull() }
        #expect(login?.message.contains("names no commit") == true)
    }

    @Test func `older weight files are taken where there are no safetensors`() throws {
        let sample = try HubSample()
        sample.server.change {
            $0.files["pytorch_model.bin"] = $0.files.removeValue(forKey: "model.safetensors")
            $0.files["config.json"] = nil
        }
        let files = try sample.pull()
        #expect(sample.names(files.path) == ["pytorch_model.bin"])
    }

    @Test func `weights in several files are fetched whole, and the cache serves them`() throws {
        var sample = try HubSample()
        let table =
            #"{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-1.safetensors"}}"#
        sample.server.change { state in
            let weights = state.files.removeValue(forKey: "model.safetensors") ?? []
            state.files["model.safetensors.index.json"] = Array(table.utf8)
            state.files["model-1.safetensors"] = Array(weights[..<1000])
            state.files["model-2.safetensors"] = Array(weights[1000...])
            state.large.formUnion(["model-1.safetensors", "model-2.safetensors"])
        }
        let files = try sample.pull()
        #expect(
            sample.names(files.path) == [
                "config.json", "model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json",
            ])
        #expect(sample.bytes(files.path + "/model-2.safetensors") == Array(sample.weights[1000...]))
        #expect(HubInventory(sample.settings).entries().map(\.reference) == ["timm/tiny.a1"])
        sample.settings.isOffline = true
        #expect(try sample.pull().path == files.path)
        // One of them gone: that is no set of weights.
        try FileManager.default.removeItem(atPath: files.path + "/model-1.safetensors")
        #expect(throws: Failure.self) { try sample.pull() }
        sample.settings.isOffline = false
        #expect(sample.names(try sample.pull().path).count == 4)
    }

    @Test(arguments: [
        #"{"weight_map": {"a": "../../evil.safetensors"}}"#, #"{"weight_map": {"a": "evil.sh"}}"#,
        #"{"weight_map": {}}"#, "[",
        #"{"weight_map": {"a": "missing.safetensors"}}"#,
    ])
    func `a table of files that lead elsewhere, or nowhere, is refused`(_ table: String) throws {
        let sample = try HubSample()
        sample.server.change {
            $0.files["model.safetensors"] = nil
            $0.files["model.safetensors.index.json"] = Array(table.utf8)
        }
        let failure = #expect(throws: Failure.self) { try sample.pull() }
        #expect(failure?.message.contains("model.safetensors.index.json") == true)
    }

    @Test func `model card and transformers' word on pictures come along, and are asked for once`() throws {
        let sample = try HubSample()
        sample.server.change {
            $0.files["README.md"] = Array("---\nlicense: mit\n---\n".utf8)
            $0.files["preprocessor_config.json"] = Array("{}".utf8)
        }
        let files = try sample.pull()
        #expect(
            sample.names(files.path) == ["README.md", "config.json", "model.safetensors", "preprocessor_config.json"])
        let asked = sample.server.hub.requests.count
        _ = try sample.pull()
        #expect(sample.server.hub.requests.count == asked + 1)
    }

    @Test func `the token goes to the hub and not to where it sends us`() throws {
        var sample = try HubSample()
        sample.server.change { $0.token = "hf_secret" }
        #expect(throws: Failure.self) { try sample.pull() }
        sample.settings.token = "hf_secret"
        #expect(sample.bytes(try sample.pull().path + "/model.safetensors") == sample.weights)
        #expect(sample.server.contents.requests.allSatisfy { $0.headers["authorization"] == nil })
    }

    @Test(arguments: ["../../../../evil-file", "..........", "a/b/c/d/e/f/g", "short"])
    func `a tag that is no file's name is refused`(_ tag: String) throws {
        let sample = try HubSample()
        sample.server.change { $0.tags["config.json"] = tag }
        let failure = #expect(throws: Failure.self) { try sample.pull() }
        #expect(failure?.message.contains("does not name the content") == true)
    }

    @Test func `weights of torchvision are checked by the digits in their name`() throws {
        let sample = try HubSample()
        sample.server.change { $0.files["resnet18-f37072fd.pth"] = [1, 2, 3] }
        let failure = #expect(throws: Failure.self) { try sample.pull("torchvision/resnet18") }
        #expect(failure?.message.contains("it should begin f37072fd") == true)
        // What PyTorch fetched before is used as it is.
        try sample.folder.write("torch/hub/checkpoints/resnet18-f37072fd.pth", [4, 5])
        let files = try sample.pull("torchvision/resnet18")
        #expect(files.path == sample.folder.path + "/torch/hub/checkpoints/resnet18-f37072fd.pth")
        let unknown = #expect(throws: Failure.self) { try sample.pull("torchvision/resnet19") }
        #expect(unknown?.advice?.contains("torchvision/resnet18") == true)
    }

    @Test func `what is there is listed, and removed by its name`() throws {
        let sample = try HubSample()
        _ = try sample.pull()
        try sample.folder.write("torch/hub/checkpoints/resnet18-f37072fd.pth", [4, 5])
        try sample.folder.write("hub/models--a--text-only/refs/main", [1])
        let inventory = HubInventory(sample.settings)
        #expect(inventory.entries().map(\.reference) == ["timm/tiny.a1", "torchvision/resnet18"])
        #expect(inventory.entries()[0].byteCount == sample.weights.count + 24)
        #expect(inventory.entries()[0].revisions == ["5555555"])
        #expect(throws: Failure.self) { try inventory.remove("timm/tiny") }
        #expect(try inventory.remove("hf:timm/tiny.a1").reference == "timm/tiny.a1")
        #expect(inventory.entries().map(\.reference) == ["torchvision/resnet18"])
        #expect(sample.names(sample.folder.path + "/hub") == [".locks", "models--a--text-only"])
    }

    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["FOVEA_TEST_PYTHON"] != nil,
            "set FOVEA_TEST_PYTHON to a python3 with huggingface_hub"))
    func `Python's huggingface_hub, offline, finds what we fetched, and we find what it fetched`() throws {
        var sample = try HubSample()
        let files = try sample.pull()
        let script = """
            import os, sys
            from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download, try_to_load_from_cache
            name, folder, other = sys.argv[1:4]
            for file in ("config.json", "model.safetensors"):
                found = hf_hub_download(name, file)
                assert found == os.path.join(folder, file), found
                assert try_to_load_from_cache(name, file) == found
            assert snapshot_download(name) == folder
            report = scan_cache_dir()
            assert not report.warnings, report.warnings
            (repository,) = report.repos
            assert repository.repo_id == name and repository.nb_files == 2, repository
            (revision,) = repository.revisions
            assert revision.refs == frozenset({"main"}), revision
            """
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: ProcessInfo.processInfo.environment["FOVEA_TEST_PYTHON"] ?? "/usr/bin/python3")
        process.arguments = ["-c", script, HubSample.name, files.path, ""]
        var environment = ProcessInfo.processInfo.environment
        environment["HF_HOME"] = sample.folder.path
        environment["HF_HUB_OFFLINE"] = "1"
        environment["HF_HUB_CACHE"] = nil
        process.environment = environment
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        sample.settings.isOffline = true
        #expect(try sample.pull().path == files.path)
    }
}
