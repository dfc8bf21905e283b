// Mean and deviation of the pixels of a data set, for the fields of Preprocessing. Sums are whole numbers, so the order
// of pictures does not matter and nothing is lost to rounding.

import FoveaPictures

/// Gathers the mean and standard deviation of each channel over many pictures.
package struct PixelStatistics: Sendable, Equatable {
    /// 1 or 3; pictures with another number are converted.
    package let channels: Int
    /// Pixels seen so far.
    package private(set) var count = 0
    private var sums: [Int]
    private var squares: [Int]

    /// Nothing gathered yet.
    package init(channels: Int) {
        precondition(channels == 1 || channels == 3, "\(channels) channels")
        self.channels = channels
        sums = [Int](repeating: 0, count: channels)
        squares = sums
    }

    /// Adds every pixel of a picture. To weigh pictures alike, add them at the network's size (`Preprocessing.picture`).
    package mutating func add(_ picture: Picture) {
        let converted = channels == 1 ? picture.gray() : picture.coloured()
        count += converted.width * converted.height
        converted.pixels.withUnsafeBufferPointer { samples in
            for channel in 0..<channels {
                var (sum, square) = (0, 0)
                for index in stride(from: channel, to: samples.count, by: channels) {
                    let value = Int(samples[index])
                    sum &+= value
                    square &+= value &* value
                }
                sums[channel] += sum
                squares[channel] += square
            }
        }
    }

    /// Adds what was gathered elsewhere, as by another thread.
    package mutating func add(_ other: PixelStatistics) {
        precondition(channels == other.channels, "\(channels) and \(other.channels) channels")
        count += other.count
        for channel in 0..<channels {
            sums[channel] += other.sums[channel]
            squares[channel] += other.squares[channel]
        }
    }

    /// The mean of each channel, on the scale 0...1; zero if nothing was added.
    package var mean: [Float] { sums.map { count == 0 ? 0 : Float(Double($0) / Double(count) / 255) } }

    /// The standard deviation of each channel over all pixels (not of pictures' means), on the scale 0...1. A channel
    /// without any variation gives 1, so that dividing by it is harmless.
    package var deviation: [Float] {
        zip(sums, squares).map { sum, square in
            guard count > 0 else { return 1 }
            let mean = Double(sum) / Double(count)
            let variance = max(0, Double(square) / Double(count) - mean * mean)
            return variance > 0 ? Float(variance.squareRoot() / 255) : 1
        }
    }
}
