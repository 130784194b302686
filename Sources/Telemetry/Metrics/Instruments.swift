import Synchronization

/// Where the parts of a run tell what they have done, and readers find it: metrics, and whether all is well.
///
/// Safe to use from any thread. Handed on where a logger is; what nobody reads costs next to nothing.
public final class Instruments: Sendable {
    /// Whether the service does what it is for.
    public let health = ServiceHealth()
    let registry = MetricRegistry()
    private let start = ContinuousClock.now
    private let lastCheckpoint = Mutex<ContinuousClock.Instant?>(nil)

    /// Begins to count.
    public init() {
        registry.set(.startTime, to: Double(UTCTime.now.millisecondsSinceEpoch) / 1e3)
    }

    /// All values, those included that change by themselves.
    public func readings(at now: ContinuousClock.Instant = .now) -> [MetricReading] {
        registry.set(.uptime, to: (now - start) / .seconds(1))
        if let resident = ProcessReading.residentByteCount { registry.set(.residentBytes, to: Double(resident)) }
        if let last = lastCheckpoint.withLock({ $0 }) {
            registry.set(.checkpointAge, to: max(0, (now - last) / .seconds(1)))
            registry.set(.unconfirmedAge, to: health.unconfirmedAge(at: now) / .seconds(1))
        }
        return registry.read()
    }

    // MARK: - Exports

    /// Notes that a table was exported.
    ///
    /// - Parameter row: What was written; its table by the name in the lake.
    public func exported(_ row: SummaryTable.Row) {
        registry.add(1, to: .exportSuccess, [row.table])
        registry.add(Double(row.rows), to: .exportedRows, [row.table])
        registry.add(Double(row.bytes), to: .exportedBytes, [row.table])
        registry.add(Double(row.files), to: .exportedFiles, [row.table])
        registry.add(row.elapsed / .seconds(1), to: .exportSeconds, [row.table])
    }

    /// Notes that a table could not be exported.
    public func exportFailed(_ table: String) { registry.add(1, to: .exportFailure, [table]) }

    // MARK: - Stream

    /// Notes that changes are to stream, and do not yet.
    public func starts() { registry.set(.connected, to: 0) }

    /// Notes that changes stream.
    public func connected() {
        registry.set(.connected, to: 1)
        health.connected()
    }

    /// Notes that they do not any more, for the time being.
    public func connectionLost(_ reason: String) {
        registry.set(.connected, to: 0)
        registry.set(.bufferedChanges, to: 0)
        registry.add(1, to: .reconnects)
        health.connectionLost(reason)
    }

    /// Notes that changes have arrived; called once for many.
    ///
    /// - Parameters:
    ///   - changes: How many.
    ///   - buffered: How many wait for their flush now.
    public func received(_ changes: Int, buffered: Int) {
        registry.add(Double(changes), to: .receivedChanges)
        registry.set(.bufferedChanges, to: Double(buffered))
    }

    /// Notes that a file of changes is in the lake.
    public func flushed(_ table: String, changes: Int, bytes: Int) {
        registry.add(Double(changes), to: .flushedChanges, [table])
        registry.add(Double(bytes), to: .flushedBytes, [table])
        registry.add(1, to: .flushedFiles, [table])
    }

    /// Notes that a flush is at its end.
    public func flushed(in elapsed: Duration) { registry.add(elapsed / .seconds(1), to: .flushSeconds) }

    /// Notes that a checkpoint was written.
    public func checkpointed() {
        lastCheckpoint.withLock { $0 = .now }
        registry.add(1, to: .checkpoints)
        registry.set(.lastCheckpoint, to: Double(UTCTime.now.millisecondsSinceEpoch) / 1e3)
        health.checkpointed()
    }

    // MARK: - Validation

    /// Notes what a validation has found of a table.
    public func validated(_ table: String, isRight: Bool) {
        registry.add(1, to: isRight ? .validationSuccess : .validationFailure, [table])
    }

    // MARK: - CloudWatch

    /// Notes that CloudWatch has refused, or not answered.
    public func cloudWatchFailed(_ service: String) { registry.add(1, to: .cloudWatchFailures, [service]) }

    /// Notes that log lines are lost to CloudWatch.
    public func droppedLogLines(_ count: Int) { registry.add(Double(count), to: .droppedLogLines) }
}
