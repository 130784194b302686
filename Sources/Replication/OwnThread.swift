import Dispatch
import Foundation
import Synchronization

/// Runs blocking work on a thread of its own, which has this name, off the cooperative pool.
public func onOwnThread<Result: Sendable>(
    _ name: String,
    _ work: @Sendable @escaping () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Swift.Result { try work() }) }
        thread.name = name
        // Deep enough for C libraries and generous formatting.
        thread.stackSize = 8 << 20
        thread.start()
    }
}

/// Waits on a thread of one's own for asynchronous work, which is cancelled with the run.
///
/// Without a control or a number of seconds the work is waited for to its end.
func waitForResult<Result: Sendable>(
    cancelledBy control: RunControl? = nil,
    within seconds: Double = .infinity,
    _ work: @Sendable @escaping () async throws -> Result
) throws -> Result {
    let box = Handover<Result>()
    let task = Task.detached {
        let outcome: Swift.Result<Result, any Error>
        do { outcome = .success(try await work()) } catch { outcome = .failure(error) }
        box.result.withLock { $0 = outcome }
        box.isDone.signal()
    }
    control?.onCancel { task.cancel() }
    if seconds.isInfinite || box.isDone.wait(timeout: .now() + seconds) == .timedOut {
        if !seconds.isInfinite { task.cancel() }
        box.isDone.wait()
    }
    guard let outcome = box.result.withLock({ $0 }) else { throw CancellationError() }
    return try outcome.get()
}

/// A result on its way from one thread to another.
private final class Handover<Value: Sendable>: Sendable {
    let result = Mutex<Swift.Result<Value, any Error>?>(nil)
    let isDone = DispatchSemaphore(value: 0)
}
