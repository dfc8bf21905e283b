// Short texts drawn into a picture: a font of capitals, digits and some signs, three pixels wide and five high. For labels
// on contact sheets; small letters become capitals, accents are left out, what the font lacks is a question mark.

import Foundation

/// The built-in font.
package enum Lettering {
    /// Columns from one letter to the next, and rows of a line, before scaling.
    package static let advance = 4
    package static let height = 5

    /// Five rows of three bits each, a digit a row, the leftmost pixel highest.
    private static let glyphs: [Character: String] = [
        "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644", "G": "34553", "H": "55755",
        "I": "72227", "J": "11152", "K": "55655", "L": "44447", "M": "57755", "N": "65555", "O": "25552", "P": "65644",
        "Q": "25573", "R": "65655", "S": "34216", "T": "72222", "U": "55557", "V": "55552", "W": "55775", "X": "55255",
        "Y": "55222", "Z": "71247", "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717",
        "6": "74757", "7": "71122", "8": "75757", "9": "75717", " ": "00000", "-": "00700", ".": "00002", "_": "00007",
        "/": "11244", ":": "02020", "(": "12221", ")": "42224", "+": "02720", "%": "51245", ",": "00024", "'": "22000",
        "&": "25253", "?": "71202", "#": "57575", "=": "07070", "!": "22202",
    ]

    /// Draws `text` in one colour (a sample for each channel, the last repeated) with its corner at column `x`, row `y`,
    /// each pixel `scale` wide. What lies outside the picture is left out.
    package static func draw(
        _ text: String, into picture: inout Picture, x: Int, y: Int, scale: Int = 2, colour: [UInt8] = [0]
    ) {
        let plain = text.folding(options: .diacriticInsensitive, locale: nil).uppercased()
        for (place, letter) in plain.enumerated() {
            let rows = (glyphs[letter] ?? glyphs["?"] ?? "").compactMap(\.wholeNumberValue)
            for (row, bits) in rows.enumerated() {
                for column in 0..<3 where bits >> (2 - column) & 1 == 1 {
                    fill(
                        &picture, x: x + (place * advance + column) * scale, y: y + row * scale, scale, colour)
                }
            }
        }
    }

    private static func fill(_ picture: inout Picture, x: Int, y: Int, _ side: Int, _ colour: [UInt8]) {
        for row in max(0, y)..<max(0, y, min(picture.height, y + side)) {
            for column in max(0, x)..<max(0, x, min(picture.width, x + side)) {
                for channel in 0..<picture.channels {
                    picture.pixels[(row * picture.width + column) * picture.channels + channel] =
                        colour[min(channel, colour.count - 1)]
                }
            }
        }
    }
}
