// The numbers of a training chosen from the data, each with the reason why: network and size from the pictures' size,
// channels from their colours, batch and epochs from their number. What a person set is taken as it is.

import FoveaCollecting
import FoveaModelFiles
import FoveaModeling
import FoveaPreprocessing
import FoveaTensorCore
import FoveaTraining

/// What was chosen, and why.
package struct Defaults: Sendable {
    /// The configuration of the run, with what the person set.
    package let configuration: TrainingConfiguration
    /// The preprocessing, measured on the training pictures.
    package let preprocessing: Preprocessing
    /// One sentence for each choice.
    package let reasons: [String]

    /// Chooses for a data set. Throws a `Failure` if it has no training pictures, or none that can be read.
    /// `fastest` is what the processor computes fastest, `start` the weights that the run starts from: its size and
    /// preprocessing are theirs. `survey` is what was seen of the pictures, where somebody has looked already.
    package static func choose(
        _ data: DataSet, _ set: TrainingOverrides, fastest: Precision, start: StartingWeights? = nil,
        survey: PictureSurvey? = nil, reasonForStart: String? = nil
    ) throws -> Defaults {
        let training = try training(of: data)
        let survey = try survey ?? PictureSurvey(training)
        var choice = Choice(data, survey, count: training.entries.count, set, fastest)
        (choice.start, choice.reasonForStart) = (start, reasonForStart)
        let configuration = set.applied(to: choice.configuration())
        if let start {
            let preprocessing = choice.preprocessing(configuration, of: start)
            return Defaults(configuration: configuration, preprocessing: preprocessing, reasons: choice.reasons)
        }
        let (preprocessing, measured) = survey.measured(choice.preprocessing(configuration), on: training)
        choice.reasons.append(
            "mean \(listed(preprocessing.mean)) and deviation \(listed(preprocessing.deviation)): measured on "
                + "\(measured) training pictures")
        return Defaults(
            configuration: configuration, preprocessing: preprocessing, reasons: choice.reasons)
    }

    /// A look at the training pictures. Throws a `Failure` as `choose` does.
    package static func survey(_ data: DataSet) throws -> PictureSurvey { try PictureSurvey(training(of: data)) }

    /// True for pictures that a network which has seen photographs knows something of: larger than icons, and meant to be
    /// seen so.
    package static func arePhotographs(_ survey: PictureSurvey, _ set: TrainingOverrides) -> Bool {
        survey.longerSide > Recipe.smallSide && (set.size ?? .max) > Recipe.smallSide
    }

    private static func training(of data: DataSet) throws -> any Source {
        guard let training = data.splits[.training], !training.entries.isEmpty else {
            throw Failure(
                .data, "\(data.name): there is no training split",
                advice: "Give a folder with one folder of pictures for each class, or with train/ and validation/.")
        }
        return training
    }

    private static func listed(_ values: [Float]) -> String {
        values.map { String((($0 * 1000).rounded()) / 1000) }.joined(separator: ", ")
    }
}

/// The choice under way.
private struct Choice {
    let data: DataSet
    let survey: PictureSurvey
    let count: Int
    let set: TrainingOverrides
    let fastest: Precision
    let isSmall: Bool
    let recipe: Recipe
    var start: StartingWeights?
    var reasonForStart: String?
    var reasons: [String] = []

    init(_ data: DataSet, _ survey: PictureSurvey, count: Int, _ set: TrainingOverrides, _ fastest: Precision) {
        self.data = data
        self.survey = survey
        self.count = count
        self.set = set
        self.fastest = fastest
        isSmall = survey.longerSide <= Recipe.smallSide
        var recipe = isSmall ? Recipe.smallPictures : Recipe.photographs
        if !isSmall, let size = set.size, size <= Recipe.smallSide {
            // Photographs made small: the network and rates of small pictures, the crops of photographs.
            let small = Recipe.smallPictures
            (recipe.model, recipe.epochs, recipe.batchSize) = (small.model, small.epochs, small.batchSize)
        }
        self.recipe = recipe
    }

    mutating func configuration() -> TrainingConfiguration {
        let size = size()
        let model = model(size: set.size ?? size)
        var result = TrainingConfiguration(model: set.model ?? model, size: set.size ?? size)
        result.schedule = .oneCycle
        result.weightDecay = recipe.weightDecay
        result.labelSmoothing = recipe.labelSmoothing
        result.batchSize = batchSize()
        if start == nil {
            result.epochs = epochs()
            result.learningRate = learningRate(batch: set.batchSize ?? result.batchSize, model: set.model ?? model)
        } else {
            reasons += FineTuningDefaults.apply(to: &result, pictures: count, set)
        }
        if result.fineTuning != .head { result.augmentation = augmentation(size: set.size ?? size) }
        result.precision = precision()
        return result
    }

    private mutating func size() -> Int {
        let looked = "the median of \(survey.count) pictures is \(survey.longerSide) x \(survey.shorterSide) px"
        let chosen: Int
        let why: String
        if let start {
            chosen = start.usedPreprocessing.height
            why = "what \(start.name) is meant for"
        } else if let size = recipe.size, !isSmall {
            chosen = size
            why = "\(looked): photographs"
        } else {
            chosen = min(Recipe.smallSide, max(Recipe.smallestSide, survey.shorterSide))
            why = survey.isUniform ? "the pictures' own, all are \(survey.longerSide) x \(survey.shorterSide)" : looked
        }
        if set.size == nil { reasons.append("size \(chosen): \(why)") }
        return chosen
    }

    private mutating func model(size: Int) -> String {
        if let start {
            reasons.append(
                "network \(start.configuration.architecture), starting from \(start.name)"
                    + (reasonForStart.map { ": \($0)" } ?? ""))
        } else if set.model == nil {
            reasons.append(
                "network \(recipe.model): made for \(size <= Recipe.smallSide ? "small pictures" : "photographs")")
        }
        return recipe.model
    }

    private mutating func learningRate(batch: Int, model: String) -> Float {
        let isBare = Recipe.networksWithoutNorm.contains(model)
        let rate = recipe.learningRate * (isBare ? Recipe.rateWithoutNorm : 1)
        let scaled = rate * Float(batch) / Float(Recipe.rateBatch)
        if set.learningRate == nil {
            reasons.append(
                "learning rate \(scaled), one cycle: \(rate) at \(Recipe.rateBatch) pictures a step, in proportion for "
                    + "\(batch)" + (isBare ? "; \(model) has no batch norm" : ""))
        }
        return scaled
    }

    private mutating func batchSize() -> Int {
        guard start == nil else { return FineTuningDefaults.batchSize }
        guard count < Recipe.fewPictures else {
            if set.batchSize == nil { reasons.append("batch \(recipe.batchSize): usual for this network") }
            return recipe.batchSize
        }
        // A power of two that gives every epoch some steps.
        var batch = recipe.batchSize
        while batch > Recipe.smallestBatch, count / batch < Recipe.fewestSteps { batch /= 2 }
        if set.batchSize == nil { reasons.append("batch \(batch): there are only \(count) training pictures") }
        return batch
    }

    private mutating func epochs() -> Int {
        let few = count < Recipe.fewPictures
        let epochs = recipe.epochs * (few ? Recipe.moreEpochs : 1)
        if set.epochs == nil {
            reasons.append(
                "epochs \(epochs): \(few ? "more, because pictures are few" : "usual for this kind of pictures")")
        }
        return epochs
    }

    private mutating func precision() -> Precision {
        if (set.precision ?? .auto) == .auto {
            let reason = fastest == .bf16 ? "multiplies bf16 faster" : "does not multiply bf16 faster"
            reasons.append("precision \(fastest): this processor \(reason)")
        }
        return fastest
    }

    private mutating func augmentation(size: Int) -> Augmentation {
        let pictures = AugmentedPictures(
            size: size, isSmall: isSmall, showsSigns: showsSigns, isGray: survey.isGray, isPadded: survey.isLong)
        let preset = set.preset ?? TrainingOverrides.PresetChoice(recipe.preset)
        let result = preset.augmentation(for: pictures)
        guard set.augmentation == nil else { return result }
        if preset.name != .none, set.mirrors == nil, showsSigns {
            reasons.append("no mirroring: the classes are digits or letters; --mirror does it all the same")
        }
        var shown = result
        if let mirrors = set.mirrors { shown.flip = mirrors }
        let parts = shown.summary
        reasons.append(
            "augmentation \(preset.name.rawValue): \(parts.isEmpty ? "nothing" : parts.joined(separator: ", "))")
        return result
    }

    /// Digits and letters are others when mirrored: known by the data set's name, or by classes of one character.
    private var showsSigns: Bool {
        let name = data.name.lowercased()
        if name.hasSuffix("mnist"), !name.contains("fashion") { return true }
        return data.classes.allSatisfy { $0.count == 1 && $0.first?.isASCII == true }
    }

    /// That of the weights, at the size of this run; for gray pictures with what their channels have in the mean.
    mutating func preprocessing(_ configuration: TrainingConfiguration, of start: StartingWeights) -> Preprocessing {
        var result = start.usedPreprocessing
        (result.height, result.width) = (configuration.size, configuration.size)
        result.decoding = .reduced
        if survey.isLong, result.resize == .crop {
            result.resize = .pad
            reasons.append("padded: the pictures are long and thin, and a crop would show a part of each")
        }
        let channels = survey.isGray ? 1 : 3
        if result.channels != channels {
            func spread(_ values: [Float]) -> [Float] {
                [Float](repeating: values.reduce(0, +) / Float(values.count), count: channels)
            }
            result.channels = channels
            (result.mean, result.deviation) = (spread(result.mean), spread(result.deviation))
            reasons.append(
                "channels \(channels): \(survey.isGray ? "no picture has colour" : "the pictures have colour")")
        }
        reasons.append("preprocessing of \(start.name): the weights were trained with it")
        return result
    }

    mutating func preprocessing(_ configuration: TrainingConfiguration) -> Preprocessing {
        let channels = survey.isGray ? 1 : 3
        reasons.append(
            "channels \(channels): \(survey.isGray ? "no picture has colour" : "the pictures have colour")")
        if survey.isLong {
            reasons.append("padded: the pictures are long and thin, and a crop would show a part of each")
        }
        return Preprocessing(
            height: configuration.size, width: configuration.size, channels: channels,
            resize: survey.isLong ? .pad : .crop,
            cropFraction: recipe.cropFraction, interpolation: recipe.interpolation,
            mean: [Float](repeating: 0, count: channels), deviation: [Float](repeating: 1, count: channels),
            colours: .sRGB, decoding: .reduced)
    }
}
