// The layers of a network: where each stands, what it does, what comes out, how many parameters it has.

import FoveaGraph
import FoveaModeling
import FoveaTensorCore
import Foundation

/// A network layer by layer, for one picture.
struct LayerSummary {
    private struct Row: Encodable {
        let scope: String
        let layer: String
        let attributes: String
        let output: [Int]
        let parameters: Int
        let multiplyAdds: Int
    }

    private struct Summary: Encodable {
        let schema = 1
        let name: String
        let input: [Int]
        let parameters: Int
        let multiplyAdds: Int
        let layers: [Row]
    }

    private let summary: Summary

    init(_ model: Model) throws {
        let graph = try model.inferenceGraph(batch: 1)
        let trained = Dictionary(
            graph.parameters.filter(\.role.isTrainable).map { ($0.value, $0.shape.count) },
            uniquingKeysWith: { first, _ in first })
        let rows = graph.nodes.map { node in
            Row(
                scope: node.scope.path, layer: node.operator.name, attributes: node.operator.attributes,
                output: graph.shape(node.outputs[0]).dimensions,
                parameters: node.inputs.reduce(0) { $0 + (trained[$1] ?? 0) },
                multiplyAdds: node.operator.multiplyAdds(
                    inputs: node.inputs.map(graph.shape), outputs: node.outputs.map(graph.shape)))
        }
        let configuration = model.configuration
        summary = Summary(
            name: configuration.architecture,
            input: [1, configuration.channels, configuration.height, configuration.width],
            parameters: graph.trainableCount, multiplyAdds: graph.multiplyAdds, layers: rows)
    }

    func text(json: Bool) throws -> String {
        if json { return try JSONText.line(summary) }
        var table = TextTable([
            ("scope", .left), ("layer", .left), ("output", .left), ("parameters", .right), ("multiply-adds", .right),
        ])
        for row in summary.layers {
            let layer = row.attributes.isEmpty ? row.layer : "\(row.layer) (\(row.attributes))"
            table.add([
                row.scope, layer, row.output.map(String.init).joined(separator: " x "),
                row.parameters == 0 ? "" : grouped(row.parameters),
                row.multiplyAdds == 0 ? "" : scaled(row.multiplyAdds),
            ])
        }
        let input = summary.input.map(String.init).joined(separator: " x ")
        return
            (["\(summary.name) on \(input)", ""] + table.lines + [
                "",
                "\(grouped(summary.parameters)) parameters, \(scaled(summary.multiplyAdds)) multiply-adds a picture",
            ]).joined(separator: "\n")
    }
}
