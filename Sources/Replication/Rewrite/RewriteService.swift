import Dispatch
import Foundation
import Lake
import Logging
import Synchronization
import Telemetry

/// Rewrites days beside the stream, on a thread of its own, again and again.
final class RewriteService: Sendable {
    /// How often finished commit dates are looked for, at the most: their files are all listed then.
    private static let compactionInterval = Duration.seconds(3_600)
    /// How soon the thread notices that it is to end.
    private static let wakeInterval = 0.1

    private let rewriter: LakeRewriter
    private let checkpoints: CheckpointStore
    private let interval: Duration
    private let compactsAfter: Duration
    private let logger: Logger
    /// Of the rewriting alone: it ends before the run does.
    private let control: RunControl
    /// Told after each pass over all tables.
    private let afterPass: @Sendable () -> Void
    private let isRunning = Atomic(false)
    private let isStopped = Atomic(false)

    init(
        _ rewriter: LakeRewriter,
        checkpoints: CheckpointStore,
        options: RewriteOptions,
        logger: Logger,
        control: RunControl,
        afterPass: @escaping @Sendable () -> Void = {}
    ) {
        self.rewriter = rewriter
        self.checkpoints = checkpoints
        interval = options.interval
        compactsAfter = options.compactChangesAfter
        self.logger = logger
        self.control = control
        self.afterPass = afterPass
    }

    /// Begins, until ``stop()`` or the end of the run.
    func start() {
        isRunning.store(true, ordering: .sequentiallyConsistent)
        let thread = Thread { [self] in
            defer { isRunning.store(false, ordering: .sequentiallyConsistent) }
            var next = ContinuousClock.now + interval
            var nextCompaction = ContinuousClock.now
            while !isEnding {
                guard ContinuousClock.now >= next else {
                    Thread.sleep(forTimeInterval: Self.wakeInterval)
                    continue
                }
                // Counted from the beginning, so that a row waits no longer than the interval and one run.
                next = .now + interval
                let compacts = ContinuousClock.now >= nextCompaction
                if compacts { nextCompaction = .now + max(interval, min(compactsAfter, Self.compactionInterval)) }
                _ = try? run(compacts: compacts)
                afterPass()
            }
        }
        thread.name = "sluice-rewrite"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Ends it and waits for the day that is being written.
    func stop() {
        control.cancel()
        awaitEnd()
        control.forgetInterrupts()
    }

    private func awaitEnd() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        while isRunning.load(ordering: .sequentiallyConsistent) { Thread.sleep(forTimeInterval: 0.02) }
    }

    /// Ends it when it has done what it is at, and takes up, on the calling thread, what is durable now.
    ///
    /// - Throws: ``ReplicationError`` with code `tables` if some tables failed.
    func finish() throws {
        awaitEnd()
        let failed = try run(compacts: true).filter { $0.failure != nil }
        guard !failed.isEmpty, !control.isCancelled else { return }
        throw ReplicationError(
            .tables,
            "the days of \(HumanUnits.count(failed.count, of: "table")) are not up to date: \(failed.map(\.table).joined(separator: ", ")); the lines "
                + "above say what to do"
        )
    }

    private var isEnding: Bool { control.isCancelled || isStopped.load(ordering: .sequentiallyConsistent) }

    private func run(compacts: Bool) throws -> [LakeRewriter.Outcome] {
        let checkpoints = checkpoints
        // What this process has written is the truth as long as it is the one that may write.
        guard let checkpoint = try waitForResult({ await checkpoints.checkpoint }) else { return [] }
        return rewriter.run(checkpoint, LakeRewriter.Job(compacts: compacts))
    }
}
