// Where the pictures lie that are too large for the repository.

import Foundation

/// Data for tests outside the repository: $FOVEA_TEST_DATA, or shared/data beside the repository.
package enum TestData {
    /// A file or folder of it; nil if it is not there.
    package static func path(_ name: String) -> String? {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let beside = repository.deletingLastPathComponent().appending(path: "shared/data").path
        let path = (ProcessInfo.processInfo.environment["FOVEA_TEST_DATA"] ?? beside) + "/" + name
        return access(path, R_OK) == 0 ? path : nil
    }
}
