// L-BFGS (Nocedal 1980; Nocedal and Wright 2006, algorithms 7.4 and 7.5): minimises a smooth function of many numbers with
// its value and slope alone. For functions that are computed whole, as the loss of a head on cached features is; never on
// batches. Sums run in Double and in one order, so that equal functions give equal bits.

/// A minimum that was looked for.
package struct LBFGS: Sendable {
    /// Steps whose changes are remembered.
    package var memory = 10
    /// The most steps.
    package var iterationLimit = 200
    /// Ends when no slope is larger than this times the larger of 1 and the largest number.
    package var slopeTolerance: Float = 1e-4
    /// Ends when a step lowers the value by less than this part of it.
    package var valueTolerance = 1e-7

    package init() {}

    /// Where the search ended.
    package struct Result: Sendable {
        package var point: [Float]
        package var value: Double
        /// Steps taken, and evaluations of the function.
        package var iterations: Int
        package var evaluations: Int
        /// True if a tolerance was met, false if the steps ran out or the search was ended from outside.
        package var isConverged: Bool
    }

    /// The part of the slope that a step must gain (Nocedal and Wright, equation 3.4).
    private static let sufficientDecrease = 1e-4
    /// Halvings before a direction is given up.
    private static let shorteningLimit = 25

    /// Walks down from `start`. `function` gives the value at a point and writes its slopes. `goesOn` is asked before each
    /// step.
    package func minimize(
        from start: [Float], goesOn: () -> Bool = { true },
        _ function: (_ point: [Float], _ slopes: inout [Float]) throws -> Double
    ) rethrows -> Result {
        var point = start
        var slopes = [Float](repeating: 0, count: start.count)
        var result = Result(
            point: start, value: try function(point, &slopes), iterations: 0, evaluations: 1, isConverged: false)
        var history = History(memory: memory)
        while result.iterations < iterationLimit, goesOn() {
            let largest = slopes.reduce(0) { max($0, $1.magnitude) }
            if largest <= slopeTolerance * max(1, point.reduce(0) { max($0, $1.magnitude) }) {
                result.isConverged = true
                break
            }
            var direction = history.direction(slopes)
            var descent = dot(direction, slopes)
            if !(descent < 0) {  // What is remembered does not fit this place.
                history = History(memory: memory)
                direction = slopes.map(-)
                descent = dot(direction, slopes)
            }
            // Nothing is known of the first step's length but that the slope is steep or flat.
            var length = history.isEmpty ? min(1, 1 / dot(slopes, slopes).squareRoot()) : 1
            var next = point
            var nextSlopes = slopes
            var value = Double.infinity
            var tries = 0
            repeat {
                for index in next.indices { next[index] = point[index] + Float(length) * direction[index] }
                value = try function(next, &nextSlopes)
                result.evaluations += 1
                tries += 1
                if value <= result.value + Self.sufficientDecrease * length * descent { break }
                length = shortened(length, value - result.value, descent)
            } while tries < Self.shorteningLimit
            guard value < result.value else {  // Nothing lower lies that way: rounding decides from here on.
                result.isConverged = true
                break
            }
            history.add(from: point, slopes, to: next, nextSlopes)
            let gain = result.value - value
            (point, slopes, result.value) = (next, nextSlopes, value)
            result.iterations += 1
            if gain <= valueTolerance * max(1e-12, value.magnitude) {
                result.isConverged = true
                break
            }
        }
        result.point = point
        return result
    }

    /// The lowest point of the parabola through what is known, within a tenth and a half of the length.
    private func shortened(_ length: Double, _ rise: Double, _ descent: Double) -> Double {
        guard rise.isFinite else { return length / 10 }
        let lowest = -descent * length * length / (2 * (rise - descent * length))
        return min(max(lowest, length / 10), length / 2)
    }
}

/// The last steps, and what they tell of the curvature.
private struct History {
    let memory: Int
    private var steps: [[Float]] = []
    private var changes: [[Float]] = []
    private var products: [Double] = []

    init(memory: Int) { self.memory = memory }

    var isEmpty: Bool { steps.isEmpty }

    mutating func add(from point: [Float], _ slopes: [Float], to next: [Float], _ nextSlopes: [Float]) {
        let step = zip(next, point).map { $0 - $1 }
        let change = zip(nextSlopes, slopes).map { $0 - $1 }
        let product = dot(step, change)
        // A step along which the slope does not rise would make a direction that leads upwards.
        guard product > 1e-10 * dot(change, change) else { return }
        if steps.count == memory {
            steps.removeFirst()
            changes.removeFirst()
            products.removeFirst()
        }
        steps.append(step)
        changes.append(change)
        products.append(product)
    }

    /// The slopes through the inverse of the curvature, downwards: the two loops of algorithm 7.4.
    func direction(_ slopes: [Float]) -> [Float] {
        var direction = slopes.map(-)
        guard let last = changes.indices.last else { return direction }
        var parts = [Double](repeating: 0, count: steps.count)
        for index in steps.indices.reversed() {
            parts[index] = dot(steps[index], direction) / products[index]
            add(-parts[index], changes[index], to: &direction)
        }
        let scale = Float(products[last] / dot(changes[last], changes[last]))
        for index in direction.indices { direction[index] *= scale }
        for index in steps.indices {
            add(parts[index] - dot(changes[index], direction) / products[index], steps[index], to: &direction)
        }
        return direction
    }

    private func add(_ factor: Double, _ x: [Float], to y: inout [Float]) {
        let factor = Float(factor)
        for index in y.indices { y[index] += factor * x[index] }
    }
}

private func dot(_ a: [Float], _ b: [Float]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += Double(a[index]) * Double(b[index]) }
    return sum
}
