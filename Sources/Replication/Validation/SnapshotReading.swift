import Foundation
import Lake
import Logging
import PostgresClient
import PostgresWire
import Synchronization

/// The database at one moment: a snapshot, where the log was then, and what tables add up to in it.
///
/// Blocks the calling thread.
struct SnapshotReading {
    /// How often it is looked whether transactions have become visible, or the log is flushed, in seconds.
    private static let pause = 0.2
    /// How long the log may take to be flushed before it is given a reason.
    private static let flushPatience = Duration.milliseconds(300)

    let session: DatabaseSession
    let logger: Logger
    let jobs: Int
    /// How long transactions that are not visible yet, and locks of others, are waited for.
    let patience: Duration

    /// One table, and which of its days are read.
    struct Job: Sendable {
        var table: ValidatedTable
        /// Ranges that hold the days; nil for all.
        var ranges: [ClosedRange<CalendarDate>]?
    }

    /// What was read.
    struct Outcome: Sendable {
        /// `pg_current_snapshot()`; nil on a standby.
        var transactions: TransactionSnapshot?
        /// All transactions that the snapshot sees were committed before this position.
        var position: LSN
        /// For each job the checksums of its days, or why there are none.
        var checksums: [Result<[CalendarDate?: DayChecksum], ReplicationError>]
    }

    /// Takes a snapshot and computes checksums in it.
    ///
    /// - Parameters:
    ///   - plan: Describes what is to be read, as the snapshot sees the tables.
    ///   - unseen: The transactions that a snapshot does not see although it has to: it is taken again until there are none.
    /// - Returns: What was read, and what the plan has said.
    /// - Throws: ``ReplicationError``.
    func read<Plan>(
        plan: (borrowing CatalogReader, SharedSnapshot) throws -> (Plan, [Job]),
        unseen: (TransactionSnapshot) throws -> Set<UInt32>
    ) throws -> (Outcome, Plan) {
        let deadline = ContinuousClock.now + patience
        let reader = CatalogReader(try session.connect())
        do {
            let shared = try visibleSnapshot(reader, unseen, deadline)
            let (plan, jobs) = try plan(reader, shared)
            let checksums = checksums(jobs, in: shared)
            // Nobody has to keep old rows for it any longer.
            _ = try reader.query("COMMIT")
            let position = try flushedPosition(shared, reader, deadline)
            let outcome = Outcome(
                transactions: shared.transactions.flatMap { TransactionSnapshot($0) },
                position: position,
                checksums: checksums
            )
            return (outcome, plan)
        } catch let error as PostgresError {
            throw ReplicationError(error, table: nil)
        }
    }

    private func visibleSnapshot(
        _ reader: borrowing CatalogReader,
        _ unseen: (TransactionSnapshot) throws -> Set<UInt32>,
        _ deadline: ContinuousClock.Instant
    ) throws -> SharedSnapshot {
        var missing: Set<UInt32>?
        while true {
            let shared = try reader.exportSnapshot()
            guard let snapshot = shared.transactions.flatMap({ TransactionSnapshot($0) }) else { return shared }
            let rest = try missing?.filter { !snapshot.isVisible(xid: $0) } ?? unseen(snapshot)
            if rest.isEmpty { return shared }
            missing = rest
            guard ContinuousClock.now < deadline, !session.control.isCancelled else {
                throw ReplicationError(
                    .database,
                    "\(rest.count) transactions are in the lake while the database does not show them yet: their commits "
                        + "wait, for a synchronous standby more likely than not (see pg_stat_activity, wait_event SyncRep); "
                        + "run the same command again when they are through"
                )
            }
            _ = try reader.query("COMMIT")
            Thread.sleep(forTimeInterval: Self.pause)
        }
    }

    // MARK: - Checksums

    private func checksums(
        _ jobs: [Job],
        in shared: SharedSnapshot
    ) -> [Result<[CalendarDate?: DayChecksum], ReplicationError>] {
        let found = FoundChecksums(count: jobs.count)
        concurrently(min(self.jobs, jobs.count), width: self.jobs) { _ in
            // A session for each thread, which a failure ends.
            while let index = found.next() {
                do {
                    let connection = try session.connect()
                    try shared.adopt(on: connection)
                    found.note(.success(try read(jobs[index], on: connection)), of: index)
                    _ = try? connection.query("COMMIT")
                } catch {
                    let failure = ReplicationError(describing: error, table: jobs[index].table.displayName)
                    found.note(.failure(session.control.isCancelled ? .cancelled : failure), of: index)
                }
            }
        }
        return found.all()
    }

    private func read(
        _ job: Job,
        on connection: borrowing PostgresConnection
    ) throws -> [CalendarDate?: DayChecksum] {
        let table = job.table
        let lock = RelationLock(table: table.displayName, logger: logger, limit: patience)
        try lock.take(table.source.leaves.map(\.oid), on: connection)
        guard let ranges = job.ranges, table.hasDays else { return try table.checksums.read(from: connection) }
        var days: [CalendarDate?: DayChecksum] = [:]
        for range in ranges {
            guard !session.control.isCancelled else { throw ReplicationError.cancelled }
            days.merge(try table.checksums.read(from: connection, days: range)) { first, _ in first }
        }
        return days
    }

    // MARK: - The log

    /// Where the log is flushed behind everything that the snapshot sees: the server sends nothing beyond.
    private func flushedPosition(
        _ shared: SharedSnapshot,
        _ reader: borrowing CatalogReader,
        _ deadline: ContinuousClock.Instant
    ) throws -> LSN {
        let sizes = try reader.query(
            "SELECT pg_catalog.min(setting::bigint) FILTER (WHERE name = 'wal_block_size'), "
                + "pg_catalog.min(setting::bigint) FILTER (WHERE name = 'wal_segment_size') FROM pg_catalog.pg_settings"
        ).rows.first
        let read = LSN(shared.lsn) ?? LSN(rawValue: 0)
        let position = read.withoutPageHeader(
            pageByteCount: sizes?[0].flatMap { UInt64($0) } ?? 0,
            segmentByteCount: sizes?[1].flatMap { UInt64($0) } ?? 0
        )
        guard shared.transactions != nil else { return position }
        var nudge: ContinuousClock.Instant? = .now + Self.flushPatience
        while true {
            let flushed = try reader.query("SELECT pg_catalog.pg_current_wal_flush_lsn()").scalar.flatMap { LSN($0) }
            guard let flushed, flushed < position, ContinuousClock.now < deadline, !session.control.isCancelled else {
                return position
            }
            if let due = nudge, due <= .now {
                // What is written beside commits may lie unflushed for a while, unless a transaction ends behind it.
                _ = try? reader.query("SELECT pg_catalog.pg_current_xact_id()")
                nudge = nil
            }
            Thread.sleep(forTimeInterval: Self.pause / 4)
        }
    }
}

/// What several threads have read.
private final class FoundChecksums: Sendable {
    private typealias Entry = Result<[CalendarDate?: DayChecksum], ReplicationError>

    private let state: Mutex<(next: Int, results: [Entry])>

    init(count: Int) {
        state = Mutex((0, Array(repeating: .failure(.cancelled), count: count)))
    }

    /// Hands out the next job.
    func next() -> Int? {
        state.withLock { state in
            guard state.next < state.results.count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    func note(_ result: Result<[CalendarDate?: DayChecksum], ReplicationError>, of index: Int) {
        state.withLock { $0.results[index] = result }
    }

    func all() -> [Result<[CalendarDate?: DayChecksum], ReplicationError>] { state.withLock { $0.results } }
}
