// Where pictures come from. A source lists its pictures once and hands out the content of one at a time, from any thread.
// It never decodes, changes or moves a file.

import FoveaPictures

/// The content of one picture as the source holds it.
package enum PictureContent: Sendable {
    /// The bytes of a picture file: JPEG, PNG, WebP ...
    case encoded([UInt8])
    /// Pixels that need no decoding, as in IDX or CIFAR files.
    case raw(Picture)
}

/// One picture of a source.
package struct Entry: Sendable, Equatable {
    /// What to call the picture in messages and results: its path, or `train-images[17]`.
    package let name: String
    /// Index into the data set's class list.
    package let label: Int
    /// How much the picture counts in the loss of a training, above 0.
    package let weight: Float
    /// Pictures of one group (a patient, a scene, near duplicates) are drawn into one split; nil for a group of its own.
    package let group: String?

    package init(name: String, label: Int, weight: Float = 1, group: String? = nil) {
        self.name = name
        self.label = label
        self.weight = weight
        self.group = group
    }

    /// The same picture under another label.
    package func labelled(_ label: Int) -> Entry { Entry(name: name, label: label, weight: weight, group: group) }
}

/// A list of labelled pictures: a folder, a manifest, an archive, an IDX file, a part of any.
package protocol Source: Sendable {
    /// Reads what must be read before `entries` can be told, where that was put off: an IDX file of a test split.
    /// Throws a `Failure` of kind `.data` if it is damaged. Cheap when called again; does nothing for most sources.
    func prepare() throws
    /// The pictures, in an order that is the same on every machine. Prepares the source if nobody has; one that cannot
    /// be read has a single entry then, named after the damaged file, whose content throws what is wrong with it.
    var entries: [Entry] { get }
    /// The content of picture `index`. Called from several threads at once.
    /// Throws a `Failure` of kind `.data` that names the picture, if it cannot be read.
    func content(at index: Int) throws -> PictureContent
}

extension Source {
    /// Most sources know their entries from the start.
    package func prepare() throws {}
}
