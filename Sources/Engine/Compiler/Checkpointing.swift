// Training in less memory (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): the forward pass is cut into
// segments where a single value crosses; only that value is kept, and what the backward pass reads inside a segment is
// computed once more, just before. Costs about a forward pass; every number stays the same, bit for bit.

import FoveaGraph
import FoveaTensorCore

enum Checkpointing {
    /// Segments that are tried; the number that needs the least memory is taken.
    private static let segmentCounts = 2...24

    /// A training graph whose first `forwardCount` nodes are the forward pass, with segments computed again.
    static func apply(_ graph: Graph, forwardCount: Int) -> Graph {
        let segments = Segments(graph, forwardCount: forwardCount).best(of: segmentCounts)
        guard segments.count > 1 else { return graph }
        var result = graph
        result.nodes = Array(graph.nodes[..<forwardCount])
        // Values of the forward pass that the backward pass reads under another name, and who computes them, once.
        var pending: [(range: Range<Int>, wanted: Set<ValueID>)] = segments.dropLast().map { range in
            let own = Set(graph.nodes[range].flatMap(\.outputs))
            return (range, own.intersection(interior(of: range, graph, forwardCount)))
        }
        var renamed: [ValueID: ValueID] = [:]
        for var node in graph.nodes[forwardCount...] {
            if let due = pending.firstIndex(where: { !$0.wanted.isDisjoint(with: node.inputs) }) {
                let (range, wanted) = pending.remove(at: due)
                result.recompute(range, of: graph, wanted: wanted, renamed: &renamed)
            }
            node.inputs = node.inputs.map { renamed[$0] ?? $0 }
            result.nodes.append(node)
        }
        return result
    }

    /// The values that a segment computes, later nodes of the forward pass do not read, and the backward pass does.
    private static func interior(of range: Range<Int>, _ graph: Graph, _ forwardCount: Int) -> Set<ValueID> {
        let later = Set(graph.nodes[range.upperBound..<forwardCount].flatMap(\.inputs))
        let backward = Set(graph.nodes[forwardCount...].flatMap(\.inputs))
        return backward.subtracting(later).subtracting(graph.readOutside())
    }
}

extension Graph {
    /// Appends the nodes of a segment that `wanted` depends on, once more, under new names.
    fileprivate mutating func recompute(
        _ range: Range<Int>, of graph: Graph, wanted: Set<ValueID>, renamed: inout [ValueID: ValueID]
    ) {
        var needed = wanted
        var again: [Node] = []
        for node in graph.nodes[range].reversed() where !needed.isDisjoint(with: node.outputs) {
            needed.formUnion(node.inputs)
            again.append(node)
        }
        var names: [ValueID: ValueID] = [:]
        for var node in again.reversed() {
            node.inputs = node.inputs.map { names[$0] ?? $0 }
            node.outputs = node.outputs.map { output in
                values.append(graph.values[output.index])
                names[output] = ValueID(values.count - 1)
                return ValueID(values.count - 1)
            }
            nodes.append(node)
        }
        for value in wanted { renamed[value] = names[value] }
    }
}

/// Where the forward pass can be cut, and what lies between.
private struct Segments {
    /// After these nodes a single value goes on; the end of the forward pass is the last.
    private let cuts: [Int]
    /// Bytes that the backward pass reads, by the node that computes them.
    private let kept: [Int]
    /// Bytes of the value that goes on, by cut.
    private let crossing: [Int]

    init(_ graph: Graph, forwardCount: Int) {
        var last: [ValueID: Int] = [:]
        for (position, node) in graph.nodes[..<forwardCount].enumerated() {
            for input in node.inputs { last[input] = position }
        }
        let backward = Set(graph.nodes[forwardCount...].flatMap(\.inputs))
        var live: Set<ValueID> = []
        var cuts: [Int] = []
        var crossing: [Int] = []
        var kept: [Int] = []
        for (position, node) in graph.nodes[..<forwardCount].enumerated() {
            live.formUnion(node.outputs.filter { last[$0, default: -1] > position })
            live = live.filter { last[$0, default: -1] > position }
            func bytes(_ value: ValueID) -> Int { graph.shape(value).count * 4 }
            kept.append(node.outputs.filter(backward.contains).reduce(0) { $0 + bytes($1) })
            if live.count == 1, let value = live.first {
                cuts.append(position)
                crossing.append(bytes(value))
            }
        }
        cuts.append(forwardCount - 1)
        crossing.append(0)
        (self.cuts, self.kept, self.crossing) = (cuts, kept, crossing)
    }

    /// The segments, in order, of the division that keeps the fewest bytes at once.
    func best(of counts: ClosedRange<Int>) -> [Range<Int>] {
        var best = (segments: [0..<kept.count], bytes: kept.reduce(0, +))
        for count in counts {
            let limit = kept.reduce(0, +) / count
            var segments: [Range<Int>] = []
            var (start, inside, largest, carried) = (0, 0, 0, 0)
            var position = 0
            for (cut, bytes) in zip(cuts, crossing) {
                inside += kept[position...cut].reduce(0, +)
                position = cut + 1
                guard inside >= limit || cut == kept.count - 1 else { continue }
                segments.append(start..<cut + 1)
                largest = max(largest, inside)
                carried += bytes
                (start, inside) = (cut + 1, 0)
            }
            if largest + carried < best.bytes { best = (segments, largest + carried) }
        }
        return best.segments
    }
}
