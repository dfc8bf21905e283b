// What was met while collecting and left out: told to the person as notes, never dropped in silence.

/// Names of what was left out, by reason.
struct Omissions {
    /// Symbolic links that lead nowhere.
    var danglingLinks: [String] = []
    /// Symbolic links that lead back to a folder already walked.
    var circularLinks: [String] = []
    /// Files whose names do not end like those of pictures.
    var otherFiles: [String] = []
    /// Pipes, sockets and devices.
    var specialFiles: [String] = []
    /// Names that are not valid UTF-8, shown as well as can be.
    var unreadableNames: [String] = []
    /// Members of an archive whose names lead out of it.
    var unsafeNames: [String] = []
    /// Members of an archive below more folders than any data set has.
    var deepNames: [String] = []
    /// Pictures that belong to no class folder.
    var strayPictures: [String] = []

    /// One sentence for each reason that occurred.
    var notes: [String] {
        let reasons: [([String], String, String)] = [
            (danglingLinks, "symbolic link leads", "nowhere"),
            (circularLinks, "symbolic link leads", "back to a folder already seen"),
            (specialFiles, "file is", "a pipe, socket or device"),
            (unreadableNames, "name is", "not valid UTF-8"),
            (unsafeNames, "name leads", "out of the archive"),
            (deepNames, "name leads", "through too many folders"),
            (strayPictures, "picture lies", "outside every class folder"),
            (otherFiles, "file does", "not have a picture's name"),
        ]
        return reasons.compactMap { names, subject, reason in
            names.isEmpty ? nil : "Left out: \(agreeing(names.count, subject)) \(reason): \(listed(names))."
        }
    }

    /// "1 file is", "2 files are": the noun and verb that agree with the number.
    private func agreeing(_ count: Int, _ subject: String) -> String {
        guard count != 1 else { return "1 " + subject }
        let words = subject.split(separator: " ")
        let plurals = ["is": "are", "leads": "lead", "lies": "lie", "does": "do"]
        let verb = words.last.map(String.init) ?? ""
        return "\(count) \(words.dropLast().joined(separator: " "))s \(plurals[verb] ?? verb)"
    }
}

/// "3 pictures", "1 picture".
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// The first few names, and how many more there are.
func listed(_ names: [String], limit: Int = 4) -> String {
    let shown = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? shown + " and \(names.count - limit) more" : shown
}
