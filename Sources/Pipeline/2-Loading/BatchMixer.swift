// Mixes the pictures of a batch once its last row is filled, where the run's augmentation says so. Pictures that cannot be
// read and rows beyond the last picture neither take part nor are partners.

import FoveaPreprocessing
import FoveaTensorCore

/// MixUp and CutMix, with memory of its own. Belongs to one thread.
final class BatchMixer {
    private let filler: RowFiller
    private var rows: [Int] = []
    /// Room for one picture and one target.
    private let spare: UnsafeMutablePointer<Float>

    init(_ filler: RowFiller) {
        self.filler = filler
        spare = .allocate(capacity: filler.augmentation.mixes ? filler.preprocessing.count + filler.classCount : 1)
    }

    deinit { spare.deallocate() }

    /// Mixes a batch that is full. The draws depend on (seed, epoch, number of the batch) alone.
    func mix(_ batch: Batch) {
        let augmentation = filler.augmentation
        guard augmentation.mixes, let pixels = batch.pixels.baseAddress, let targets = batch.targets.baseAddress
        else { return }
        let shape = filler.preprocessing.shape
        var stream = RandomStream(seed: filler.seed, purpose: .mixing, epoch: batch.epoch, sample: batch.number)
        guard let mixture = augmentation.drawMixture(&stream, height: shape[1], width: shape[2]) else { return }
        rows.removeAll(keepingCapacity: true)
        for row in 0..<batch.count where batch.sampleWeights[row] > 0 { rows.append(row) }
        mixture.apply(
            pixels: pixels, targets: targets, rows: rows, shape: shape, classes: filler.classCount, spare: spare)
    }
}
