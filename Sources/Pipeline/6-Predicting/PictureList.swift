// Pictures to be classified, wherever they come from. What cannot be read fails alone: the others are answered.

import FoveaCollecting
import FoveaPictures
import FoveaTensorCore

/// A picture that somebody wants to know the class of.
package enum PictureInput: Sendable {
    /// A file.
    case file(String)
    /// The bytes of a picture file, and what to call it.
    case encoded([UInt8], name: String)
    /// Pixels, and what to call them.
    case picture(Picture, name: String)
    /// Something that was asked for and is not there, and why.
    case missing(name: String, reason: String)

    /// What messages call it.
    package var name: String {
        switch self {
        case .file(let path): path
        case .encoded(_, let name), .picture(_, let name), .missing(let name, _): name
        }
    }
}

/// Inputs as a source without labels.
struct PictureList: Source {
    let inputs: [PictureInput]
    let entries: [Entry]
    private let files: FolderSource

    init(_ inputs: [PictureInput]) {
        self.inputs = inputs
        entries = inputs.map { Entry(name: $0.name, label: 0) }
        files = FolderSource(entries: entries)
    }

    func content(at index: Int) throws -> PictureContent {
        switch inputs[index] {
        case .file: try files.content(at: index)
        case .encoded(let bytes, _): .encoded(bytes)
        case .picture(let picture, _): .raw(picture)
        case .missing(_, let reason): throw Failure(.data, reason)
        }
    }
}
