// Plans memory: every buffer's lifetime is known, so that buffers which never live together share addresses in one arena.
// Buffers are placed largest first, each at the lowest address that is free for its whole life.

import FoveaTensorCore

/// Where each buffer of a program lies in the arena.
package struct PlanMemory {
    /// Offsets in bytes by buffer; nil for buffers that live elsewhere.
    package var offsets: [Int?]
    /// Offsets of each step's scratch memory.
    package var scratchOffsets: [Int?]
    /// Bytes of the arena.
    package var byteCount: Int

    /// A buffer's life in steps, both ends included, and its size.
    package struct Lifetime: Equatable, Sendable {
        package var first: Int
        package var last: Int
        package var byteCount: Int
        package init(first: Int, last: Int, byteCount: Int) {
            self.first = first
            self.last = last
            self.byteCount = byteCount
        }
    }

    /// Places the buffers of a program.
    package static func place(_ program: Program) -> PlanMemory {
        var lives = Lives(program)
        lives.share(program)
        var lifetimes: [Lifetime] = []
        var owners: [Int] = []
        for (buffer, life) in lives.lifetimes.enumerated() where lives.root(buffer) == buffer && life.byteCount > 0 {
            guard program.buffers[buffer].home == .arena else { continue }
            lifetimes.append(life)
            owners.append(buffer)
        }
        for (step, info) in program.steps.enumerated() where info.proposal.scratchByteCount > 0 {
            lifetimes.append(Lifetime(first: step, last: step, byteCount: info.proposal.scratchByteCount))
            owners.append(-1 - step)
        }
        let (placed, byteCount) = pack(lifetimes)
        var memory = PlanMemory(
            offsets: [Int?](repeating: nil, count: program.buffers.count),
            scratchOffsets: [Int?](repeating: nil, count: program.steps.count), byteCount: byteCount)
        for (owner, offset) in zip(owners, placed) {
            if owner >= 0 { memory.offsets[owner] = offset } else { memory.scratchOffsets[-1 - owner] = offset }
        }
        for buffer in program.buffers.indices { memory.offsets[buffer] = memory.offsets[lives.root(buffer)] }
        return memory
    }

    /// Offsets such that no two lifetimes that overlap in time overlap in memory, and the bytes needed.
    package static func pack(_ lifetimes: [Lifetime]) -> (offsets: [Int], byteCount: Int) {
        var offsets = [Int](repeating: 0, count: lifetimes.count)
        var placed: [(offset: Int, end: Int, life: Lifetime)] = []
        var total = 0
        let order = lifetimes.indices.sorted {
            (lifetimes[$1].byteCount, lifetimes[$0].first, $0) < (lifetimes[$0].byteCount, lifetimes[$1].first, $1)
        }
        for index in order {
            let life = lifetimes[index]
            let size = Arena.aligned(life.byteCount)
            var offset = 0
            for other in placed where other.life.first <= life.last && life.first <= other.life.last {
                if other.offset >= offset + size { break }
                offset = max(offset, other.end)
            }
            offsets[index] = offset
            total = max(total, offset + size)
            let position = placed.firstIndex { $0.offset > offset } ?? placed.endIndex
            placed.insert((offset, offset + size, life), at: position)
        }
        return (offsets, total)
    }
}

/// Lifetimes of a program's buffers, and which of them lie in the same place.
private struct Lives {
    var lifetimes: [PlanMemory.Lifetime]
    private var parents: [Int]

    init(_ program: Program) {
        let end = program.steps.count
        parents = Array(program.buffers.indices)
        lifetimes = program.buffers.map { .init(first: end, last: -1, byteCount: $0.format.byteCount) }
        for (buffer, info) in program.buffers.enumerated() {
            if case .view(let source) = info.home { parents[buffer] = root(source) }
        }
        for (position, step) in program.steps.enumerated() {
            for buffer in step.inputs + step.outputs { extend(buffer, to: position) }
            // What follows from parameters is kept for later runs, if a later step reads it.
            if !step.isConstant {
                for buffer in step.inputs where program.buffers[buffer].isConstant { extend(buffer, to: end) }
            }
        }
        for (buffer, info) in program.buffers.enumerated() {
            if info.isInput {
                extend(buffer, to: 0)
                extend(buffer, to: end)
            }
            if info.isOutput { extend(buffer, to: end) }
        }
    }

    func root(_ buffer: Int) -> Int {
        var current = buffer
        while parents[current] != current { current = parents[current] }
        return current
    }

    private mutating func extend(_ buffer: Int, to step: Int) {
        let owner = root(buffer)
        lifetimes[owner].first = min(lifetimes[owner].first, step)
        lifetimes[owner].last = max(lifetimes[owner].last, step)
    }

    /// Lets outputs lie where a dying input lay, where kernels allow or demand it.
    mutating func share(_ program: Program) {
        for (position, step) in program.steps.enumerated() {
            let demanded = step.proposal.mustShare
            for (output, input) in demanded.merging(step.proposal.mayShare, uniquingKeysWith: { first, _ in first })
                .sorted(by: { $0.key < $1.key })
            {
                let (from, to) = (root(step.inputs[input]), root(step.outputs[output]))
                let dies = lifetimes[from].last == position && program.buffers[from].home == .arena
                let fits = lifetimes[from].byteCount == lifetimes[to].byteCount
                let starts = lifetimes[to].first == position && program.buffers[to].home == .arena
                guard dies, fits, starts, from != to else {
                    precondition(demanded[output] == nil || from == to, "\(step.scope): the residual is still needed")
                    continue
                }
                parents[to] = from
                lifetimes[from].last = lifetimes[to].last
            }
        }
    }
}
