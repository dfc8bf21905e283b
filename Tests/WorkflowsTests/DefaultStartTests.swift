// The weights that a training on photographs starts from unasked: which, when they are fetched, and what happens where they
// are not to be had.

import Foundation
import FoveaHub
import FoveaTensorCore
import FoveaTestSupport
import FoveaTraining
import FoveaWorkflows
import Synchronization
import Testing

/// Photographs, a hub that has what they are to start from, and what was said.
private final class Photographs: Sendable {
    let folder: TemporaryFolder
    let server: HubServer
    let settings: HubSettings
    let offers = Mutex<[DownloadOffer]>([])
    let notes = Mutex<[String]>([])
    static let network = DefaultNetwork.choose(pictures: 36, TrainingOverrides())
    var model: String { folder.path + "/model.fovea" }

    init(side: Int = 80) throws {
        folder = try TemporaryFolder()
        server = try HubServer.weights(of: Self.network.network, as: Self.network.reference)
        settings = HubSettings([
            "HF_ENDPOINT": server.hub.address, "HF_HOME": folder.path + "/hf", "HOME": folder.path,
        ])
        let classes = ["ant", "bee", "fly"]
        try SyntheticPictures.write(12, classes: classes, in: folder, below: "data/train/", side: side)
        try SyntheticPictures.write(6, classes: classes, in: folder, below: "data/validation/", side: side, from: 100)
    }

    func request(_ consent: DownloadConsent, offline: Bool = false) -> TrainingRequest {
        var request = TrainingRequest(data: folder.path + "/data", output: model)
        var hub = settings
        hub.isOffline = offline
        request.defaultStart = DefaultStart(hub: hub) { [self] offer in
            offers.withLock { $0.append(offer) }
            return consent
        }
        // From scratch a small network is enough to see that it is one.
        (request.overrides.epochs, request.overrides.batchSize, request.loaderThreads) = (1, 12, 2)
        return request
    }

    /// Trains, and keeps what is said: notes, and the reasons of what was chosen.
    func run(_ request: TrainingRequest) throws -> TrainingOutcome {
        notes.withLock { $0 = [] }
        return try train(request) { notice in
            switch notice {
            case .note(let text): notes.withLock { $0.append(text) }
            case .chosen(let defaults): notes.withLock { $0 += defaults.reasons }
            case .opened, .saving: break
            }
        }
    }

    func said(_ text: String) -> Bool { notes.withLock { $0.contains { $0.contains(text) } } }
}

@Suite(.serialized) struct DefaultStartTests {
    @Test func `more pictures get a network that is trained faster, and a head alone the best one`() {
        func reference(_ pictures: Int, _ change: (inout TrainingOverrides) -> Void = { _ in }) -> String {
            var overrides = TrainingOverrides()
            change(&overrides)
            return DefaultNetwork.choose(pictures: pictures, overrides).reference
        }
        let (best, fastest) = (DefaultNetwork.all[0].reference, DefaultNetwork.all.last?.reference)
        #expect(reference(50) == best && reference(1000) == best)
        #expect(reference(50_000) == fastest && reference(50_000) { $0.fineTuning = .head } == best)
        #expect(reference(1000) { $0.epochs = 1000 } == fastest)
        let accuracies = DefaultNetwork.all.map(\.accuracy)
        #expect(accuracies == accuracies.sorted(by: >))
    }

    @Test func `what may be chosen is in the zoo`() throws {
        for network in DefaultNetwork.all {
            let server = try HubServer.weights(of: network.network, as: network.reference)
            let folder = try TemporaryFolder()
            let settings = HubSettings(["HF_ENDPOINT": server.hub.address, "HF_HOME": folder.path])
            let weights = try ModelReference.startingWeights(network.reference, settings: settings)
            #expect(weights.configuration.architecture == network.network)
            // The untrained network has the bytes of the trained one.
            let bytes = server.byteCount("model.safetensors")
            #expect(abs(bytes - network.byteCount) < 100_000, "\(network.reference): \(bytes)")
        }
    }

    @Test
    func `with consent they are offered with size and licence, fetched once, and taken from the cache from then on`()
        throws
    {
        let photographs = try Photographs()
        let outcome = try photographs.run(photographs.request(.given))
        let offer = try #require(photographs.offers.withLock { $0 }.first)
        #expect(offer.network == Photographs.network && offer.host == "127.0.0.1")
        for part in [Photographs.network.size, "licence Apache-2.0", photographs.settings.cache, "--from-scratch"] {
            #expect(offer.text.contains(part), "\(part)")
        }
        #expect(outcome.card.architecture.architecture == Photographs.network.network)
        #expect(outcome.card.preprocessing.height == 224 && outcome.result.head != nil)
        #expect(photographs.said("starting from \(Photographs.network.reference): the usual start for 36 photographs"))
        let recipe = String(decoding: try JSONEncoder().encode(outcome.card.training?.recipe), as: UTF8.self)
        #expect(recipe.contains("Apache-2.0"))
        #expect(photographs.server.contents.requests.count == 1)
        let asked = photographs.server.hub.requests.count
        let again = try photographs.run(photographs.request(.refused))
        #expect(again.card.architecture == outcome.card.architecture)
        #expect(photographs.server.hub.requests.count == asked && photographs.offers.withLock { $0.count } == 1)
        // Without a connection too.
        let offline = try photographs.run(photographs.request(.refused, offline: true))
        #expect(offline.card.architecture == outcome.card.architecture)
    }

    @Test(arguments: [
        (DownloadConsent.refused, "is not to be fetched"),
        (.unasked, "nothing is fetched unasked (--yes, or `fovea models"),
    ])
    func `without consent nothing is asked of the hub, and the training says that it starts from scratch`(
        _ consent: DownloadConsent, _ reason: String
    ) throws {
        let photographs = try Photographs()
        let outcome = try photographs.run(photographs.request(consent))
        #expect(outcome.card.architecture.architecture == "resnet18" && outcome.card.preprocessing.height == 128)
        #expect(photographs.said("from scratch: \(Photographs.network.reference)") && photographs.said(reason))
        #expect(photographs.said(DefaultStart.price))
        #expect(photographs.server.hub.requests.isEmpty && photographs.server.contents.requests.isEmpty)
    }

    @Test func `offline nobody is asked`() throws {
        let photographs = try Photographs()
        let outcome = try photographs.run(photographs.request(.given, offline: true))
        #expect(outcome.card.architecture.architecture == "resnet18")
        #expect(photographs.said("HF_HUB_OFFLINE") && photographs.offers.withLock { $0.isEmpty })
        #expect(photographs.server.hub.requests.isEmpty)
    }

    @Test func `a hub that does not answer leaves a training from scratch`() throws {
        let photographs = try Photographs()
        photographs.server.hub.stop()
        let outcome = try photographs.run(photographs.request(.given))
        #expect(outcome.card.architecture.architecture == "resnet18")
        #expect(photographs.said("\(Photographs.network.reference) could not be fetched: "))
    }

    @Test func `small pictures, a named network and --from-scratch start from nothing, and nobody is asked`() throws {
        let photographs = try Photographs()
        var small = photographs.request(.given)
        small.overrides.size = 64
        #expect(try photographs.run(small).card.architecture.architecture == "smallcnn")
        var named = photographs.request(.given)
        (named.overrides.model, named.overrides.size) = ("mobilenet_v2", 64)
        #expect(try photographs.run(named).card.architecture.architecture == "mobilenet_v2")
        var scratch = photographs.request(.given)
        scratch.overrides.fromScratch = true
        #expect(try photographs.run(scratch).card.architecture.architecture == "resnet18")
        #expect(photographs.offers.withLock { $0.isEmpty })
        var written = photographs.request(.given)
        let folder = try TemporaryFolder()
        written.configurationFile = try folder.write("train.yaml", Array("from-scratch: true\n".utf8))
        #expect(try photographs.run(written).card.architecture.architecture == "resnet18")
        #expect(photographs.offers.withLock { $0.isEmpty })
        scratch.overrides.model = "timm/some.weights"
        let both = #expect(throws: Failure.self) { try photographs.run(scratch) }
        #expect(both?.kind == .usage && both?.message.contains("--from-scratch, and --model timm/some.weights") == true)
        let icons = try Photographs(side: 40)
        #expect(try icons.run(icons.request(.given)).card.architecture.architecture == "smallcnn")
        #expect(icons.offers.withLock { $0.isEmpty })
    }

    @Test func `a way of fine-tuning wants weights, and says so where there are none`() throws {
        let photographs = try Photographs()
        var request = photographs.request(.refused)
        request.overrides.fineTuning = .head
        let failure = #expect(throws: Failure.self) { try photographs.run(request) }
        #expect(failure?.message == "--fine-tune head: there are no trained weights to start from")
        #expect(photographs.said("is not to be fetched"))
        request = photographs.request(.given)
        request.overrides.fineTuning = .head
        #expect(try photographs.run(request).result.head != nil)
    }

    @Test func `a preview shows what the training would show`() throws {
        let photographs = try Photographs()
        var preview = PreviewRequest(data: photographs.folder.path + "/data")
        preview.defaultStart = photographs.request(.unasked).defaultStart
        (preview.rows, preview.draws) = (2, 1)
        #expect(try PreviewWorkflow.run(preview).reasons.contains { $0.hasPrefix("size 128") })
        _ = try photographs.run(photographs.request(.given))
        let reasons = try PreviewWorkflow.run(preview).reasons
        #expect(reasons.contains { $0.hasPrefix("size 224: what \(Photographs.network.reference)") })
    }
}
