// A model file with some layers in eight bits, made in memory from one in floats; and how far its answers are from those of the
// file it was made from, layer by layer.

import FoveaCompiler
import FoveaGraph
import FoveaModelFiles
import FoveaRunning
import FoveaTensorCore

/// Makes quantised model files from one model and one calibration.
struct QuantizedCandidate: Sendable {
    private let loaded: LoadedModel
    private let record: QuantizationRecord
    /// The layers that could be quantised, in order.
    let layers: [FoldedLayer]

    init(
        _ loaded: LoadedModel, _ calibration: Calibration, rule: RangeRule, pictures: Int, others: Precision
    ) throws {
        self.loaded = loaded
        let graph = Compiler.inferenceGraph(try loaded.model.inferenceGraph(batch: 1))
        layers = FoldedLayer.all(of: graph, store: loaded.store)
        record = QuantizationRecord(
            rule: rule.rawValue, pictures: pictures, others: others.rawValue, kept: [],
            activations: calibration.activations(rule).map {
                .init(
                    name: $0.name, type: $0.quantization.dataType == .u8 ? "u8" : "s8",
                    scale: $0.quantization.scales[0])
            })
    }

    /// The file in which all layers but `kept` are quantised, without scores.
    func file(keeping kept: Set<String>) -> ModelFile {
        var tensors = Dictionary(uniqueKeysWithValues: loaded.store.savedTensors().map { ($0.name, $0.tensor) })
        var order = loaded.store.savedTensors().map(\.name)
        var steps: [String: [Float]] = [:]
        for layer in layers where !kept.contains(layer.name) {
            let (weight, bias) = (layer.name + ".weight", layer.name + ".bias")
            for source in layer.sources where source != weight { tensors[source] = nil }
            let quantization = Quantization.filters(layer.weight)
            tensors[weight] = quantization.rounded(layer.weight)
            steps[weight] = quantization.scales
            if let values = layer.bias {
                tensors[bias] = values
                if !order.contains(bias), let place = order.firstIndex(of: weight) { order.insert(bias, at: place + 1) }
            }
        }
        var card = loaded.card
        card.schema = ModelCard.quantizedSchema
        card.precision = QuantizationRecord.precision
        card.quantization = record
        card.quantization?.kept = layers.map(\.name).filter(kept.contains)
        card.scores = []
        card.probe = nil
        card.program = ProgramVersion.name
        return ModelFile(
            card: card, tensors: order.compactMap { name in tensors[name].map { (name, $0) } }, steps: steps)
    }

    /// Layers from the most to the least sensitive: by how much nearer the answers come to those in floats when that layer
    /// alone is not quantised. `kept` stay out of it. A quantity in nats a picture goes with each.
    func sensitivity(
        keeping kept: Set<String>, _ pictures: CalibrationPictures, library: any KernelLibrary,
        progress: (Int, Int) -> Void
    ) throws -> [(name: String, gain: Double)] {
        let expected = try Self.answers(loaded, pictures, library)
        func divergence(_ kept: Set<String>) throws -> Double {
            let answers = try Self.answers(
                LoadedModel(file(keeping: kept), name: "the quantised network"), pictures, library)
            return Self.divergence(answers, from: expected) / Double(pictures.count)
        }
        let all = try divergence(kept)
        let open = layers.map(\.name).filter { !kept.contains($0) }
        var gains: [(name: String, gain: Double)] = []
        for (index, name) in open.enumerated() {
            gains.append((name, all - (try divergence(kept.union([name])))))
            progress(index + 1, open.count)
        }
        return gains.sorted { $0.gain > $1.gain }
    }

    private static func answers(
        _ loaded: LoadedModel, _ pictures: CalibrationPictures, _ library: any KernelLibrary
    ) throws -> [Float] {
        try library.perform {
            let batch = min(loaded.usualBatchSize, pictures.count)
            let runner = try loaded.runner(batchSize: batch, library: library)
            var answers: [Float] = []
            try pictures.forEachBatch(batch) { answers += try runner.run($0, count: $1) }
            return answers
        }
    }

    /// The Kullback-Leibler divergence of probabilities, summed over pictures, in nats.
    static func divergence(_ q: [Float], from p: [Float]) -> Double {
        zip(p, q).reduce(0) { sum, pair in
            guard pair.0 > 0 else { return sum }
            return sum + Double(pair.0)
                * (Double.log(Double(pair.0)) - Double.log(Double(max(pair.1, .leastNormalMagnitude))))
        }
    }
}
