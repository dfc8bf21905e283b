// Changes that replace each sample by another, whatever stands beside it: a table of 256 a channel. Rounding is that of
// Pillow's ImageEnhance and ImageOps.

import CKernels
import FoveaPictures

extension PixelView {
    /// Applies the scratch's tables.
    private func lookedUp(_ scratch: PixelChangeScratch) -> PixelView {
        let out = scratch.next(width * height * channels)
        fovea_lookup(base, stride, Int64(height), Int64(width), Int32(channels), scratch.tables, out)
        return replaced(by: out)
    }

    /// Applies one function to every channel.
    private func lookedUp(_ scratch: PixelChangeScratch, _ function: (Int) -> Int) -> PixelView {
        for sample in 0..<256 {
            let value = UInt8(clamping: function(sample))
            for channel in 0..<channels { scratch.tables[channel * 256 + sample] = value }
        }
        return lookedUp(scratch)
    }

    func brightened(_ factor: Float, _ scratch: PixelChangeScratch) -> PixelView {
        lookedUp(scratch) { blended(0, $0, factor) }
    }

    func contrasted(_ factor: Float, _ scratch: PixelChangeScratch) -> PixelView {
        let sum = fovea_luma_sum(base, stride, Int64(height), Int64(width), Int32(channels))
        let mean = Int(Double(sum) / Double(width * height) + 0.5)
        return lookedUp(scratch) { blended(mean, $0, factor) }
    }

    func posterised(_ bits: Int, _ scratch: PixelChangeScratch) -> PixelView {
        let mask = (0xFF << (8 - min(8, max(0, bits)))) & 0xFF
        return lookedUp(scratch) { $0 & mask }
    }

    func solarised(_ threshold: Int, _ scratch: PixelChangeScratch) -> PixelView {
        lookedUp(scratch) { $0 < threshold ? $0 : 255 - $0 }
    }

    func equalised(_ scratch: PixelChangeScratch) -> PixelView {
        fovea_histogram(base, stride, Int64(height), Int64(width), Int32(channels), scratch.counts)
        for channel in 0..<channels {
            let (counts, table) = (scratch.counts + channel * 256, scratch.tables + channel * 256)
            var (total, last, kinds) = (0, 0, 0)
            for sample in 0..<256 where counts[sample] > 0 {
                total += Int(counts[sample])
                last = Int(counts[sample])
                kinds += 1
            }
            let step = (total - last) / 255
            var sum = step / 2
            for sample in 0..<256 {
                table[sample] = kinds < 2 || step == 0 ? UInt8(sample) : UInt8(clamping: sum / step)
                sum += Int(counts[sample])
            }
        }
        return lookedUp(scratch)
    }

    func autocontrasted(_ scratch: PixelChangeScratch) -> PixelView {
        fovea_histogram(base, stride, Int64(height), Int64(width), Int32(channels), scratch.counts)
        for channel in 0..<channels {
            let (counts, table) = (scratch.counts + channel * 256, scratch.tables + channel * 256)
            var (low, high) = (255, 0)
            for sample in 0..<256 where counts[sample] > 0 {
                low = min(low, sample)
                high = sample
            }
            let scale = 255 / Double(max(1, high - low))
            let offset = -Double(low) * scale
            for sample in 0..<256 {
                table[sample] =
                    high <= low ? UInt8(sample) : UInt8(clamping: Int(Double(sample) * scale + offset))
            }
        }
        return lookedUp(scratch)
    }
}

/// Pillow's `Image.blend` of two samples: Float arithmetic, cut off, clipped.
private func blended(_ plain: Int, _ sample: Int, _ factor: Float) -> Int {
    let value = Float(plain) + factor * Float(sample - plain)
    return value <= 0 ? 0 : value >= 255 ? 255 : Int(value)
}
