import Glibc
import HTTP
import Synchronization

/// A few threads for file system calls, which may block for long and so must not run on the cooperative pool.
///
/// The threads end with the pool. Callers wait for their job, so the queue holds no more jobs than there are callers.
final class BlockingPool: Sendable {
    private let queue: JobQueue
    private let width: Int

    /// Starts up to `width` threads; throws when not even one can be had.
    init(width: Int) throws(SystemFailure) {
        let queue = try JobQueue()
        var started = 0
        while started < width, OwnerThread.start({ queue.work() }) { started += 1 }
        guard started > 0 else { throw SystemFailure(number: EAGAIN, function: "pthread_create") }
        self.queue = queue
        self.width = started
    }

    deinit {
        queue.stop(threads: width)
    }

    /// Runs the job on one of the threads.
    func run<Value: Sendable, Failure: Error>(
        _ job: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.add {
                do throws(Failure) {
                    continuation.resume(returning: .success(try job()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}

/// Jobs, and a pipe with a byte for each of them, on which idle threads wait.
private final class JobQueue: Sendable {
    private let jobs = Mutex<[@Sendable () -> Void]>([])
    private let pipe: Pipe

    init() throws(SystemFailure) {
        pipe = try FileDescriptor.pipe()
    }

    func add(_ job: @escaping @Sendable () -> Void) {
        jobs.withLock { $0.append(job) }
        signal()
    }

    /// Makes each thread end.
    func stop(threads: Int) {
        for _ in 0..<threads { signal() }
    }

    /// A thread's body: one job per byte; a byte without a job means the end.
    func work() {
        while true {
            var byte: UInt8 = 0
            let count = try? SystemFailure.check("read") { unsafe read(pipe.reading.number, &byte, 1) }
            guard count == 1, let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return }
            job()
        }
    }

    private func signal() {
        var byte: UInt8 = 0
        // The reading end is open as long as the queue, so this cannot fail.
        _ = try? SystemFailure.check("write") { unsafe write(pipe.writing.number, &byte, 1) }
    }
}
