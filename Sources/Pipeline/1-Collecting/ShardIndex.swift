// The samples of one tar shard, put together while its headers go by: pictures and the small members that label them.
// Reads labels, never pictures.

import FoveaTensorCore
import Foundation

/// What a sample says of its picture.
struct ShardLabel: Sendable, Equatable {
    var text: String
    /// The label, where it can be the number of a class: whole, from 0 to 65535.
    var number: Int?
    var split: Split?
    var weight: Float?
    var group: String?

    init(text: String) {
        self.text = text
        number = UInt16(text).map(Int.init)
    }
}

/// The samples of a shard.
struct ShardIndex {
    private struct Sample {
        var picture: TarMember?
        var plain: ShardLabel?
        var record: ShardLabel?
    }

    private let shard: String
    private var order: [String] = []
    private var found: [String: Sample] = [:]
    private var endings: Set<String> = []
    /// Every member's path, and the place of those that are pictures.
    private(set) var paths: [(path: String, place: ShardPlace?)] = []
    /// Samples with more than one picture.
    private(set) var several = 0
    private(set) var hasLabels = false

    /// A label that takes more is none.
    private static let largestLabel = 1 << 20
    private static let labelKeys = [
        "class_name", "label_name", "label", "class", "category", "cls", "target",
    ]

    init(shard: String) { self.shard = shard }

    /// Takes a member; reads it if it is a label.
    mutating func add(_ member: TarMember, _ bytes: () throws -> [UInt8]) throws {
        let isPicture = isPictureName(member.path)
        paths.append(
            (member.path, isPicture ? ShardPlace(shard: shard, offset: member.offset, size: member.size) : nil))
        let name = member.path.split(separator: "/").last.map(String.init) ?? ""
        guard !isClutter(name), let dot = name.firstIndex(of: ".") else { return }
        let key = String(member.path.dropLast(name[dot...].count))
        let ending = name[name.index(after: dot)...].lowercased()
        let last = ending.split(separator: ".").last.map(String.init) ?? ending
        guard isPicture || ["cls", "json"].contains(last) else { return }
        guard endings.insert(key + "." + ending).inserted else {
            throw Failure(
                .data, "\(shard): \(member.path.printable) stands in it twice",
                advice: "Keys must be unique within a shard; pack it again.")
        }
        if found[key] == nil { order.append(key) }
        var sample = found[key] ?? Sample()
        if isPicture {
            if sample.picture == nil { sample.picture = member } else { several += 1 }
        } else {
            guard member.size <= Self.largestLabel else {
                throw Failure(.data, "\(shard): \(member.path.printable) is no label: it has \(member.size) bytes")
            }
            let content = try bytes()
            guard content.count == member.size else { return }  // the walk says that the file is cut short
            if last == "cls" {
                sample.plain = ShardLabel(
                    text: String(decoding: content, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
                hasLabels = true
            } else {
                sample.record = try record(content, member.path)
                hasLabels = hasLabels || sample.record != nil
            }
        }
        found[key] = sample
    }

    /// Pictures in the order of their keys, with what labels them.
    var samples: [(name: String, place: ShardPlace, label: ShardLabel?)] {
        order.compactMap { key in
            guard let sample = found[key], let picture = sample.picture else { return nil }
            let place = ShardPlace(shard: shard, offset: picture.offset, size: picture.size)
            return (picture.path, place, Self.label(record: sample.record, plain: sample.plain))
        }
    }

    /// What a record and a plain label say together: the record names the class, even if its name is a number, and the
    /// plain label numbers it; a plain label in words says more than a record's number.
    private static func label(record: ShardLabel?, plain: ShardLabel?) -> ShardLabel? {
        guard var label = record ?? plain else { return nil }
        if record != nil, let plain, label.number != nil {
            if plain.number == nil { label.text = plain.text }
            label.number = plain.number
        }
        return label.text.isEmpty ? nil : label
    }

    private func record(_ bytes: [UInt8], _ path: String) throws -> ShardLabel? {
        let fields: [String: JSONScalar]
        do {
            fields = try JSONDecoder().decode([String: JSONScalar].self, from: Data(bytes))
        } catch {
            throw Failure(.data, "\(shard): \(path.printable) is no JSON object")
        }
        guard let text = Self.labelKeys.lazy.compactMap({ fields[$0]?.text }).first else { return nil }
        var label = ShardLabel(text: text.trimmingCharacters(in: .whitespacesAndNewlines))
        label.split = fields["split"]?.text.flatMap { Split(named: $0) }
        label.group = fields["group"]?.text
        if let weight = fields["weight"]?.text {
            guard let value = Float(weight), value >= 0, value.isFinite else {
                throw Failure(.data, "\(shard): \(path.printable): the weight \(weight) is no number from 0 on")
            }
            label.weight = value
        }
        return label
    }
}
