// The minimiser on functions whose lowest point is known.

import FoveaTraining
import Testing

@Suite struct LBFGSTests {
    @Test func `a valley that bends is walked to its lowest point`() {
        // Rosenbrock 1960, in ten dimensions: lowest at all ones.
        let start = (0..<10).map { $0 % 2 == 0 ? Float(-1.2) : 1 }
        var search = LBFGS()
        search.iterationLimit = 1000
        search.slopeTolerance = 1e-5
        search.valueTolerance = 0
        let result = search.minimize(from: start) { x, slopes in
            var value = 0.0
            for index in slopes.indices { slopes[index] = 0 }
            for index in 0..<9 {
                let (a, b) = (Double(x[index]), Double(x[index + 1]))
                let (bend, distance) = (b - a * a, 1 - a)
                value += 100 * bend * bend + distance * distance
                slopes[index] += Float(-400 * a * bend - 2 * distance)
                slopes[index + 1] += Float(200 * bend)
            }
            return value
        }
        #expect(result.isConverged && result.value < 1e-6)
        #expect(result.point.allSatisfy { ($0 - 1).magnitude < 1e-3 })
        #expect(result.iterations < 300)
    }

    @Test func `a bowl of very different widths takes few steps`() {
        let widths: [Float] = (0..<30).map { index in
            let part = Float(index) / 29
            return 1 + 999 * part * part
        }
        let result = LBFGS().minimize(from: [Float](repeating: 1, count: 30)) { x, slopes in
            for index in x.indices { slopes[index] = widths[index] * x[index] }
            return zip(widths, x).reduce(0) { $0 + Double($1.0 * $1.1 * $1.1) / 2 }
        }
        #expect(result.isConverged && result.value < 1e-4)
        // The shortest walk straight down takes thousands.
        #expect(result.iterations < 180)
    }

    @Test func `a search that is ended from outside keeps where it is`() {
        var steps = 0
        let result = LBFGS().minimize(
            from: [5],
            goesOn: {
                steps += 1
                return steps <= 2
            },
            { x, slopes in
                slopes[0] = x[0] * x[0] * x[0]
                return Double(x[0] * x[0] * x[0] * x[0]) / 4
            })
        #expect(!result.isConverged && result.iterations == 2)
        #expect(result.point[0] < 5 && result.value < 625.0 / 4)
    }

    @Test func `the lowest point is left at once`() {
        let result = LBFGS().minimize(from: [0, 0]) { _, slopes in
            slopes = [0, 0]
            return 3
        }
        #expect(result.isConverged && result.evaluations == 1 && result.value == 3)
    }
}
