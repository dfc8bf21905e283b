// The card of a model: everything but the weights that is needed to use it, to trust it and to know where it came from.
// One versioned JSON object in sections, each owned by the stage that writes it. Data only; never code, never a path.

import FoveaModeling
import FoveaPreprocessing

/// What a model file says about its weights.
package struct ModelCard: Codable, Sendable, Equatable {
    /// The newest version of the card that this program reads and writes.
    package static let currentSchema = 2
    /// The version of cards that hold nothing newer, so that older programs read them too.
    package static let firstSchema = 1
    /// The version that brought weights in eight bits.
    package static let quantizedSchema = 2

    /// What the network's outputs become.
    package enum Output: String, Codable, Sendable {
        /// Probabilities that add up to 1: one class a picture.
        case softmax
        /// A probability of its own for every class.
        case sigmoid
    }

    /// The version of this card.
    package var schema = ModelCard.firstSchema
    /// The network.
    package var architecture: ModelConfiguration
    /// Class names in the order of the outputs.
    package var classes: [String]
    /// What is done to a picture before the network sees it.
    package var preprocessing: Preprocessing
    /// What the outputs become.
    package var output: Output
    /// The arithmetic that the scores were measured with and that serves: `f32`, `bf16` or `int8`.
    package var precision: String
    /// How the network was quantised; absent unless `precision` is `int8`.
    package var quantization: QuantizationRecord?
    /// What was measured, one entry a split.
    package var scores: [ScoreRecord]
    /// How the weights were trained; absent for imported ones.
    package var training: TrainingRecord?
    /// What they were trained on; absent for imported ones.
    package var data: DataRecord?
    /// Inputs and outputs to check an export or another machine against.
    package var probe: Probe?
    /// The program that wrote the file: `fovea 0.1.0`.
    package var program: String

    package init(
        architecture: ModelConfiguration, classes: [String], preprocessing: Preprocessing, output: Output = .softmax,
        precision: String = "f32", scores: [ScoreRecord] = [], training: TrainingRecord? = nil,
        data: DataRecord? = nil, probe: Probe? = nil, program: String
    ) {
        self.architecture = architecture
        self.classes = classes
        self.preprocessing = preprocessing
        self.output = output
        self.precision = precision
        self.scores = scores
        self.training = training
        self.data = data
        self.probe = probe
        self.program = program
    }
}

/// The scores of one split, measured with the plan that serves.
package struct ScoreRecord: Codable, Sendable, Equatable {
    /// `validation` or `test`.
    package var split: String
    /// Pictures measured.
    package var count: Int
    /// 0...1.
    package var accuracy: Double
    /// The lower end of the accuracy's 95 % interval.
    package var lower: Double
    /// The upper end of the accuracy's 95 % interval.
    package var upper: Double
    /// 0...1; absent with fewer than six classes.
    package var top5: Double?
    /// The mean negative log-likelihood, in nats.
    package var loss: Double
    /// The mean of the classes' F1: 0...1.
    package var macroF1: Double
    /// The expected calibration error: 0...1.
    package var calibrationError: Double?

    package init(
        split: String, count: Int, accuracy: Double, lower: Double, upper: Double, top5: Double? = nil, loss: Double,
        macroF1: Double, calibrationError: Double? = nil
    ) {
        self.split = split
        self.count = count
        self.accuracy = accuracy
        self.lower = lower
        self.upper = upper
        self.top5 = top5
        self.loss = loss
        self.macroF1 = macroF1
        self.calibrationError = calibrationError
    }
}

/// How the weights were trained. What only one trainer knows stands in `recipe` and `history`, in the trainer's own form.
package struct TrainingRecord: Codable, Sendable, Equatable {
    /// The configuration of the run, enough to repeat it.
    package var recipe: JSONValue
    /// Epochs that were run.
    package var epochs: Int
    /// The epoch whose weights these are, counted from 1.
    package var bestEpoch: Int
    /// The seed of every random draw.
    package var seed: UInt64
    /// Kernel threads: weight gradients differ in their last bits between one and two.
    package var threads: Int
    /// The program that trained.
    package var program: String
    /// Wall-clock time, in seconds.
    package var seconds: Double
    /// What an epoch ended with, in the trainer's own form.
    package var history: JSONValue?

    package init(
        recipe: JSONValue, epochs: Int, bestEpoch: Int, seed: UInt64, threads: Int, program: String, seconds: Double,
        history: JSONValue? = nil
    ) {
        self.recipe = recipe
        self.epochs = epochs
        self.bestEpoch = bestEpoch
        self.seed = seed
        self.threads = threads
        self.program = program
        self.seconds = seconds
        self.history = history
    }
}

/// What the weights were trained on.
package struct DataRecord: Codable, Sendable, Equatable {
    /// What the person called the data set; never its path.
    package var name: String
    /// A hash over names and content, in hexadecimal: equal data sets have equal ones.
    package var fingerprint: String
    /// Pictures in each split: `training`, `validation`, `test`.
    package var counts: [String: Int]
    /// The training pictures.
    package var trainingPictures: PictureHashes

    package init(name: String, fingerprint: String, counts: [String: Int], trainingPictures: PictureHashes) {
        self.name = name
        self.fingerprint = fingerprint
        self.counts = counts
        self.trainingPictures = trainingPictures
    }
}
