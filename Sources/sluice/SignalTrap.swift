import Dispatch
import Glibc
import Synchronization

/// Turns the first of some signals into a call, and lets the second end the process at once.
///
/// Safe to use from any thread; the handler runs on a queue of its own.
final class SignalTrap: Sendable {
    /// A signal by number and name.
    struct Signal: Sendable, Hashable {
        let number: Int32
        let name: String
    }

    /// What terminals and service managers send to ask for an end.
    static let standardSignals = [Signal(number: SIGINT, name: "SIGINT"), Signal(number: SIGTERM, name: "SIGTERM")]

    /// Shared with the handlers, which outlive neither the sources nor the process.
    private final class Record: Sendable {
        let first = Mutex<Signal?>(nil)

        /// Whether this is the first signal of all.
        func note(_ signal: Signal) -> Bool {
            first.withLock { first in
                defer { first = first ?? signal }
                return first == nil
            }
        }
    }

    private let record = Record()
    // Written once, here in init; Dispatch's objects may be used from any thread.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]
    private let signals: [Signal]

    /// Begins to listen.
    ///
    /// The C function is `signal`, which takes the default reaction away.
    init(_ signals: [Signal], onFirst: @escaping @Sendable (Signal) -> Void) {
        self.signals = signals
        let queue = DispatchQueue(label: "signals")
        sources = signals.map { [record] signal in
            Glibc.signal(signal.number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: signal.number, queue: queue)
            source.setEventHandler {
                // Without clean-up by intent: the work does not end by itself, or somebody is in a hurry.
                if record.note(signal) { onFirst(signal) } else { _exit(1) }
            }
            source.activate()
            return source
        }
    }

    /// Stops listening, gives the signals their default reaction back and returns the one that came.
    func release() -> Signal? {
        for source in sources { source.cancel() }
        for signal in signals { Glibc.signal(signal.number, SIG_DFL) }
        return record.first.withLock { $0 }
    }
}
