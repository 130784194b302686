import Foundation
import Glibc
import Synchronization

/// Turns the first of some signals into a call, and lets the second end the process at once.
///
/// The call comes from a thread of its own, so it is not late when every other thread is busy. Signals belong to the
/// process: there may be one trap at a time.
struct SignalTrap: Sendable {
    /// A signal by number and name.
    struct Signal: Sendable, Hashable {
        let number: Int32
        let name: String
    }

    /// What terminals and service managers send to ask for an end.
    static let standardSignals = [Signal(number: SIGINT, name: "SIGINT"), Signal(number: SIGTERM, name: "SIGTERM")]

    private let signals: [Signal]
    private let pipe: SignalPipe

    /// Begins to listen; from here on no signal is missed.
    init(_ signals: [Signal], onFirst: @escaping @Sendable (Signal) -> Void) throws(WorkFailure) {
        let pipe = try SignalPipe()
        self.signals = signals
        self.pipe = pipe
        SignalState.shared.first.store(0, ordering: .relaxed)
        SignalState.shared.writing.store(pipe.writing, ordering: .relaxed)
        Thread.detachNewThread {
            let number = pipe.receive()
            if let signal = signals.first(where: { $0.number == number }) { onFirst(signal) }
            // `release` sends one more byte, unless that was it.
            if number != SignalPipe.end { _ = pipe.receive() }
            pipe.close()
        }
        for signal in signals {
            Glibc.signal(signal.number) { SignalState.shared.handle($0) }
        }
    }

    /// Stops listening, gives the signals their default reaction back and returns the one that came.
    func release() -> Signal? {
        for signal in signals { Glibc.signal(signal.number, SIG_DFL) }
        pipe.send(SignalPipe.end)
        let number = SignalState.shared.first.load(ordering: .relaxed)
        return signals.first { $0.number == number }
    }
}

/// What the signal handler may touch; it exists before the first handler is set, which may not allocate.
private final class SignalState: Sendable {
    static let shared = SignalState()

    /// The first signal's number, 0 before.
    let first = Atomic<Int32>(0)
    /// The pipe's end to write to.
    let writing = Atomic<Int32>(-1)

    /// Does only what is allowed in a signal handler: atomics, `write` and `_exit`.
    func handle(_ number: Int32) {
        // The interrupted thread may be about to look at it.
        let savedError = errno
        defer { errno = savedError }
        let isFirst = first.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
        // Without clean-up by intent: the work does not end by itself, or somebody is in a hurry.
        if !isFirst { _exit(1) }
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(writing.load(ordering: .relaxed), &byte, 1)
    }
}

/// Brings a signal's number from its handler to a thread.
///
/// The C function is `pipe`.
private struct SignalPipe: Sendable {
    /// What is sent when no more signal can come.
    static let end: Int32 = 0

    let reading: Int32
    let writing: Int32

    init() throws(WorkFailure) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else {
            throw WorkFailure("cannot open a pipe: \(String(cString: strerror(errno)))")
        }
        (reading, writing) = (ends[0], ends[1])
        for descriptor in ends { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }

    /// Sends a number; signals have small ones, so a byte is enough and is never written in parts.
    func send(_ number: Int32) {
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(writing, &byte, 1)
    }

    /// Waits for a number.
    func receive() -> Int32 {
        var byte: UInt8 = 0
        while read(reading, &byte, 1) < 0, errno == EINTR {}
        return Int32(byte)
    }

    func close() {
        for descriptor in [reading, writing] { _ = Glibc.close(descriptor) }
    }
}
