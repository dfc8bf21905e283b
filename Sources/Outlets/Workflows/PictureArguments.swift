// What a person types after `predict`: files, folders, patterns or `-`. Becomes a list of pictures; what is not there
// stays in the list with its reason, so that every argument is answered.

import FoveaCollecting
import FoveaPredicting
import FoveaTensorCore
import Foundation

/// Pictures named on a command line.
package enum PictureArguments {
    /// The pictures in the order of the arguments, those of a folder in natural order, and notes on what was left out.
    /// `standardInput` is asked for bytes where an argument is `-`.
    package static func expand(
        _ arguments: [String], standardInput: () -> [UInt8]
    ) -> (inputs: [PictureInput], notes: [String]) {
        var inputs: [PictureInput] = []
        var notes: [String] = []
        for argument in arguments {
            if argument == "-" {
                inputs.append(.encoded(standardInput(), name: "-"))
                continue
            }
            for path in paths(argument) {
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                    inputs.append(.missing(name: path, reason: "there is no such file"))
                    continue
                }
                guard isFolder.boolValue else {
                    inputs.append(.file(path))
                    continue
                }
                do {
                    let found = try PictureListing.pictures(below: path)
                    inputs += found.paths.map(PictureInput.file)
                    notes += found.notes
                    if found.paths.isEmpty {
                        inputs.append(.missing(name: path, reason: "the folder holds no picture"))
                    }
                } catch {
                    inputs.append(.missing(name: path, reason: (error as? Failure)?.message ?? "\(error)"))
                }
            }
        }
        return (inputs, notes)
    }

    /// The argument itself if it is there or no pattern, else what the pattern matches. A shell does this too, unless the
    /// pattern is quoted or matches too much for one command line.
    private static func paths(_ argument: String) -> [String] {
        var information = stat()
        guard argument.contains(where: { "*?[".contains($0) }), lstat(argument, &information) != 0 else {
            return [argument]
        }
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(argument, 0, nil, &found) == 0 else { return [argument] }
        return (0..<Int(found.gl_pathc)).compactMap { index in found.gl_pathv[index].map { String(cString: $0) } }
    }
}
