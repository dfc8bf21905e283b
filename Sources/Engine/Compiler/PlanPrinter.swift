// A plan as text: every step with its kernel, layouts, memory and work, and where measured its time. What is slow or goes
// through a reference kernel is to be seen here, before anybody wonders.

import FoveaGraph
import FoveaTensorCore
import Foundation

/// Prints plans.
package struct PlanPrinter {
    /// The plan's steps.
    private let program: Program
    private let arenaByteCount: Int
    /// Seconds of each step in one run; nil if nothing was measured.
    private let seconds: [Double]?
    /// Seconds of one whole run.
    private let total: Double?
    /// What the machine can do at most.
    private let ceilings: Ceilings?

    package init(_ plan: Plan, seconds: [Double]? = nil, total: Double? = nil, ceilings: Ceilings? = nil) {
        program = plan.program
        arenaByteCount = plan.arenaByteCount
        self.seconds = seconds
        self.total = total
        self.ceilings = ceilings
    }

    /// A table of the steps and a line of totals.
    package var lines: [String] {
        var columns: [(title: String, alignment: TextTable.Alignment)] = [
            ("step", .right), ("operator", .left), ("scope", .left), ("kernel", .left), ("output", .left),
            ("layouts", .left), ("bytes", .right), ("multiply-adds", .right),
        ]
        if seconds != nil { columns += [("ms", .right), ("share", .right), ("GFLOP/s", .right), ("GB/s", .right)] }
        if ceilings != nil { columns.append(("x bound", .right)) }
        var table = TextTable(columns)
        for (position, step) in program.steps.enumerated() { table.add(row(position, step)) }
        return table.lines + ["", totals] + bounds
    }

    /// How far the whole is from the machine's ceilings, and which steps are farthest.
    private var bounds: [String] {
        guard let ceilings, let seconds, let total else { return [] }
        let steps = program.steps.indices.filter { !program.steps[$0].isConstant }
        let least = steps.reduce(0) { $0 + program.leastSeconds(of: program.steps[$1], ceilings) }
        let far = steps.filter {
            Program.isFarFromBound(
                seconds: seconds[$0], bound: program.leastSeconds(of: program.steps[$0], ceilings))
        }
        let lost = far.reduce(0) { $0 + seconds[$1] }
        let eightBits =
            ceilings.eightBitOperationsPerSecond.map { String(format: "%.0f in eight bits, ", $0 * 1e-9) } ?? ""
        let steady = String(
            format:
                "ceilings measured here: %.0f GFLOP/s, %@%.0f GB/s; all steps at their bounds: %.3f ms, %.0f %% of the run",
            ceilings.operationsPerSecond * 1e-9, eightBits, ceilings.bytesPerSecond * 1e-9, least * 1e3,
            least / total * 100)
        guard !far.isEmpty else { return [steady, "no step takes more than 5 times its bound"] }
        let names = far.map { String($0 + 1) }.joined(separator: ", ")
        return [
            steady,
            String(
                format: "beyond 5 times their bounds: step%@ %@, %.3f ms, %.1f %% of the run",
                far.count == 1 ? "" : "s",
                names, lost * 1e3, lost / total * 100),
        ]
    }

    private func row(_ position: Int, _ step: ProgramStep) -> [String] {
        let output = step.outputs.first.map { program.buffers[$0].format }
        var cells = [
            String(position + 1) + (step.isConstant ? "*" : ""),
            step.attributes.isEmpty ? step.name : "\(step.name) (\(step.attributes))".shortened(to: 48),
            step.scope.path, step.proposal.isView ? "view" : step.proposal.implementation,
            output.map { "\($0.shape.description) \($0.dataType)" } ?? "", layouts(step),
            String(step.outputs.reduce(0) { $0 + memory(of: $1) }),
            step.multiplyAdds == 0 ? "" : String(step.multiplyAdds),
        ]
        if let seconds {
            let time = seconds[position]
            cells.append(time > 0 ? String(format: "%.3f", time * 1e3) : "")
            let rate = time > 0 ? 2 * Double(step.multiplyAdds) / time * 1e-9 : 0
            cells.append(total.map { time > 0 ? String(format: "%.1f %%", time / $0 * 100) : "" } ?? "")
            cells.append(rate > 0 ? String(format: "%.0f", rate) : "")
            cells.append(time > 0 ? String(format: "%.1f", Double(program.byteCount(of: step)) / time * 1e-9) : "")
            if let ceilings {
                let bound = program.leastSeconds(of: step, ceilings)
                cells.append(time > 0 && bound > 0 ? String(format: "%.1f", time / bound) : "")
            }
        }
        return cells
    }

    /// `aBcd16b, ABcd16b16a, a to aBcd16b`: the inputs' layouts and the first output's.
    private func layouts(_ step: ProgramStep) -> String {
        let inputs = step.inputs.map { program.buffers[$0].format.layout.description }
        let outputs = step.outputs.prefix(1).map { program.buffers[$0].format.layout.description }
        let distinct = inputs.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
        return distinct.joined(separator: ", ") + " to " + outputs.joined()
    }

    private func memory(of buffer: Int) -> Int {
        if case .view = program.buffers[buffer].home { return 0 }
        return program.buffers[buffer].format.byteCount
    }

    private var totals: String {
        let work = program.steps.reduce(0) { $0 + $1.multiplyAdds }
        let constant = program.steps.count { $0.isConstant }
        let reorders = program.steps.count { $0.name == "reorder" && !$0.isConstant }
        let references = program.steps.count { $0.proposal.implementation.hasPrefix("ref") }
        var text = "\(program.steps.count) steps"
        if constant > 0 { text += " (\(constant) marked * only when weights change)" }
        text += ", \(reorders) reorders a run, \(references) reference kernels, \(arenaByteCount) bytes of arena, "
        text += "\(work) multiply-adds"
        if let total {
            text += String(format: ", %.3f ms a run, %.0f GFLOP/s", total * 1e3, 2 * Double(work) / total * 1e-9)
        }
        return text
    }
}
