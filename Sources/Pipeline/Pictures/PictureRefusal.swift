// Why a picture was not decoded, as a sentence and as a short cause. Sentences name sizes and details and so differ from
// file to file; causes do not, so that a summary can count them.

import CImageCodecs
import FoveaTensorCore

/// A kind of refusal.
package enum PictureRefusal: String, Sendable, CaseIterable {
    case empty = "empty file"
    case unknownFormat = "not a picture"
    case unreadFormat = "a format that Fovea does not read"
    case missingLibrary = "needs a library that is not installed"
    case tooLarge = "over the limits"
    case truncated = "cut short"
    case damaged = "damaged"
    case unsupported = "a variant that Fovea does not read"
    case noMemory = "no memory"

    /// The failure that says so of one file.
    func failure(_ message: String, advice: String? = nil) -> Failure {
        Failure(self == .noMemory ? .work : .data, message, advice: advice, cause: rawValue)
    }

    /// The failure of a library that reads `format`.
    static func failure(_ status: fovea_codec_status, _ text: String, _ format: PictureFormat) -> Failure {
        switch status {
        case FOVEA_CODEC_TRUNCATED:
            truncated.failure("the \(format.rawValue) file is truncated: \(text)", advice: "Fetch it again.")
        case FOVEA_CODEC_UNSUPPORTED:
            unsupported.failure("a \(format.rawValue) file of a kind that Fovea does not read: \(text)")
        case FOVEA_CODEC_NO_MEMORY:
            noMemory.failure("no memory left to decode a \(format.rawValue) file: \(text)")
        case FOVEA_CODEC_NO_LIBRARY: missing(text, for: format)
        default: damaged.failure("the \(format.rawValue) file is damaged: \(text)")
        }
    }

    /// The failure of a format whose library is opened at first use and was not found.
    package static func missing(_ library: String, for format: PictureFormat) -> Failure {
        #if os(macOS)
            let command = "brew install \(library)"
        #else
            let command = "apt-get install \(library)1"
        #endif
        return missingLibrary.failure(
            "\(format.withArticle) file: it is read by \(library), which is not installed here",
            advice: "Install it (`\(command)`), or convert the pictures to JPEG.")
    }
}
