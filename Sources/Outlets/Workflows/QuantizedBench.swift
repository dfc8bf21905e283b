// A network with random weights in eight bits, for `fovea bench`: how fast a quantised network is does not depend on what it
// was trained on. The way from floats to eight bits is that of `fovea quantize`; accuracy is not looked at, nothing is saved.

import FoveaCompiler
import FoveaGraph
import FoveaModelFiles
import FoveaModeling
import FoveaPreprocessing
import FoveaRunning
import FoveaTensorCore

/// Quantises a network that nobody trained.
package enum QuantizedBench {
    /// Random pictures that ranges are measured on.
    private static let pictures = 8

    /// The network in eight bits but for its last layer, as the first choice of `fovea quantize` is.
    package static func network(_ model: Model, library: any KernelLibrary) throws -> LoadedModel {
        let store = try ParameterStore(try model.inferenceGraph(batch: 1).parameters)
        store.initialize(seed: 0)
        let configuration = model.configuration
        let (channels, classes) = (configuration.channels, configuration.classCount)
        let card = ModelCard(
            architecture: configuration, classes: (0..<classes).map { "class \($0)" },
            preprocessing: Preprocessing(
                height: configuration.height, width: configuration.width, channels: channels,
                mean: [Float](repeating: 0, count: channels), deviation: [Float](repeating: 1, count: channels)),
            program: ProgramVersion.name)
        let floats = try LoadedModel(
            ModelFile(card: card, tensors: store.savedTensors()), name: configuration.architecture)
        let shown = CalibrationPictures(
            random: pictures, sampleSize: channels * configuration.height * configuration.width)
        let candidate = try QuantizedCandidate(
            floats, Calibration(floats, shown, library: library), rule: .minmax, pictures: shown.count,
            others: library.fastestPrecision)
        let kept = Set(candidate.layers.suffix(1).map(\.name))
        return try LoadedModel(candidate.file(keeping: kept), name: floats.name)
    }
}

extension CalibrationPictures {
    /// Pictures of noise, normalised as pictures are. `sampleSize` is C * H * W.
    package init(random count: Int, sampleSize: Int) {
        var stream = RandomStream(seed: 0, purpose: .testing)
        let pixels = [Float](unsafeUninitializedCapacity: count * sampleSize) { numbers, filled in
            stream.fill(numbers, normal: 1)
            filled = numbers.count
        }
        self.init(pixels: pixels, count: count)
    }
}
