// A part of another source: what is left of training once validation is drawn from it. Holds no pictures of its own.

/// Some pictures of a source, in the source's order.
package struct SubsetSource: Source {
    /// The source that holds the pictures.
    package let whole: any Source
    /// Which of them belong to the part.
    package let indices: [Int]
    /// The part's pictures.
    package let entries: [Entry]

    /// The pictures of `whole` with these indices.
    package init(of whole: any Source, indices: [Int]) {
        self.whole = whole
        self.indices = indices
        let all = whole.entries
        entries = indices.map { all[$0] }
    }

    /// The content of the part's picture `index`.
    package func content(at index: Int) throws -> PictureContent { try whole.content(at: indices[index]) }
}
