// The learning rate of every step of a run, as a value: what falls how, after a linear warm-up. The rates are those of
// PyTorch's schedulers when these are stepped once a training step. A schedule knows steps only; epochs are the trainer's.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A learning rate for each step 0 ..< total.
package struct Schedule: Codable, Sendable, Equatable {
    /// How the rate falls from its peak.
    package enum Decay: Codable, Sendable, Equatable {
        /// Not at all.
        case constant
        /// Multiplied by `factor` after every `every` steps: PyTorch's StepLR.
        case step(every: Int, factor: Float)
        /// Half a cosine down to `floor`, which the step after the last one would have: CosineAnnealingLR
        /// (Loshchilov and Hutter 2017, "SGDR", equation 5, without restarts).
        case cosine(floor: Float)
        /// Half a cosine up from peak / `divisor` over the first `rise` of the steps, then half a cosine down to
        /// peak / `divisor` / `finalDivisor`: OneCycleLR with anneal_strategy "cos" (Smith and Topin 2018,
        /// "Super-convergence"). Its rise is its warm-up; `warmupSteps`, if above 0, replaces `rise`.
        case oneCycle(rise: Double = 0.3, divisor: Double = 25, finalDivisor: Double = 1e4)
    }

    /// The part of the peak at which a warm-up starts, as in torchvision's reference training (`lr-warmup-decay`).
    package static let warmupStart = 0.01

    /// The highest rate.
    package var peak: Float
    /// How it falls.
    package var decay: Decay
    /// Steps of the linear warm-up: step 0 has 1 % of the peak, step `warmupSteps` all of it, and the decay begins there.
    package var warmupSteps: Int

    package init(peak: Float, decay: Decay = .constant, warmupSteps: Int = 0) {
        self.peak = peak
        self.decay = decay
        self.warmupSteps = warmupSteps
    }

    /// The rate of a step, counted from 0, in a run of `total`. Steps beyond the last have its rate.
    package func rate(at step: Int, of total: Int) -> Float {
        precondition(step >= 0 && total > 0, "step \(step) of \(total)")
        let step = min(step, total - 1)
        if case .oneCycle(let rise, let divisor, let finalDivisor) = decay {
            let rising = warmupSteps > 0 ? Double(warmupSteps) : rise * Double(total)
            return Float(oneCycle(step, total, rising: rising, divisor: divisor, finalDivisor: finalDivisor))
        }
        let warmup = max(0, min(warmupSteps, total))
        if step < warmup {
            let part = Double(step) / Double(warmup)
            return Float(Double(peak) * (Self.warmupStart + (1 - Self.warmupStart) * part))
        }
        switch decay {
        case .constant, .oneCycle: return peak
        case .step(let every, let factor):
            return Float(Double(peak) * pow(Double(factor), Double((step - warmup) / max(1, every))))
        case .cosine(let floor):
            let part = Double(step - warmup) / Double(total - warmup)
            return Float(Self.cosine(from: Double(peak), to: Double(floor), part))
        }
    }

    private func oneCycle(
        _ step: Int, _ total: Int, rising: Double, divisor: Double, finalDivisor: Double
    ) -> Double {
        let peak = Double(peak)
        let start = peak / divisor
        // The last step of the rise, a fraction as in PyTorch.
        let summit = max(0, min(rising, Double(total)) - 1)
        let last = Double(total - 1)
        if Double(step) <= summit, summit > 0 { return Self.cosine(from: start, to: peak, Double(step) / summit) }
        guard last > summit else { return peak }
        return Self.cosine(from: peak, to: start / finalDivisor, (Double(step) - summit) / (last - summit))
    }

    /// Half a cosine between two values; `part` is 0 at the first and 1 at the second.
    private static func cosine(from first: Double, to second: Double, _ part: Double) -> Double {
        second + (first - second) * (1 + cos(Double.pi * part)) / 2
    }
}
