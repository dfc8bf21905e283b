// oneDNN's memory descriptors as layouts of the compiler, and the way back.

import COneDNN
import FoveaCompiler
import FoveaTensorCore

/// Owns a memory descriptor.
final class OneDNNLayout: LayoutDescriptor, @unchecked Sendable {
    // @unchecked: the descriptor is never changed.
    let handle: OpaquePointer

    init(owning handle: OpaquePointer) { self.handle = handle }

    deinit { FoveaDNNLayoutFree(handle) }

    func isSame(as other: any LayoutDescriptor) -> Bool {
        guard let other = other as? OneDNNLayout else { return false }
        return withExtendedLifetime((self, other)) { FoveaDNNLayoutEqual(handle, other.handle) }
    }

    var byteCount: Int { withExtendedLifetime(self) { FoveaDNNLayoutBytes(handle) } }

    /// True if the elements lie row-major without gaps.
    var isPlain: Bool { withExtendedLifetime(self) { FoveaDNNLayoutIsPlain(handle) } }

    /// A name such as `aBcd16b`.
    var name: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            guard let start = text.baseAddress else { return "" }
            return withExtendedLifetime(self) { String(cString: FoveaDNNLayoutName(handle, start, 64)) }
        }
    }

    /// A row-major layout, or one that a primitive may choose.
    static func make(_ dimensions: [Int], _ dataType: DataType, any: Bool) -> OneDNNLayout {
        let extents = dimensions.map(Int64.init)
        guard let handle = FoveaDNNLayoutCreate(extents, Int32(extents.count), dataType.oneDNN, any) else {
            preconditionFailure("oneDNN cannot describe a tensor of \(dimensions)")
        }
        return OneDNNLayout(owning: handle)
    }

    /// A layout of the same kind for another (N, C, H, W).
    func like(_ shape: Shape) -> OneDNNLayout {
        let extents = shape.dimensions.map(Int64.init)
        guard let other = withExtendedLifetime(self, { FoveaDNNLayoutLike(handle, extents) }) else {
            preconditionFailure("oneDNN cannot describe a tensor of \(shape)")
        }
        return OneDNNLayout(owning: other)
    }

    /// The layout in blocks of channels that this processor's kernels like best.
    static func blocked(_ shape: Shape, _ dataType: DataType) -> OneDNNLayout {
        make([1, shape[1], 1, 1], dataType, any: false).like(shape)
    }

    /// Channels in a block of (N, C, H, W); nil for other layouts.
    var channelBlock: Int? { ["aBcd16b": 16, "aBcd8b": 8][name] }

    /// The name of (N, C, H, W) with channels last.
    static let channelsLast = "acdb"

    /// The same placement of filters (C, O, kh, kw) seen as (O, C, kh, kw).
    func transposed() throws -> OneDNNLayout {
        var error = FoveaDNNError()
        guard let other = withExtendedLifetime(self, { FoveaDNNLayoutTransposed(handle, &error) }) else {
            throw Failure(.work, "oneDNN: \(error.text)")
        }
        return OneDNNLayout(owning: other)
    }

    /// Row-major, with these dimensions and elements of this type.
    func plain(as dataType: DataType) -> OneDNNLayout {
        guard let plain = withExtendedLifetime(self, { FoveaDNNLayoutPlain(handle, dataType.oneDNN) }) else {
            preconditionFailure("a layout has a plain form")
        }
        return OneDNNLayout(owning: plain)
    }
}

/// A layout that only the kernel which made it understands, with the layouts of the tensors that it belongs to.
final class OneDNNWorkspace: LayoutDescriptor, @unchecked Sendable {
    // @unchecked: never changed.
    let x: OneDNNLayout
    let y: OneDNNLayout

    init(x: OneDNNLayout, y: OneDNNLayout) {
        self.x = x
        self.y = y
    }

    func isSame(as other: any LayoutDescriptor) -> Bool {
        guard let other = other as? OneDNNWorkspace else { return false }
        return x.isSame(as: other.x) && y.isSame(as: other.y)
    }
}

extension DataType {
    var oneDNN: FoveaDNNType {
        switch self {
        case .f32: FoveaDNNTypeF32
        case .bf16: FoveaDNNTypeBF16
        case .s32: FoveaDNNTypeS32
        case .s8: FoveaDNNTypeS8
        case .u8: FoveaDNNTypeU8
        case .f64, .f16, .s64: preconditionFailure("oneDNN has no kernels for \(self)")
        }
    }
}

extension TensorFormat {
    /// The descriptor of this format. `dimensions` replaces the shape of a plain tensor, for grouped filters.
    func oneDNN(dimensions: [Int]? = nil) -> OneDNNLayout {
        if case .library(_, _, let descriptor) = layout, let known = descriptor as? OneDNNLayout { return known }
        return OneDNNLayout.make(dimensions ?? shape.dimensions, dataType, any: false)
    }

    /// A descriptor of this shape and type whose layout a primitive may choose.
    func oneDNNAny(dimensions: [Int]? = nil) -> OneDNNLayout {
        OneDNNLayout.make(dimensions ?? shape.dimensions, dataType, any: true)
    }

    /// This tensor in a layout of oneDNN.
    func laidOut(_ layout: OneDNNLayout) -> TensorFormat {
        var format = self
        format.layout =
            layout.isPlain
            ? .plain : .library(name: layout.name, byteCount: layout.byteCount, descriptor: layout)
        return format
    }

    /// This tensor in plain layout.
    var plain: TensorFormat {
        var format = self
        format.layout = .plain
        return format
    }
}
