// What must hold between the sections of a card, checked when it is written and when it is read; and the removal of
// paths, which are nobody's business but the writer's.

import FoveaTensorCore

extension ModelCard {
    /// Throws a `Failure` of kind `.model` that names the first contradiction in the card; `file` is for its message.
    package func check(file: String) throws {
        func require(_ holds: Bool, _ sentence: @autoclosure () -> String) throws {
            guard holds else {
                throw Failure(
                    .model, "\(file): the card contradicts itself: \(sentence())",
                    advice: "The file was not made by Fovea, or was changed: train or convert it again.")
            }
        }
        let model = architecture
        try require(!model.architecture.isEmpty, "architecture.architecture is empty")
        try require(
            [model.channels, model.height, model.width, model.classCount].allSatisfy { $0 >= 1 && $0 <= 1 << 24 },
            "architecture: \(model.channels) x \(model.height) x \(model.width), \(model.classCount) classes")
        try require(
            classes.count == model.classCount,
            "classes has \(classes.count) names, architecture.classCount is \(model.classCount)")
        var seen: Set<String> = []
        for name in classes {
            try require(!name.isEmpty, "a class has no name")
            try require(seen.insert(name).inserted, "the class \"\(name)\" stands twice")
        }
        let preparation = preprocessing
        try require(
            (preparation.channels, preparation.height, preparation.width) == (
                model.channels, model.height, model.width
            ),
            "preprocessing gives \(preparation.channels) x \(preparation.height) x \(preparation.width), "
                + "the architecture takes \(model.channels) x \(model.height) x \(model.width)")
        try require(model.channels == 1 || model.channels == 3, "\(model.channels) channels, only 1 or 3 are known")
        try require(
            preparation.mean.count == model.channels && preparation.deviation.count == model.channels,
            "mean has \(preparation.mean.count) and deviation \(preparation.deviation.count) numbers for "
                + "\(model.channels) channels")
        try require(
            preparation.mean.allSatisfy(\.isFinite) && preparation.deviation.allSatisfy { $0.isFinite && $0 > 0 },
            "mean and deviation must be numbers, and deviation above 0")
        try require(
            preparation.cropFraction > 0 && preparation.cropFraction <= 1,
            "cropFraction is \(preparation.cropFraction), not in 0...1")
        try require(preparation.background.count == 3, "background has \(preparation.background.count) numbers, not 3")
        try require(!precision.isEmpty, "precision is empty")
        try require(
            (quantization != nil) == (precision == QuantizationRecord.precision),
            "precision is \(precision), and quantization is \(quantization == nil ? "absent" : "there")")
        try require(
            quantization == nil || schema >= Self.quantizedSchema, "version \(schema) does not know quantization")
        var written: Set<String> = []
        for value in quantization?.activations ?? [] {
            try require(["u8", "s8"].contains(value.type), "\(value.name) is written as \(value.type)")
            try require(value.scale.isFinite && value.scale > 0, "a step of \(value.name) is worth \(value.scale)")
            try require(written.insert(value.name).inserted, "the value \(value.name) stands twice")
        }
        for outputs in probe?.outputs ?? [] {
            try require(
                outputs.count == model.classCount && outputs.allSatisfy(\.isFinite),
                "a probe output is not \(model.classCount) numbers")
        }
        for score in scores {
            let numbers = [score.accuracy, score.lower, score.upper, score.loss, score.macroF1]
            try require(
                (numbers + [score.top5, score.calibrationError].compactMap { $0 }).allSatisfy(\.isFinite),
                "the scores of \(score.split) are not numbers")
        }
        try require(training?.seconds.isFinite ?? true, "training.seconds is not a number")
    }

    /// The card with every absolute path in its free texts cut down to its last part.
    package var withoutPaths: ModelCard {
        var card = self
        card.data?.name = Self.lastPart(data?.name ?? "")
        card.program = Self.lastPart(program)
        if let training {
            card.training?.recipe = training.recipe.mapStrings(Self.lastPart)
            card.training?.history = training.history?.mapStrings(Self.lastPart)
        }
        return card
    }

    /// `text`, or its last part if it is an absolute path, a path from the home folder or a file URL.
    static func lastPart(_ text: String) -> String {
        let start = text.prefix(3)
        let isDrive =
            start.count == 3 && start.first?.isLetter == true && (start.hasSuffix(":\\") || start.hasSuffix(":/"))
        guard text.hasPrefix("/") || text.hasPrefix("~") || text.hasPrefix("file:") || isDrive else { return text }
        return text.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
    }
}
