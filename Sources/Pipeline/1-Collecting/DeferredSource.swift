// A source that is read when first asked for, and not before: the test split's files stay closed while a network trains.

import FoveaTensorCore
import Synchronization

/// A source behind a door that opens at the first question.
package final class DeferredSource: Source {
    private let name: String
    private let load: @Sendable () throws -> any Source
    private let state = Mutex<Result<any Source, Failure>?>(nil)

    /// A source that `load` will read; `name` stands for it in messages if it cannot be read.
    package init(name: String, load: @escaping @Sendable () throws -> any Source) {
        self.name = name
        self.load = load
    }

    /// Whether anybody has asked yet.
    package var isOpened: Bool { state.withLock { $0 != nil } }

    /// Reads the source, once. Throws what is wrong with it, each time.
    package func prepare() throws { _ = try opened() }

    /// The pictures; a single entry named after the file if it cannot be read.
    package var entries: [Entry] { (try? opened())?.entries ?? [Entry(name: name, label: 0)] }

    /// The content of picture `index`.
    package func content(at index: Int) throws -> PictureContent { try opened().content(at: index) }

    private func opened() throws -> any Source {
        try state.withLock { state in
            if let state { return state }
            let result: Result<any Source, Failure>
            do {
                result = .success(try load())
            } catch let failure as Failure {
                result = .failure(failure)
            } catch {
                result = .failure(Failure(.data, "\(name): \(error)"))
            }
            state = result
            return result
        }.get()
    }
}
