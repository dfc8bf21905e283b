// How a training on photographs comes to trained weights that nobody named: those in the cache are taken, others fetched only
// with consent, and where there is no way to them the training starts from scratch and says what that costs.

import FoveaHub
import FoveaModelFiles
import FoveaTensorCore
import FoveaTraining
import Foundation

/// What is to be fetched, and where from: enough to decide.
package struct DownloadOffer: Sendable {
    package let network: DefaultNetwork
    /// The hub's host.
    package let host: String
    /// The folder that it will lie in.
    package let cache: String

    /// In sentences.
    package var text: String {
        """
        photographs are learned best by a network that has seen a million of them: \(network.reference), \
        \(network.size), licence \(network.licence), \(network.accuracy) % right on ImageNet
        it would be fetched once, from \(host) into \(cache); --from-scratch does without
        """
    }
}

/// What a person says to an offer.
package enum DownloadConsent: Sendable {
    case given, refused
    /// There was nobody to ask.
    case unasked
}

/// How weights are found that nobody named.
package struct DefaultStart: Sendable {
    package var hub: HubSettings
    /// Asked before anything is fetched.
    package var consent: @Sendable (DownloadOffer) -> DownloadConsent

    package init(hub: HubSettings = .current, consent: @escaping @Sendable (DownloadOffer) -> DownloadConsent) {
        self.hub = hub
        self.consent = consent
    }

    /// What a training from scratch costs: measured on the pictures called clothing (docs/fine-tuning.md).
    package static let price =
        "That costs time and accuracy: 3,068 photographs of clothing took 288 s from scratch to 80 % right, and from trained "
        + "weights 44 s to 90 %."

    /// The weights; nil to start from scratch. `note` is told why. Throws a `Failure` of kind `.model` if what is in the cache
    /// is damaged.
    func weights(
        pictures: Int, _ set: TrainingOverrides, fetching: HubProgress?, note: (String) -> Void
    ) throws -> StartingWeights? {
        let network = DefaultNetwork.choose(pictures: pictures, set)
        if let cached = try cached(network) { return cached }
        func scratch(_ reason: String) -> StartingWeights? {
            note("from scratch: \(reason). \(Self.price)")
            return nil
        }
        let missing = "\(network.reference) (\(network.size)) is not on this machine"
        guard !hub.isOffline else { return scratch("\(missing), and HF_HUB_OFFLINE is set") }
        let host = URL(string: hub.endpoint)?.host ?? hub.endpoint
        switch consent(DownloadOffer(network: network, host: host, cache: hub.cache)) {
        case .given: break
        case .refused: return scratch("\(missing), and is not to be fetched")
        case .unasked:
            return scratch(
                "\(missing), and nothing is fetched unasked (--yes, or `fovea models pull \(network.reference)`)")
        }
        do {
            return try loaded(network, hub, fetching)
        } catch let failure as Failure where failure.kind == .work || failure.kind == .usage {
            return scratch("\(network.reference) could not be fetched: \(failure.message)")
        }
    }

    /// The weights if they are on this machine. Nobody is asked whether there are newer ones.
    private func cached(_ network: DefaultNetwork) throws -> StartingWeights? {
        var settings = hub
        settings.isOffline = true
        do {
            return try loaded(network, settings, nil)
        } catch let failure as Failure where failure.kind == .work { return nil }
    }

    private func loaded(
        _ network: DefaultNetwork, _ settings: HubSettings, _ progress: HubProgress?
    ) throws -> StartingWeights {
        var weights = try ModelReference.startingWeights(network.reference, progress: progress, settings: settings)
        weights.licence = weights.licence ?? network.licence
        return weights
    }
}
