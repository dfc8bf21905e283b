// Pictures of one size side by side, with a name above each row. Only places things; what the pictures are is told.

import FoveaPictures

/// A sheet of rows and columns.
struct ContactSheet {
    /// Column by column, from the top; all pictures of one size and number of channels.
    let columns: [[Picture]]
    /// What stands above each row.
    let labels: [String]

    private static let gap = 4
    private static let paper: UInt8 = 255
    /// Small pictures are drawn larger, by whole numbers.
    private static let comfortableSide = 96

    /// The sheet. Traps if there is no picture.
    func picture() -> Picture {
        precondition(columns.first?.isEmpty == false, "a sheet has at least one picture")
        let first = columns[0][0]
        let gap = Self.gap
        let zoom = max(1, Self.comfortableSide / max(first.width, first.height))
        let (tileWidth, tileHeight) = (first.width * zoom, first.height * zoom)
        let textScale = tileWidth * columns.count < 400 ? 1 : 2
        let textHeight = Lettering.height * textScale + gap
        let width = gap + columns.count * (tileWidth + gap)
        let height = gap + labels.count * (textHeight + tileHeight + gap)
        var sheet = Picture(
            width: width, height: height, channels: first.channels,
            pixels: [UInt8](repeating: Self.paper, count: width * height * first.channels))
        for (row, label) in labels.enumerated() {
            let top = gap + row * (textHeight + tileHeight + gap)
            Lettering.draw(label, into: &sheet, x: gap, y: top, scale: textScale)
            for (column, pictures) in columns.enumerated() {
                paste(
                    pictures[row], into: &sheet, x: gap + column * (tileWidth + gap), y: top + textHeight, zoom: zoom)
            }
        }
        return sheet
    }

    private func paste(_ picture: Picture, into sheet: inout Picture, x: Int, y: Int, zoom: Int) {
        let planes = sheet.channels
        for row in 0..<picture.height * zoom {
            for column in 0..<picture.width * zoom {
                let source = ((row / zoom) * picture.width + column / zoom) * planes
                let target = ((y + row) * sheet.width + x + column) * planes
                for plane in 0..<planes { sheet.pixels[target + plane] = picture.pixels[source + plane] }
            }
        }
    }
}
