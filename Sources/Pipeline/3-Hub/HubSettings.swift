// Where the hub is, where its cache is, and who asks: from the environment variables that huggingface_hub and PyTorch read,
// with their defaults, so that all of them share one cache.

import FoveaTensorCore
import Foundation

/// The settings of the hub.
package struct HubSettings: Sendable {
    /// Without a slash at the end.
    package var endpoint: String
    /// The folder that holds `models--OWNER--NAME`.
    package var cache: String
    package var token: String?
    /// Whether nothing may be fetched.
    package var isOffline: Bool
    /// Where torchvision's weights are fetched from, without a slash at the end.
    package var torchvisionEndpoint: String
    /// Where PyTorch keeps them.
    package var torchvisionCache: String

    /// The settings that an environment gives.
    package init(_ environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func isTrue(_ name: String) -> Bool { ["1", "ON", "YES", "TRUE"].contains(value(name)?.uppercased() ?? "") }
        let personal = value("HOME") ?? NSHomeDirectory()
        func expanded(_ path: String) -> String { path.hasPrefix("~/") ? personal + path.dropFirst() : path }
        let shared = value("XDG_CACHE_HOME").map(expanded) ?? personal + "/.cache"
        let home = value("HF_HOME").map(expanded) ?? shared + "/huggingface"
        cache = (value("HF_HUB_CACHE") ?? value("HUGGINGFACE_HUB_CACHE")).map(expanded) ?? home + "/hub"
        endpoint = Self.trimmed(value("HF_ENDPOINT") ?? "https://huggingface.co")
        isOffline = isTrue("HF_HUB_OFFLINE") || isTrue("TRANSFORMERS_OFFLINE")
        let file = value("HF_TOKEN_PATH").map(expanded) ?? home + "/token"
        let stored = FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) }
        let implicit = isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? nil : stored
        token = (value("HF_TOKEN") ?? value("HUGGING_FACE_HUB_TOKEN") ?? implicit)
            .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.flatMap { $0.isEmpty ? nil : $0 }
        torchvisionEndpoint = Self.trimmed(value("FOVEA_TORCHVISION_ENDPOINT") ?? "https://download.pytorch.org/models")
        torchvisionCache = (value("TORCH_HOME").map(expanded) ?? shared + "/torch") + "/hub/checkpoints"
    }

    private static func trimmed(_ address: String) -> String {
        address.hasSuffix("/") ? String(address.dropLast()) : address
    }

    /// The settings of this process.
    package static var current: HubSettings { HubSettings(ProcessInfo.processInfo.environment) }

    /// The headers of a request to `url`: the token goes to the hub itself and to nobody else.
    func headers(for url: URL) -> [String: String] {
        guard let token, let own = URL(string: endpoint), own.host == url.host, own.port == url.port,
            own.scheme == url.scheme
        else { return [:] }
        return ["Authorization": "Bearer \(token)"]
    }
}
