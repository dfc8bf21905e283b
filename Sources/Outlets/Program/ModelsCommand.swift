// `fovea models`: the networks there are, and the weights of hubs that are on this machine: list, pull, remove.

import ArgumentParser
import FoveaHub
import FoveaModelFiles
import FoveaTensorCore
import FoveaWorkflows
import Foundation

/// What there is to train and to start from.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List networks; fetch, list and remove trained weights of hubs.",
        discussion: """
            Examples:
              fovea models
              fovea models resnet18 --size 128 --classes 10
              fovea models pull timm/resnet18.a1_in1k
              fovea models list --local
              fovea models remove timm/resnet18.a1_in1k
            """,
        subcommands: [Models.self, CompareModels.self, ModelsPull.self, ModelsRemove.self],
        defaultSubcommand: Models.self)
}

/// Fetches weights.
struct ModelsPull: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Fetch trained weights into the cache that Python's huggingface_hub uses too.",
        discussion: """
            HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN and HF_HUB_OFFLINE mean what they mean there; weights of \
            torchvision lie where PyTorch looks for them (TORCH_HOME). A broken download is gone on from.

            Examples:
              fovea models pull timm/resnet18.a1_in1k
              fovea models pull hf:OWNER/NAME@REVISION
              fovea models pull torchvision/resnet50@V1
            """)

    @Argument(help: "A name on a hub.")
    var reference: String

    @Flag(name: .shortAndLong, help: "Print nothing but errors and the result.")
    var quiet = false

    @Flag(help: "Print JSON.")
    var json = false

    private struct Pulled: Encodable {
        let schema = 1
        let reference: String
        let origin: String
        let licence: String?
        let network: String
        let size: Int
        let classes: Int
    }

    func run() throws {
        guard HubReference(reference) != nil else {
            throw Failure(
                .usage, "\(reference.printable) is no name on a hub",
                advice: "It looks like timm/resnet18.a1_in1k, hf:OWNER/NAME@REVISION or torchvision/resnet50.")
        }
        let display = CountDisplay(isQuiet: quiet)
        defer { display.close() }
        let weights = try ModelReference.startingWeights(reference, progress: display.fetching)
        display.close()
        if !quiet { for note in weights.notes { Output.message("note: " + note.printable) } }
        let network = weights.configuration
        if json {
            return Output.result(
                try JSONText.line(
                    Pulled(
                        reference: reference, origin: weights.origin, licence: weights.licence,
                        network: network.architecture, size: network.height, classes: network.classCount)))
        }
        Output.result(
            "\(weights.origin.printable): \(network.architecture), \(network.height) px, \(network.classCount) classes, "
                + "licence \(weights.licence?.printable ?? "not stated")")
    }
}

/// Removes weights.
struct ModelsRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove weights that were fetched from a hub, with all their revisions.",
        discussion: """
            Examples:
              fovea models remove timm/resnet18.a1_in1k
            """)

    @Argument(help: "A name that `fovea models list --local` shows.")
    var reference: String

    func run() throws {
        let removed = try HubInventory(.current).remove(reference)
        Output.result("removed \(removed.reference.printable): \(LocalModels.size(removed.byteCount))")
    }
}

/// The weights on this machine, as a table.
enum LocalModels {
    private struct Entry: Encodable {
        let reference: String
        let path: String
        let bytes: Int
        let revisions: [String]
    }

    private struct Listing: Encodable {
        let schema = 1
        let local: [Entry]
    }

    static func print(json: Bool) throws {
        let settings = HubSettings.current
        let entries = HubInventory(settings).entries()
        if json {
            return Output.result(
                try JSONText.line(
                    Listing(
                        local: entries.map {
                            Entry(
                                reference: $0.reference, path: $0.path, bytes: $0.byteCount, revisions: $0.revisions)
                        })))
        }
        guard !entries.isEmpty else {
            return Output.result(
                "There are no weights in \(settings.cache.printable). `fovea models pull NAME` fetches some.")
        }
        var table = TextTable([("weights", .left), ("size", .right), ("revisions", .left)])
        for entry in entries {
            table.add([
                entry.reference.printable, size(entry.byteCount),
                entry.revisions.map(\.printable).joined(separator: ", "),
            ])
        }
        Output.result(table.lines.joined(separator: "\n"))
    }

    static func size(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }
}
