// The trained weights that a training on photographs starts from where nobody names any: which there are, what they weigh,
// under which licence, and which of them so many pictures get. One table, to look at and to tune; fetches nothing.

import FoveaTraining

/// Trained weights that may be chosen unasked.
package struct DefaultNetwork: Sendable, Equatable {
    /// What `--model` takes.
    package let reference: String
    /// The registered network.
    package let network: String
    /// Bytes of model.safetensors, as the hub's pages of files state them: to a tenth of a megabyte.
    package let byteCount: Int
    /// As the hub states it.
    package let licence: String
    /// Top 1 on ImageNet's validation pictures, in percent: timm's results/results-imagenet.csv.
    package let accuracy: Double
    /// Pictures a second that two cores with bf16 train, in batches of 32, and take through the backbone: `fovea bench`.
    let trainingRate, inferenceRate: Double

    /// The best first.
    package static let all = [
        DefaultNetwork(
            reference: "timm/efficientnet_b0.ra_in1k", network: "timm_efficientnet_b0", byteCount: 21_400_000,
            licence: "Apache-2.0", accuracy: 77.7, trainingRate: 114, inferenceRate: 414),
        DefaultNetwork(
            reference: "timm/mobilenetv2_100.ra_in1k", network: "mobilenetv2_100", byteCount: 14_200_000,
            licence: "Apache-2.0", accuracy: 73.0, trainingRate: 211, inferenceRate: 826),
    ]

    /// Longer than this nobody should wait who has not chosen a network: then a faster one serves.
    static let patience = 15.0 * 60

    /// Seconds that a training takes on two cores, about.
    package func seconds(pictures: Int, epochs: Int, way: FineTuning) -> Double {
        let features = Double(pictures) / inferenceRate
        let everything = Double(pictures * epochs) / trainingRate
        return switch way {
        case .head: features
        case .staged: features + everything
        case .full: everything
        }
    }

    /// The best one that so many training pictures can be fitted to in good time; else the fastest.
    package static func choose(pictures: Int, _ set: TrainingOverrides) -> DefaultNetwork {
        let way = set.fineTuning ?? FineTuningDefaults.way(pictures: pictures)
        let epochs = set.epochs ?? FineTuningDefaults.epochs
        let time = { (network: DefaultNetwork) in network.seconds(pictures: pictures, epochs: epochs, way: way) }
        return all.first { time($0) <= patience } ?? all[all.count - 1]
    }

    /// `21.4 MB`.
    package var size: String { "\(Double(byteCount / 100_000) / 10) MB" }
}
