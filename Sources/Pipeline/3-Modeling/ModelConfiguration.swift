// What a registered network must know to be built: the part of a model that is not weights. Travels in the model file.

/// A registered architecture and the numbers it is built with.
package struct ModelConfiguration: Codable, Sendable, Equatable {
    /// The registered name, such as `resnet18`.
    package var architecture: String
    /// Channels of the input: 1 or 3.
    package var channels: Int
    /// Rows of the input.
    package var height: Int
    /// Columns of the input.
    package var width: Int
    /// Outputs of the classifier.
    package var classCount: Int

    package init(architecture: String, channels: Int, height: Int, width: Int, classCount: Int) {
        self.architecture = architecture
        self.channels = channels
        self.height = height
        self.width = width
        self.classCount = classCount
    }
}
