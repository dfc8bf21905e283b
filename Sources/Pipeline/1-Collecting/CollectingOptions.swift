// What can be chosen when a data set is opened. Everything that comes from the machine (environment, folders, addresses)
// is a value here, so that a test can choose it.

import Foundation

/// How a data set is opened.
package struct CollectingOptions: Sendable {
    /// The part of training that becomes the validation split where none is given; 0 draws none.
    package var validationPart = 0.1
    /// The part of a folder that becomes the test split where neither validation nor test is given; 0 draws none.
    package var testPart = 0.1
    /// Which pictures are drawn.
    package var seed: UInt64 = 0
    /// By what pictures are drawn.
    package var draw = DrawRule.content
    /// How the labels of a manifest, an export or a flat folder are found.
    package var labels = LabelOptions()
    /// Pictures that are left out or have another label than their source says.
    package var corrections: Corrections?
    /// Whether pictures of a manifest may be addresses on the web; only `fovea collect` fetches them.
    package var keepsAddresses = false
    /// How many classes there must be: 2 to train, 1 is enough to measure with a model that exists.
    package var minimumClasses = 2
    /// Where FOVEA_HOME, XDG_CACHE_HOME and HOME are looked up.
    package var environment = ProcessInfo.processInfo.environment
    /// Where packages of the system put data sets.
    package var packagedFolder = "/usr/share/datasets"
    /// Where known data sets are downloaded from, instead of their own addresses.
    package var addresses: [String]?
    /// Told how long work goes on; called from any thread, often.
    package var progress: (@Sendable (CollectingProgress) -> Void)?

    package init() {}

    /// Nothing is drawn: a folder without splits is one training split.
    package static var undivided: CollectingOptions {
        var options = CollectingOptions()
        options.validationPart = 0
        options.testPart = 0
        return options
    }
}

/// How splits are drawn that nobody gave. Either way copies and groups stay together.
package enum DrawRule: String, Sendable, CaseIterable {
    /// By each picture's content alone: pictures added later move none of the others.
    case content
    /// By content within each class, in the same proportion of every class; pictures added later may move others.
    case stratified
}

/// How labels are found where a person has to say it.
package struct LabelOptions: Sendable, Equatable {
    /// A regular expression over file names with a group called `label`, for pictures without class folders.
    package var pattern: String?
    /// Columns of a manifest, where their names are not the usual ones.
    package var pathColumn: String?
    package var labelColumn: String?
    package var splitColumn: String?
    package var groupColumn: String?
    package var weightColumn: String?
    /// The folder that relative paths of a manifest or an export start from, instead of its own.
    package var pictureFolder: String?
    /// Of several categories in a picture, take that of the largest region, instead of refusing it.
    package var takesLargest = false

    package init() {}
}

/// How far collecting has come.
package enum CollectingProgress: Sendable, Equatable {
    /// Bytes of a file that have arrived, and how many there will be.
    case downloading(file: String, received: Int, total: Int)
    /// Pictures whose content has been hashed to draw a split, and how many there are.
    case hashing(done: Int, total: Int)
    /// Pictures that have been read to collect them, and how many there are.
    case reading(done: Int, total: Int)
    /// Pictures that have been written, and how many there will be.
    case writing(done: Int, total: Int)
}
