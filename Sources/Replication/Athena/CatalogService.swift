import Foundation
import Lake
import Logging
import ObjectStorage
import Synchronization

/// Keeps the catalog in step beside the stream, on a thread of its own.
final class CatalogService: Sendable {
    /// How soon after its start it looks for the first time.
    private static let firstLook = Duration.seconds(1)
    /// How soon the thread notices that it is to end, or that days have been rewritten.
    private static let wakeInterval = 0.1
    /// What a run that ends waits for a catalog that does not answer, or has very much to take in.
    private static let lastLook = 600.0

    private let follower: Mutex<CatalogFollower>
    private let checkpoints: CheckpointStore
    private let interval: Duration
    private let logger: Logger
    private let control: RunControl
    private let isRunning = Atomic(false)
    private let isStopped = Atomic(false)
    private let isWoken = Atomic(false)

    init(
        _ request: ReplicationRequest,
        _ options: AthenaOptions,
        store: any ObjectStore,
        checkpoints: CheckpointStore,
        logger: Logger,
        control: RunControl
    ) {
        follower = Mutex(CatalogFollower(request, options, store: store, logger: logger, control: control))
        self.checkpoints = checkpoints
        interval = request.rewrite.interval
        self.logger = logger
        self.control = control
    }

    /// Begins, until ``stop()`` or the end of the run.
    func start() {
        isRunning.store(true, ordering: .sequentiallyConsistent)
        let thread = Thread { [self] in
            defer { isRunning.store(false, ordering: .sequentiallyConsistent) }
            var next = ContinuousClock.now + Self.firstLook
            while !isEnding {
                let isWoken = isWoken.exchange(false, ordering: .sequentiallyConsistent)
                guard isWoken || ContinuousClock.now >= next else {
                    Thread.sleep(forTimeInterval: Self.wakeInterval)
                    continue
                }
                follow()
                next = .now + interval
            }
        }
        thread.name = "sluice-catalog"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Has it look soon: days have been rewritten.
    func wake() { isWoken.store(true, ordering: .sequentiallyConsistent) }

    /// Ends it, with what it is at.
    func stop() {
        control.cancel()
        awaitEnd()
        control.forgetInterrupts()
    }

    /// Ends it when it has done what it is at, and looks once more, on the calling thread.
    ///
    /// After some minutes it is ended with what it is at, which is a warning.
    func finish() {
        guard !control.isCancelled else { return stop() }
        let isDone = DispatchSemaphore(value: 0)
        let (logger, control) = (logger, control)
        Thread.detachNewThread {
            guard isDone.wait(timeout: .now() + Self.lastLook) == .timedOut else { return }
            logger.warning(
                "the catalog is not up to date: it was not within \(Int(Self.lastLook)) seconds; run sluice athena repair"
            )
            control.cancel()
        }
        awaitEnd()
        if !control.isCancelled { follow() }
        isDone.signal()
        control.forgetInterrupts()
    }

    private func awaitEnd() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        while isRunning.load(ordering: .sequentiallyConsistent) { Thread.sleep(forTimeInterval: 0.02) }
    }

    private var isEnding: Bool { control.isCancelled || isStopped.load(ordering: .sequentiallyConsistent) }

    private func follow() {
        let checkpoints = checkpoints
        guard let checkpoint = try? waitForResult({ await checkpoints.checkpoint }) else { return }
        follower.withLock { $0.follow(checkpoint) }
    }
}
