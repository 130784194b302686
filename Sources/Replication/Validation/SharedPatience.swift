import Synchronization

/// A time that several waits have together, so that many of them take no longer than one may.
final class SharedPatience: Sendable {
    private let rest: Mutex<Duration>

    init(_ whole: Duration) {
        rest = Mutex(whole)
    }

    /// Waits with what is left; does nothing if that is nothing.
    ///
    /// - Parameter wait: Waits for no longer than it is told.
    func spend(_ wait: (Duration) throws -> Void) rethrows {
        let left = rest.withLock { $0 }
        guard left > .zero else { return }
        let start = ContinuousClock.now
        defer { rest.withLock { $0 -= ContinuousClock.now - start } }
        try wait(left)
    }
}
