// What a loader thread does with a row of a batch: fetch the picture, preprocess it into place, say so if it cannot.
// A picture that fails is never replaced by another: its row is black to the network and weighs nothing.

import FoveaCollecting
import FoveaPictures
import FoveaPreprocessing
import FoveaTensorCore
import Synchronization

/// Fills rows from a source.
struct RowFiller: Sendable {
    let source: any Source
    let entries: [Entry]
    let classCount: Int
    let preprocessing: Preprocessing
    let augmentation: Augmentation
    let seed: UInt64
    let cache: PictureCache?
    private let met = Met()

    /// Which contents came by.
    private final class Met: Sendable {
        let raw = Atomic<Bool>(false)
        let encoded = Atomic<Bool>(false)
    }

    init(
        source: any Source, classCount: Int, preprocessing: Preprocessing, augmentation: Augmentation, seed: UInt64,
        cache: PictureCache?
    ) {
        self.source = source
        entries = source.entries
        self.classCount = classCount
        self.preprocessing = preprocessing
        self.augmentation = augmentation
        self.seed = seed
        self.cache = cache
    }

    /// Whether rows can be filled without files being read and decoded, but for a few: all pictures met were pixels
    /// already, or the cache in memory holds them.
    var hasPicturesAtHand: Bool {
        if let memory = cache?.memory, memory.report.pictures >= entries.count - entries.count / Self.fewInAll {
            return true
        }
        return met.raw.load(ordering: .relaxed) && !met.encoded.load(ordering: .relaxed)
    }

    /// One picture in this many may be broken or not fit the cache.
    private static let fewInAll = 50

    /// Fills the rows of a job; returns those whose pictures failed.
    func fill(
        _ job: FillJob, scratch: PreprocessingScratch, unless isAbandoned: () -> Bool
    ) -> [(row: Int, failure: PictureFailure)] {
        var failures: [(row: Int, failure: PictureFailure)] = []
        for row in job.rows where !isAbandoned() {
            // Rows of one batch are filled by different threads; no two touch the same floats.
            let pixels = part(job.batch.pixels, row, preprocessing.count)
            let targets = part(job.batch.targets, row, classCount)
            targets.update(repeating: 0)
            job.batch.sampleWeights[row] = 0
            guard row < job.batch.count else {
                pixels.update(repeating: 0)
                continue
            }
            let index = job.batch.indices[row]
            targets[entries[index].label] = 1
            do {
                try fill(pixels, index, job.epoch, scratch)
                job.batch.sampleWeights[row] = entries[index].weight
            } catch let failure as Failure {
                pixels.update(repeating: 0)
                let name = entries[index].name
                failures.append((row, PictureFailure(name: name, reason: failure.message, cause: failure.cause)))
            } catch {
                preconditionFailure("a source must throw a Failure, not \(error)")
            }
        }
        return failures
    }

    private func part(
        _ buffer: UnsafeMutableBufferPointer<Float>, _ row: Int, _ size: Int
    ) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: buffer[row * size..<(row + 1) * size])
    }

    private func fill(
        _ pixels: UnsafeMutableBufferPointer<Float>, _ index: Int, _ epoch: Int, _ scratch: PreprocessingScratch
    ) throws {
        guard let out = pixels.baseAddress else { return }
        var stream = RandomStream(seed: seed, purpose: .augmentation, epoch: epoch, sample: index)
        if let cache {
            if cache.withPicture(index, { apply(kept: $0, &stream, out, scratch) }) != nil { return }
            let content = try source.content(at: index)
            guard case .encoded(let bytes) = content else { return try fill(out, content, &stream, scratch) }
            if cache.trust(index, bytes: bytes),
                cache.withPicture(index, { apply(kept: $0, &stream, out, scratch) }) != nil
            {
                return
            }
            guard cache.hasRoom,
                let view = try preprocessing.kept(encoded: bytes, as: augmentation.keptForm, scratch: scratch)
            else { return try fill(out, content, &stream, scratch) }
            cache.keep(view, index: index, bytes: bytes)
            return apply(kept: view, &stream, out, scratch)
        }
        try fill(out, try source.content(at: index), &stream, scratch)
    }

    private func apply(
        kept view: PixelView, _ stream: inout RandomStream, _ out: UnsafeMutablePointer<Float>,
        _ scratch: PreprocessingScratch
    ) {
        preprocessing.apply(
            kept: view, as: augmentation.keptForm, augmentation: augmentation, stream: &stream, into: out,
            scratch: scratch)
    }

    private func fill(
        _ out: UnsafeMutablePointer<Float>, _ content: PictureContent, _ stream: inout RandomStream,
        _ scratch: PreprocessingScratch
    ) throws {
        switch content {
        case .raw(let picture):
            met.raw.store(true, ordering: .relaxed)
            preprocessing.apply(
                picture, augmentation: augmentation, stream: &stream, into: out, scratch: scratch)
        case .encoded(let bytes):
            met.encoded.store(true, ordering: .relaxed)
            try preprocessing.apply(
                encoded: bytes, augmentation: augmentation, stream: &stream, into: out, scratch: scratch)
        }
    }
}
