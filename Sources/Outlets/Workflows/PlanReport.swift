// A plan as numbers, for other programs: `fovea plan --json`. The keys are described in docs/json.md.

import FoveaCompiler
import FoveaModeling
import FoveaTensorCore

/// What was measured of a plan.
struct PlanTimes: Sendable {
    /// Median seconds of each step.
    let steps: [Double]
    /// Median seconds of a whole run.
    let total: Double
    let ceilings: Ceilings
}

/// A plan, and its times if it was measured.
package struct PlanReport: Sendable, Codable {
    /// One step of a run.
    package struct Step: Sendable, Codable {
        package let `operator`: String
        package let attributes: String
        package let scope: String
        package let kernel: String
        package let outputShape: [Int]
        package let outputType: String
        /// What it reads and writes, each buffer once.
        package let bytes: Int
        package let multiplyAdds: Int
        /// True if it runs only when weights change.
        package let isConstant: Bool
        /// The median, and what it would be at the machine's ceilings.
        package let seconds: Double?
        package let boundSeconds: Double?
        /// True if it takes more than 5 times its bound and 20 microseconds.
        package let isFarFromBound: Bool?
    }

    package var schema = 1
    package let library: String
    package let threads: Int
    package let network: String
    package let work: String
    package let precision: String
    package let channels: Int
    package let size: Int
    package let batch: Int
    package let arenaBytes: Int
    /// The median of a whole run.
    package let seconds: Double?
    package let ceilings: Ceilings?
    package let steps: [Step]

    init(_ plan: Plan, _ request: PlanRequest, _ times: PlanTimes?, library: any KernelLibrary) {
        let program = plan.program
        let configuration = request.model.configuration
        self.library = library.name
        threads = library.threadCount
        network = configuration.architecture
        work = request.isTraining ? "training" : "inference"
        precision =
            request.quantization != nil ? "int8" : (request.precision ?? library.fastestPrecision).rawValue
        channels = configuration.channels
        size = configuration.height
        batch = request.batchSize
        arenaBytes = plan.arenaByteCount
        seconds = times?.total
        ceilings = times?.ceilings
        steps = program.steps.enumerated().map { position, step in
            let output = step.outputs.first.map { program.buffers[$0].format }
            let isMeasured = !step.isConstant && !step.proposal.isView
            let seconds = isMeasured ? times?.steps[position] : nil
            let bound = isMeasured ? times.map { program.leastSeconds(of: step, $0.ceilings) } : nil
            let isFar = seconds.flatMap { seconds in
                bound.map { Program.isFarFromBound(seconds: seconds, bound: $0) }
            }
            return Step(
                operator: step.name, attributes: step.attributes, scope: step.scope.path,
                kernel: step.proposal.isView ? "view" : step.proposal.implementation,
                outputShape: output?.shape.dimensions ?? [], outputType: output.map { "\($0.dataType)" } ?? "",
                bytes: program.byteCount(of: step), multiplyAdds: step.multiplyAdds, isConstant: step.isConstant,
                seconds: seconds, boundSeconds: bound, isFarFromBound: isFar)
        }
    }
}
