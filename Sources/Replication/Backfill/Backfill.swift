import Foundation
import Lake
public import Logging
import ObjectStorage
import Parquet
import PostgresClient
import PostgresWire
public import Telemetry

/// Exports tables into the lake, by day, from one snapshot.
public struct Backfill: Sendable {
    /// Tries of a table whose session was lost or whose snapshot came too late, each with a new snapshot.
    private static let maximumAttempts = 3
    /// How long a server that was there before may take to come back.
    private static let restartPatience = Duration.seconds(60)

    private let request: BackfillRequest
    private let logger: Logger
    private let progress: ProgressReporter
    private let instruments: Instruments
    private let didExport: @Sendable (ExportedTable) throws -> Void

    /// Prepares a run.
    public init(
        _ request: BackfillRequest,
        logger: Logger,
        progress: ProgressReporter,
        instruments: Instruments = Instruments()
    ) {
        self.init(request, logger: logger, progress: progress, instruments: instruments) { _ in }
    }

    /// Prepares a run that tells of each table when its days are in the lake; an error there is one of the table's.
    init(
        _ request: BackfillRequest,
        logger: Logger,
        progress: ProgressReporter,
        instruments: Instruments,
        didExport: @escaping @Sendable (ExportedTable) throws -> Void
    ) {
        self.request = request
        self.logger = logger
        self.progress = progress
        self.instruments = instruments
        self.didExport = didExport
    }

    /// A table whose rows are in the lake.
    struct ExportedTable: Sendable {
        var oid: UInt32
        /// Its name in the lake.
        var name: String
        /// `pg_current_snapshot()` of the rows; nil on a standby.
        var snapshot: String?
    }

    /// Exports what the request asks for.
    ///
    /// Tables fail one by one: the others go on, each failure is logged, and ``Report/failedTables`` names them. What
    /// has been published stays.
    ///
    /// - Throws: ``ReplicationError`` if nothing could be begun, or the run was cancelled.
    public func run() async throws -> Report {
        let store = try request.lake.open()
        let spill = try SpillFolder(in: request.spill.parent(lake: request.lake))
        defer { spill.remove() }
        let control = RunControl()
        let recorder = RunRecorder(command: request.purpose.command, mode: request.modeText, logger: logger)
        let report: Report
        do {
            report = try await recorder.record(in: store, \.runOutcome) {
                try await withTaskCancellationHandler {
                    _ = try await swept(store)
                    return try await exportAll(store: store, spill: spill, control: control)
                } onCancel: {
                    control.cancel()
                }
            }
        } catch {
            if !control.isCancelled { tellFailure() }
            throw error
        }
        for table in report.failedTables { instruments.exportFailed(lakeName(ofDisplayed: table)) }
        return report
    }

    /// What a run has done.
    public struct Report: Sendable {
        /// The tables that were exported, as they are to be shown.
        public var summary: SummaryTable
        /// The tables that failed; each has been logged.
        public var failedTables: [String]
        /// Why, by table.
        var reasons: [String: String] = [:]
    }

    /// Tells the instruments that nothing could be begun: of tables that are not known, by the patterns that name them.
    private func tellFailure() {
        for pattern in request.selection {
            let name = pattern.exactName.map { lakeName(schema: $0.schema, table: $0.table) } ?? "\(pattern)"
            instruments.exportFailed(name)
        }
    }

    private func lakeName(ofDisplayed name: String) -> String {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        return parts.count == 2 ? lakeName(schema: parts[0], table: parts[1]) : lakeName(schema: "public", table: name)
    }

    private func lakeName(schema: String, table: String) -> String {
        let name = request.options(schema: schema, table: table).name
        return name.map(LakeLayout.encode) ?? LakeLayout.tableName(schema: schema, table: table)
    }

    private func swept(_ store: any ObjectStore) async throws -> Int {
        do {
            return try await store.sweepLeftovers()
        } catch {
            throw ReplicationError(error)
        }
    }

    private func streams(in store: any ObjectStore) async throws(ReplicationError) -> LakeStreams {
        try await withCheckpoint { () throws(CheckpointStore.Failure) in
            guard let tables = request.streamedTables, let slot = request.replication?.slot else {
                return try await LakeStreams.load(from: store)
            }
            let schemas = try await SchemaRegistry.load(slot: slot, from: store)
            return LakeStreams([LakeStreams.Stream(slot: slot, tables: tables, schemas: schemas)])
        }
    }

    // MARK: - Tables

    private func exportAll(store: any ObjectStore, spill: SpillFolder, control: RunControl) async throws -> Report {
        let start = ContinuousClock.now
        var rows: [SummaryTable.Row] = []
        var failed: [(table: String, error: ReplicationError)] = []
        var only: Set<String>?
        for attempt in 1...Self.maximumAttempts {
            let round = try await exportRoundOrFail(store: store, spill: spill, control: control, only: only)
            rows += round.rows
            failed += round.failures.filter { !$0.error.isTransient }
            let transient = round.failures.filter(\.error.isTransient)
            if control.isCancelled { throw ReplicationError.cancelled }
            if transient.isEmpty { break }
            for failure in transient where attempt < Self.maximumAttempts {
                logger.warning("\(failure.error); tries again (attempt \(attempt + 1) of \(Self.maximumAttempts))")
            }
            if attempt == Self.maximumAttempts {
                for failure in transient { logger.error("\(failure.error)") }
                failed += transient
                break
            }
            only = Set(transient.map(\.table))
            try await Task.sleep(for: .seconds(Double(attempt) * Double.random(in: 0.5...1.5)))
        }
        rows.sort { $0.table.utf8.lexicographicallyPrecedes($1.table.utf8) }
        return Report(
            summary: SummaryTable(rows: rows, elapsed: ContinuousClock.now - start),
            failedTables: failed.map(\.table),
            reasons: Dictionary(failed.map { ($0.table, "\($0.error)") }) { first, _ in first }
        )
    }

    /// As ``exportRound(store:spill:control:only:)``; where tables are tried again, what ends the round fails them, so
    /// that what the rounds before have done is still told.
    private func exportRoundOrFail(
        store: any ObjectStore,
        spill: SpillFolder,
        control: RunControl,
        only: Set<String>?
    ) async throws -> Round {
        do {
            return try await exportRound(store: store, spill: spill, control: control, only: only)
        } catch let error as ReplicationError {
            guard let only, !control.isCancelled else { throw error }
            return ([], only.sorted().map { ($0, error) })
        }
    }

    private typealias Round = (rows: [SummaryTable.Row], failures: [(table: String, error: ReplicationError)])

    /// Exports tables from one snapshot; its owner lives as long as the workers.
    private func exportRound(
        store: any ObjectStore,
        spill: SpillFolder,
        control: RunControl,
        only: Set<String>?
    ) async throws -> Round {
        let (request, logger, progress, didExport) = (request, logger, progress, didExport)
        let instruments = instruments
        // Before the snapshot, which then sees whatever was written before a stream that is found has begun.
        let streams = try await streams(in: store)
        return try await onOwnThread("sluice-backfill") {
            defer { control.forgetInterrupts() }
            let patience = only == nil ? Duration.zero : Self.restartPatience
            let session = DatabaseSession(url: request.database, control: control, patience: patience)
            let files = try spill.makeSubfolder()
            // Failed tables leave files behind; the next round needs the room.
            defer { try? FileManager.default.removeItem(atPath: files) }
            var failures: [(table: String, error: ReplicationError)] = []
            let reader = CatalogReader(try session.connect())
            let (snapshot, exports) = try prepare(reader, streams, only: only, failures: &failures)
            if only == nil { progress.expect(rows: exports.reduce(0) { $0 + $1.plan.estimatedRowCount }) }
            let publisher = DayPublisher(store: store, logger: logger, folder: files, memoryLimit: request.memoryLimit)
            let years = CatalogYears(request.athena, of: request.lake, logger: logger, control: control)
            let jobs = max(1, min(request.jobs, exports.reduce(0) { $0 + $1.plan.parts.count }))
            let stopped = try waitForResult {
                try await withThrowingTaskGroup(of: ReplicationError?.self) { group in
                    for number in 0..<jobs {
                        group.addTask {
                            try await onOwnThread("sluice-worker-\(number)") {
                                ExportWorker(
                                    number: number,
                                    session: session,
                                    snapshot: snapshot,
                                    spillPath: files,
                                    memoryLimit: request.memoryLimit / jobs,
                                    publisher: publisher,
                                    years: years,
                                    progress: progress,
                                    control: control,
                                    didExport: didExport
                                ).run(exports)
                            }
                        }
                    }
                    return try await group.reduce(into: [ReplicationError]()) { if let error = $1 { $0.append(error) } }
                }
            }
            _ = try? reader.query("COMMIT")
            Self.settle(exports, stopped: stopped, logger: logger)
            return Self.collect(exports, failures: failures, instruments: instruments, logger: logger)
        }
    }

    /// Fails the tables that no worker was left for; workers that were not missed are only mentioned.
    private static func settle(_ exports: [TableExport], stopped: [ReplicationError], logger: Logger) {
        guard let error = stopped.first(where: { !$0.isTransient }) ?? stopped.first else { return }
        let rest = exports.filter { !$0.isFinished && $0.failure == nil }
        for export in rest { export.fail(error) }
        if rest.isEmpty, error.code != .cancelled, !error.isTransient {
            logger.warning("\(stopped.count) of the workers had to stop, the others did all the work: \(error)")
        }
    }

    /// Takes the snapshot and plans the tables.
    private func prepare(
        _ reader: borrowing CatalogReader,
        _ streams: LakeStreams,
        only: Set<String>?,
        failures: inout [(table: String, error: ReplicationError)]
    ) throws -> (SharedSnapshot, [TableExport]) {
        do {
            let snapshot = try reader.exportSnapshot()
            var (own, foreign) = (streams, LakeStreams([]))
            // A stream knows that its names are its own.
            if request.streamedTables == nil, !streams.streams.isEmpty {
                let identity = try reader.identity()
                (own, foreign) = streams.divided(system: identity.system, database: identity.database)
            }
            var request = request
            for stream in own.streams { request.noteFirstNames(of: stream.tables) }
            let selection = TableSelection(request: request, streams: own, foreign: foreign, logger: logger, only: only)
            let tables = try selection.tables(from: reader, failures: &failures)
            let planner = TablePlanner(
                request: request,
                types: try reader.types(),
                snapshot: snapshot,
                today: CalendarDate(daysSinceEpoch: Int32(Date().timeIntervalSince1970 / 86_400))
            )
            return (snapshot, try selection.exports(of: tables, planner: planner, reader: reader, failures: &failures))
        } catch let error as PostgresError {
            throw ReplicationError(error, table: nil)
        }
    }

    private static func collect(
        _ exports: [TableExport],
        failures: [(table: String, error: ReplicationError)],
        instruments: Instruments,
        logger: Logger
    ) -> Round {
        var failures = failures
        var rows: [SummaryTable.Row] = []
        for export in exports {
            let name = export.plan.displayName
            if let failure = export.failure {
                if !failure.isTransient, failure.code != .cancelled { logger.error("\(failure)") }
                failures.append((name, failure))
                continue
            }
            let outcome = export.outcome
            logger.info(
                "exported \(outcome.rowCount) rows of \(name)",
                metadata: [
                    "files": "\(outcome.fileCount)", "bytes": "\(outcome.byteCount)",
                    "removed": "\(outcome.removedFileCount)", "emptied": "\(outcome.emptiedFileCount)",
                ]
            )
            var row = SummaryTable.Row(
                table: name,
                rows: outcome.rowCount,
                files: outcome.fileCount,
                bytes: outcome.byteCount,
                elapsed: export.elapsed
            )
            rows.append(row)
            row.table = export.plan.lakeName
            instruments.exported(row)
        }
        return (rows, failures)
    }
}
