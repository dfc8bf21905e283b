// What the loader may keep of a picture from one epoch to the next, so that its file is not decoded again.

/// What is kept of a picture between epochs.
package enum KeptForm: String, Sendable {
    /// Decoded and upright, at its own size: where each epoch cuts out another region.
    case decoded
    /// At the network's size: where the region is always the same.
    case sized
}

extension Augmentation {
    /// The smallest form that still gives every draw.
    package var keptForm: KeptForm { crop.isResized ? .decoded : .sized }
}
