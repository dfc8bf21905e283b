// Pixels that somebody else owns, and a buffer that owns pixels and is used again and again. They let the loader's
// threads decode and resize without a new array for every picture. Nobody outside the data side needs them.

/// A rectangle of pixels in memory that another value owns; valid only as long as its owner leaves it alone.
package struct PixelView {
    /// The first sample of the first row.
    package let base: UnsafePointer<UInt8>
    /// Columns, at least 1.
    package let width: Int
    /// Rows, at least 1.
    package let height: Int
    /// 1 for grayscale, 3 for RGB, interleaved.
    package let channels: Int
    /// Bytes from one row to the next.
    package let stride: Int

    package init(base: UnsafePointer<UInt8>, width: Int, height: Int, channels: Int, stride: Int) {
        self.base = base
        self.width = width
        self.height = height
        self.channels = channels
        self.stride = stride
    }

    /// The part of `width` x `height` pixels whose corner is at column `x`, row `y`. Traps if it lies outside.
    package func region(x: Int, y: Int, width: Int, height: Int) -> PixelView {
        precondition(
            x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= self.width && y + height <= self.height,
            "\(width) x \(height) at (\(x), \(y)) lies outside \(self.width) x \(self.height)")
        return PixelView(
            base: base + y * stride + x * channels, width: width, height: height, channels: channels, stride: stride)
    }

    /// A copy that lives on its own.
    package func picture() -> Picture {
        let row = width * channels
        let pixels = [UInt8](unsafeUninitializedCapacity: row * height) { room, count in
            for y in 0..<height { room.baseAddress.map { ($0 + y * row).update(from: base + y * stride, count: row) } }
            count = row * height
        }
        return Picture(width: width, height: height, channels: channels, pixels: pixels)
    }
}

extension Picture {
    /// Lends the pixels for the duration of `body`; the picture owns them.
    package func withView<Result>(_ body: (PixelView) throws -> Result) rethrows -> Result {
        try pixels.withUnsafeBufferPointer { samples in
            guard let base = samples.baseAddress else { preconditionFailure("a picture has at least one pixel") }
            return try body(
                PixelView(base: base, width: width, height: height, channels: channels, stride: width * channels))
        }
    }
}

/// Memory for one picture, grown when needed and never shrunk. Belongs to one thread at a time.
package final class PixelBuffer {
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int

    /// An empty buffer.
    package init() {
        capacity = 0
        memory = .allocate(capacity: 1)
    }

    deinit { memory.deallocate() }

    /// Room for `count` bytes. Earlier contents and pointers are lost.
    package func room(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        if count > capacity {
            memory.deallocate()
            capacity = count + count / 8
            memory = .allocate(capacity: capacity)
        }
        return memory
    }
}
