import Foundation
import Glibc
public import Lake
public import Logging
import ObjectStorage
public import PostgresWire
import Telemetry

/// One run over the pending changes that the lake has.
public struct Rewriting: Sendable {
    /// What came of one table.
    public struct Outcome: Sendable {
        /// The table's name in the lake.
        public var table: String
        /// Changes that were taken up.
        public var changes: Int
        /// Days that were written and have rows.
        public var writtenDays: Int
        /// Days that lost their last row, and their object after a while.
        public var removedDays: Int
        /// Rows that came, changed and went.
        public var insertedRows: Int
        /// Rows that changed.
        public var updatedRows: Int
        /// Rows that went.
        public var deletedRows: Int
        /// Row groups that were encoded anew.
        public var encodedGroups: Int
        /// Row groups that the written days had before.
        public var groups: Int
        /// Files of changes that were merged into others.
        public var mergedFiles: Int
        /// The files that they were merged into.
        public var mergedIntoFiles: Int
        /// How long it took.
        public var elapsed: Duration
        /// Of a dry run, what the next pass would do to each day.
        public var preview: [RewritePreview]
    }

    /// What a run has done, and what it has asked of the store.
    public struct Report: Sendable {
        /// For each table that is loaded.
        public var tables: [Outcome]
        /// Requests to the store.
        public var requests: Int
        /// Bytes that were read, written and copied by the store itself.
        public var readBytes: Int
        /// Bytes that were written.
        public var writtenBytes: Int
        /// Bytes that the store copied by itself.
        public var copiedBytes: Int
    }

    private let request: ReplicationRequest
    private let logger: Logger

    /// Prepares a run.
    public init(_ request: ReplicationRequest, logger: Logger) {
        self.request = request
        self.logger = logger
    }

    /// Takes up what is pending.
    ///
    /// - Parameters:
    ///   - tables: The tables by their names in the database; empty for all.
    ///   - days: The days that may be written; nil for all.
    ///   - isDry: Whether it is only said what would be done.
    /// - Returns: What was done.
    /// - Throws: ``ReplicationError`` if the lake has no changes of the slot, or some tables failed.
    public func run(
        tables: [TablePattern],
        days: ClosedRange<CalendarDate>?,
        isDry: Bool
    ) async throws -> Report {
        let store = MeteredObjectStore(try request.lake.open())
        guard !isDry else { return try await report(store, tables: tables, days: days, isDry: true) }
        let range = days.map {
            $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)"
        }
        let recorder = RunRecorder(command: "rewrite", mode: range ?? "all days", logger: logger)
        return try await recorder.record(in: store, \.runOutcome) {
            try await report(store, tables: tables, days: days, isDry: false)
        }
    }

    private func report(
        _ store: MeteredObjectStore,
        tables: [TablePattern],
        days: ClosedRange<CalendarDate>?,
        isDry: Bool
    ) async throws -> Report {
        let owner = "\(ProcessInfo.processInfo.hostName)-\(getpid())-\(UUID().uuidString.prefix(8).lowercased())"
        let checkpoints = CheckpointStore(store: store, slot: request.slot, owner: owner)
        guard
            let checkpoint = try await withCheckpoint({ () throws(CheckpointStore.Failure) in
                try await checkpoints.load()
            })
        else { throw ReplicationError(withoutChangesOf: request) }
        try checkpoint.requireTables(tables, slot: request.slot)
        let spill = try SpillFolder(in: request.spill.parent(lake: request.lake))
        defer { spill.remove() }
        let control = RunControl()
        let (request, logger) = (request, logger)
        let outcomes = try await withTaskCancellationHandler {
            try await onOwnThread("sluice-rewrite") {
                LakeRewriter(
                    request: request,
                    store: store,
                    spill: spill,
                    owner: owner,
                    logger: logger,
                    control: control
                ).run(
                    checkpoint,
                    LakeRewriter.Job(
                        isWanted: { table in
                            tables.isEmpty || tables.contains { $0.matches(schema: table.schema, table: table.table) }
                        },
                        days: days,
                        isDry: isDry
                    )
                )
            }
        } onCancel: {
            control.cancel()
        }
        let failed = outcomes.filter { $0.failure != nil }
        if control.isCancelled { throw ReplicationError.cancelled }
        if !failed.isEmpty {
            throw ReplicationError(
                .tables,
                "the days of \(HumanUnits.count(failed.count, of: "table")) are not up to date: \(failed.map(\.table).joined(separator: ", ")); "
                    + "the lines above say what to do"
            )
        }
        return Self.report(outcomes, store.usage)
    }

    private static func report(_ outcomes: [LakeRewriter.Outcome], _ usage: ObjectStoreUsage) -> Report {
        Report(
            tables: outcomes.map { outcome in
                Outcome(
                    table: outcome.table,
                    changes: outcome.summary.changes,
                    writtenDays: outcome.summary.writtenDays,
                    removedDays: outcome.summary.removedDays,
                    insertedRows: outcome.summary.insertedRows,
                    updatedRows: outcome.summary.updatedRows,
                    deletedRows: outcome.summary.deletedRows,
                    encodedGroups: outcome.summary.encodedGroups,
                    groups: outcome.summary.groups,
                    mergedFiles: outcome.summary.compaction.mergedFiles,
                    mergedIntoFiles: outcome.summary.compaction.writtenFiles,
                    elapsed: outcome.elapsed,
                    preview: outcome.preview
                )
            },
            requests: usage.headCount + usage.getCount + usage.putCount + usage.replacementRequestCount
                + usage.listCount + usage.deleteCount,
            readBytes: usage.readByteCount,
            writtenBytes: usage.writtenByteCount,
            copiedBytes: usage.copiedByteCount
        )
    }
}
