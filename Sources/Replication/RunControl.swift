import Foundation
import Synchronization

/// Whether a run is to stop, and how to wake whatever it is waiting for.
final class RunControl: Sendable {
    private struct State {
        var isCancelled = false
        var interrupts: [@Sendable () -> Void] = []
    }

    /// A statement that begins just after an interrupt was sent does not notice it, so interrupts are repeated.
    private static let repetitionInterval = 0.25

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Adds a way to end something that may block for long.
    ///
    /// It is called from another thread, more than once, until ``forgetInterrupts()``; at once if the run is cancelled
    /// already.
    func onCancel(_ interrupt: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLock { state in
            state.interrupts.append(interrupt)
            return state.isCancelled
        }
        if isCancelled { interrupt() }
    }

    /// Forgets everything that ``onCancel(_:)`` has added: nothing of it is running any more.
    func forgetInterrupts() { state.withLock { $0.interrupts = [] } }

    /// Tells the run to stop; returns at once.
    func cancel() {
        let wasCancelled = state.withLock { state in
            defer { state.isCancelled = true }
            return state.isCancelled
        }
        if wasCancelled { return }
        // An interrupt may itself wait for the network.
        Thread.detachNewThread { [self] in
            while true {
                let interrupts = state.withLock { $0.interrupts }
                if interrupts.isEmpty { return }
                for interrupt in interrupts { interrupt() }
                Thread.sleep(forTimeInterval: Self.repetitionInterval)
            }
        }
    }
}
