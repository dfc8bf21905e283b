// Our kernel for concatenations, slices and shuffles of channels: every element is where the order says, whether registers
// are permuted or pieces copied, in every layout, for channels that fill their blocks and channels that do not.

import CKernels
import Testing

/// A map of n pictures whose elements are numbered, and where they lie.
private struct NumberedMap {
    let n = 3
    let positions = 5
    let channels: Int
    let layout: fovea_norm_layout

    private var block: Int {
        switch layout {
        case FOVEA_NORM_BLOCKS_OF_8: 8
        case FOVEA_NORM_BLOCKS_OF_16: 16
        default: 1
        }
    }

    var count: Int { n * positions * ((channels + block - 1) / block * block) }

    func place(_ picture: Int, _ channel: Int, _ position: Int) -> Int {
        if layout == FOVEA_NORM_CHANNELS_LAST { return (picture * positions + position) * channels + channel }
        let blocks = (channels + block - 1) / block
        return ((picture * blocks + channel / block) * positions + position) * block + channel % block
    }

    func maps(isBF16: Bool) -> fovea_maps {
        fovea_maps(
            n: Int64(n), c: Int64(channels), positions: Int64(positions), layout: layout, is_bf16: isBF16 ? 1 : 0)
    }
}

@Suite struct ChannelMovesKernelTests {
    private static let layouts = [
        FOVEA_NORM_PLAIN, FOVEA_NORM_BLOCKS_OF_8, FOVEA_NORM_BLOCKS_OF_16, FOVEA_NORM_CHANNELS_LAST,
    ]

    /// Channels of the maps, and of what is made: which map, which channel.
    private static let orders: [(channels: [Int], order: [(Int, Int)])] = [
        ([16, 32], (0..<16).map { (0, $0) } + (0..<32).map { (1, $0) }),
        ([17, 3, 70], (0..<17).map { (0, $0) } + (0..<3).map { (1, $0) } + (0..<70).map { (2, $0) }),
        ([116], (0..<116).map { (0, $0 % 2 * 58 + $0 / 2) }),
        ([116], (0..<116).map { (0, $0 % 58 * 2 + $0 / 58) }),
        ([58], (29..<58).map { (0, $0) }),
        ([1, 1, 1], [(2, 0), (0, 0), (1, 0)]),
        ([40], (0..<40).reversed().map { (0, $0) }),
        ([33, 90], (0..<100).map { ($0 * 7 % 3 % 2, $0 * 13 % 33) }),
    ]

    private func check<Element: FixedWidthInteger>(_ type: Element.Type, isBF16: Bool) {
        for layout in Self.layouts {
            for (index, (channels, order)) in Self.orders.enumerated() {
                let sources = channels.map { NumberedMap(channels: $0, layout: layout) }
                let target = NumberedMap(channels: order.count, layout: layout)
                var next = Element.zero
                let elements = sources.map { map in
                    (0..<map.count).map { _ in
                        next &+= 1
                        return next
                    }
                }
                let extents = channels.map(Int64.init)
                let (source, channel) = (order.map { Int32($0.0) }, order.map { Int32($0.1) })
                let maps = target.maps(isBF16: isBF16)
                for usesTable in [false, true] {
                    var result = [Element](repeating: .max, count: target.count)
                    withUnsafePointer(to: maps) { maps in
                        extents.withUnsafeBufferPointer { extents in
                            source.withUnsafeBufferPointer { source in
                                channel.withUnsafeBufferPointer { channel in
                                    var order = fovea_channel_order(
                                        x_channels: extents.baseAddress, source: source.baseAddress,
                                        channel: channel.baseAddress)
                                    let size = usesTable ? fovea_channel_table_bytes(maps, &order) : 0
                                    var table = [UInt8](repeating: 0xFF, count: size)
                                    if size > 0 { fovea_channel_table(maps, &order, &table) }
                                    let given = elements.map { $0.withUnsafeBytes(Array.init) }
                                    withAddresses(given) { addresses in
                                        fovea_channel_moves(
                                            maps, &order, size > 0 ? table : nil, addresses, &result)
                                    }
                                }
                            }
                        }
                    }
                    var expected = [Element](repeating: .zero, count: target.count)
                    for (c, (map, from)) in order.enumerated() {
                        for picture in 0..<target.n {
                            for position in 0..<target.positions {
                                expected[target.place(picture, c, position)] =
                                    elements[map][sources[map].place(picture, from, position)]
                            }
                        }
                    }
                    let isEqual = result == expected
                    #expect(isEqual, "order \(index), \(layout), \(type), table \(usesTable)")
                }
            }
        }
    }

    @Test func `channels of f32 maps arrive where the order says`() { check(UInt32.self, isBF16: false) }

    @Test func `channels of bf16 maps arrive where the order says`() { check(UInt16.self, isBF16: true) }
}

/// Addresses of arrays that stay where they are meanwhile.
private func withAddresses(_ arrays: [[UInt8]], _ body: ([UnsafeRawPointer?]) -> Void) {
    func go(_ index: Int, _ found: [UnsafeRawPointer?]) {
        guard index < arrays.count else { return body(found) }
        arrays[index].withUnsafeBytes { go(index + 1, found + [$0.baseAddress]) }
    }
    go(0, [])
}
