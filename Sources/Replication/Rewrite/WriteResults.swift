import Synchronization

/// What came of days that several threads have written.
final class WriteResults: Sendable {
    /// A day that was written.
    struct Day: Sendable {
        /// The object; nil if there was none and nothing came.
        var file: DayFile?
        var encodedGroupCount: Int
        var groupCount: Int
    }

    private let byIndex = Mutex<[Int: Result<Day, any Error>]>([:])

    /// Notes what came of a day.
    func note(_ result: Result<Day, any Error>, of index: Int) {
        byIndex.withLock { $0[index] = result }
    }

    /// Whether a day could not be written.
    var hasFailed: Bool {
        byIndex.withLock { results in
            results.values.contains { if case .failure = $0 { true } else { false } }
        }
    }

    /// The results of the first days; nil where one was not begun.
    func inOrder(_ count: Int) -> [Result<Day, any Error>?] {
        byIndex.withLock { results in (0..<count).map { results[$0] } }
    }

    /// Throws what the first day that failed has thrown.
    func rethrow() throws {
        let failed = byIndex.withLock { results in
            results.sorted { $0.key < $1.key }.first { if case .failure = $0.value { true } else { false } }
        }
        _ = try failed?.value.get()
    }
}
