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

/// Jobs, and the semaphore that counts them.
private final class JobQueue: Sendable {
    private let jobs = Mutex<[@Sendable () -> Void]>([])
    private let semaphore: Semaphore

    init() throws(SystemFailure) {
        semaphore = try Semaphore()
    }

    func add(_ job: @escaping @Sendable () -> Void) {
        jobs.withLock { $0.append(job) }
        semaphore.signal()
    }

    /// Makes each thread end.
    func stop(threads: Int) {
        for _ in 0..<threads { semaphore.signal() }
    }

    /// A thread's body: one job per count of the semaphore; a count without a job means the end.
    func work() {
        while true {
            semaphore.wait()
            guard let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return }
            job()
        }
    }
}
