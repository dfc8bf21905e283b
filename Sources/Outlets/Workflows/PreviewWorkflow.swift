// What the network will see, as one picture: for some pictures of a data set a row each, first as evaluation sees it, then
// as training sees it in one epoch after the other. Runs the preprocessing and augmentation that training runs.

import FoveaCollecting
import FoveaModelFiles
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import FoveaTraining

/// What a person asks for.
package struct PreviewRequest: Sendable {
    /// A folder or a known name.
    package var data: String
    /// A configuration file of a training.
    package var configurationFile: String?
    package var overrides = TrainingOverrides()
    package var split = Split.training
    /// Pictures: rows of the sheet.
    package var rows = 8
    /// Random draws of each: columns beside the first.
    package var draws = 7
    package var collecting = CollectingOptions()
    /// How trained weights are found that a training would start from; nil: they are not looked for.
    package var defaultStart: DefaultStart?

    package init(data: String) { self.data = data }
}

/// A contact sheet.
package struct PreviewSheet: Sendable {
    package let picture: Picture
    /// What was chosen, and why: one sentence each.
    package let reasons: [String]
    /// What each row shows: the picture's name and class.
    package let rows: [(name: String, label: String)]
    /// Pictures that cannot be read, with reasons.
    package let failures: [String]
}

/// Draws contact sheets.
package enum PreviewWorkflow {
    /// Draws a sheet. Throws a `Failure` if the data cannot be opened or no picture of the split can be read.
    package static func run(_ request: PreviewRequest) throws -> PreviewSheet {
        var overrides = try request.overrides.laid(overFile: request.configurationFile)
        var notes: [String] = []
        var start = try overrides.startingWeights(fetching: nil) { notes.append($0) }
        let data = try DataSet.open(request.data, options: request.collecting)
        // The arithmetic does not show in pictures: nothing is chosen, and nothing said of this processor.
        overrides.precision = .f32
        let survey = try Defaults.survey(data)
        if overrides.model == nil, overrides.fromScratch != true, let search = request.defaultStart,
            Defaults.arePhotographs(survey, overrides)
        {
            let pictures = data.splits[.training]?.entries.count ?? 0
            start = try search.weights(pictures: pictures, overrides, fetching: nil) { notes.append($0) }
        }
        let defaults = try Defaults.choose(data, overrides, fastest: .f32, start: start, survey: survey)
        guard let source = data.splits[request.split] else {
            throw Failure(.data, "\(data.name): there is no \(request.split.rawValue) split")
        }
        try source.prepare()
        var pictures: [(index: Int, picture: Picture)] = []
        var failures: [String] = []
        for index in chosen(source.entries, request.rows) {
            do {
                switch try source.content(at: index) {
                case .raw(let picture): pictures.append((index, picture))
                case .encoded(let bytes): pictures.append((index, try defaults.preprocessing.decoded(bytes)))
                }
            } catch let failure as Failure {
                failures.append("\(source.entries[index].name): \(failure.message)")
            }
        }
        guard !pictures.isEmpty else {
            throw Failure(.data, "no picture can be read; the first is \(failures.first ?? "not there")")
        }
        let labels = pictures.map { data.classes[source.entries[$0.index].label] }
        let columns = Columns(defaults, pictures, classes: data.classes.count)
        let all = [columns.plain()] + (0..<request.draws).map { columns.drawn(epoch: $0) }
        return PreviewSheet(
            picture: ContactSheet(columns: all, labels: labels).picture(), reasons: defaults.reasons + notes,
            rows: zip(pictures, labels).map { (source.entries[$0.index].name, $1) }, failures: failures)
    }

    /// Up to `count` pictures, classes taking turns, evenly spaced within each.
    private static func chosen(_ entries: [Entry], _ count: Int) -> [Int] {
        let groups = Dictionary(grouping: entries.indices, by: { entries[$0].label }).sorted { $0.key < $1.key }
            .map(\.value)
        guard !groups.isEmpty else { return [] }
        let turns = (count + groups.count - 1) / groups.count
        var result: [Int] = []
        for turn in 0..<turns {
            for group in groups where result.count < count && turn < group.count {
                result.append(group[turn * group.count / min(turns, group.count)])
            }
        }
        return result
    }
}

/// Pictures as the network sees them, one column of the sheet at a time.
private struct Columns {
    let preprocessing: Preprocessing
    let augmentation: Augmentation
    let seed: UInt64
    let pictures: [(index: Int, picture: Picture)]
    let classes: Int

    init(_ defaults: Defaults, _ pictures: [(index: Int, picture: Picture)], classes: Int) {
        preprocessing = defaults.preprocessing
        augmentation = defaults.configuration.augmentation
        seed = defaults.configuration.seed
        self.pictures = pictures
        self.classes = classes
    }

    /// As evaluation sees them.
    func plain() -> [Picture] { pictures.map { preprocessing.picture(of: $0.picture) } }

    /// As training sees them in one epoch, mixed with each other where batches are mixed.
    func drawn(epoch: Int) -> [Picture] {
        let size = preprocessing.count
        var pixels = [Float](repeating: 0, count: size * pictures.count)
        let scratch = PreprocessingScratch()
        pixels.withUnsafeMutableBufferPointer { room in
            guard let base = room.baseAddress else { return }
            for (row, item) in pictures.enumerated() {
                var stream = RandomStream(seed: seed, purpose: .augmentation, epoch: epoch, sample: item.index)
                preprocessing.apply(
                    item.picture, augmentation: augmentation, stream: &stream, into: base + row * size,
                    scratch: scratch)
            }
            mix(base, epoch)
        }
        return pictures.indices.map { restored(pixels[$0 * size..<($0 + 1) * size]) }
    }

    private func mix(_ pixels: UnsafeMutablePointer<Float>, _ epoch: Int) {
        var stream = RandomStream(seed: seed, purpose: .mixing, epoch: epoch)
        let (height, width) = (preprocessing.height, preprocessing.width)
        guard augmentation.mixes,
            let mixture = augmentation.drawMixture(&stream, height: height, width: width)
        else { return }
        var targets = [Float](repeating: 0, count: pictures.count * classes)
        var spare = [Float](repeating: 0, count: preprocessing.count + classes)
        mixture.apply(
            pixels: pixels, targets: &targets, rows: Array(pictures.indices), shape: preprocessing.shape,
            classes: classes, spare: &spare)
    }

    /// Samples from the floats of a network's input.
    private func restored(_ floats: ArraySlice<Float>) -> Picture {
        let (height, width, channels) = (preprocessing.height, preprocessing.width, preprocessing.channels)
        var samples = [UInt8](repeating: 0, count: floats.count)
        for channel in 0..<channels {
            let (mean, deviation) = (preprocessing.mean[channel], preprocessing.deviation[channel])
            for index in 0..<height * width {
                let value = floats[floats.startIndex + channel * height * width + index] * deviation + mean
                samples[index * channels + channel] = UInt8(max(0, min(255, (value * 255).rounded())))
            }
        }
        return Picture(width: width, height: height, channels: channels, pixels: samples)
    }
}
