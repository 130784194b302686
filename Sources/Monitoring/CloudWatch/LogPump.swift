import AWS
import Foundation
import Logging
import Synchronization
import Telemetry

/// Sends log lines to CloudWatch Logs.
///
/// Whoever logs only appends to a queue. While CloudWatch cannot be reached the queue keeps what it can, and the lines
/// that come next say how many are missing. What it refuses for what it is holds nothing else up.
final class LogPump: Sendable {
    /// How long a line waits for others to go with.
    private static let interval = Duration.seconds(5)
    /// So many lines do not wait.
    private static let hurriedCount = 2_000
    private static let lookInterval = Duration.milliseconds(500)
    private static let longestPause = Duration.seconds(60)

    private struct State {
        var queue = LogQueue()
        var outage = ServiceOutage(work: "send log lines to CloudWatch", actions: LogsClient.actions)
        var pause = LogPump.interval
    }

    private let client: LogsClient
    private let level: Logger.Level
    private let instruments: Instruments
    private let logger: Logger
    private let state = Mutex(State())

    init(_ client: LogsClient, level: Logger.Level, instruments: Instruments, logger: Logger) {
        self.client = client
        self.level = level
        self.instruments = instruments
        self.logger = logger
    }

    /// Takes a line in; returns at once.
    func append(_ line: LogMirror.Line) {
        guard line.level >= level else { return }
        let record = LogRecord(timestamp: Int64(line.time.millisecondsSinceEpoch), message: line.text)
        state.withLock { $0.queue.append(record) }
    }

    /// Sends until the task is cancelled; what is on its way then arrives.
    @concurrent
    func run() async {
        var next = ContinuousClock.now + Self.interval
        while (try? await Task.sleep(for: Self.lookInterval)) != nil {
            let (count, pause) = state.withLock { ($0.queue.count, $0.pause) }
            let isUrgent = count >= Self.hurriedCount && pause == Self.interval
            guard isUrgent || ContinuousClock.now >= next else { continue }
            // Nobody knows whether a request was taken that is cut off, and what is sent twice is there twice.
            await Task { await send() }.value
            next = .now + state.withLock { $0.pause }
        }
    }

    /// Sends what there is now; not at the same time as ``run()``.
    @concurrent
    func send() async {
        let (records, dropped) = state.withLock { ($0.queue.takeAll(), $0.queue.takeDropped()) }
        var all = records
        if let dropped {
            instruments.droppedLogLines(dropped.count)
            all.append(Self.notice(dropped.count, at: dropped.time))
        }
        var batches = LogBatch.batches(of: all)[...]
        while let batch = batches.first {
            do throws(AWSError) {
                let refused = try await client.put(batch)
                if refused > 0 { instruments.droppedLogLines(refused) }
                batches = batches.dropFirst()
                noteSuccess()
            } catch {
                guard error.isOfContent else { return noteFailure(error, unsent: batches.flatMap(\.records)) }
                batches = batches.dropFirst()
                noteLoss(error, of: batch.records.count)
            }
        }
    }

    private func noteSuccess() {
        let text = state.withLock { state in
            state.pause = Self.interval
            return state.outage.end()
        }
        if let text { logger.info("\(text)") }
    }

    private func noteFailure(_ error: AWSError, unsent: [LogRecord]) {
        let text = state.withLock { state in
            state.queue.putBack(unsent)
            guard error.code != .cancelled else { return nil as String? }
            state.pause = min(state.pause * 2, Self.longestPause)
            return state.outage.begin(error)
        }
        if error.code != .cancelled { instruments.cloudWatchFailed("logs") }
        if let text { logger.warning("\(text)") }
    }

    private func noteLoss(_ error: AWSError, of count: Int) {
        instruments.cloudWatchFailed("logs")
        instruments.droppedLogLines(count)
        let text = state.withLock { $0.outage.lose(HumanUnits.count(count, of: "line"), error) }
        if let text { logger.warning("\(text)") }
    }

    private static func notice(_ count: Int, at time: Int64) -> LogRecord {
        LogRecord(
            timestamp: time,
            message: "\(HumanUnits.count(count, of: "log line")) from here on \(count == 1 ? "is" : "are") missing, as "
                + "CloudWatch Logs did not take them in time; standard error had them"
        )
    }
}
