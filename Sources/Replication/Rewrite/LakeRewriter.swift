import Glibc
import Lake
import Logging
import ObjectStorage
import PostgresWire
import Synchronization
import Telemetry

/// Brings the days of all tables up to what their changes say, one table after the other.
///
/// Blocks the calling thread; used by one thread at a time.
final class LakeRewriter: Sendable {
    /// The share of the memory limit that a pass's changes may take: beside them, what is known of their keys takes up to
    /// twice as much while days are chosen, and row groups as much while they are written.
    private static let memoryShare = 4
    /// How often tables whose days had to be exported again are rewritten once more.
    private static let repairRounds = 3

    private let request: ReplicationRequest
    private let store: any ObjectStore
    private let spill: SpillFolder
    private let owner: String
    private let logger: Logger
    private let control: RunControl
    private let readers: DayReaders
    private let catalogs = Mutex(Catalogs())
    /// For each table the first commit date of which files may have to be merged yet: those before need not be listed
    /// again.
    private let compacted = Mutex<[String: CalendarDate]>([:])

    /// What is known of the days of tables, the longest ago rewritten first.
    private struct Catalogs {
        /// Days and row groups that are remembered from one run to the next; of each about a kilobyte.
        static let maximumPartCount = 50_000

        var byTable: [(table: String, catalog: DayCatalog)] = []
    }

    init(
        request: ReplicationRequest,
        store: any ObjectStore,
        spill: SpillFolder,
        owner: String,
        logger: Logger,
        control: RunControl
    ) {
        MemoryAllocator.limitKeptMemory()
        self.request = request
        self.store = store
        readers = DayReaders(store: store)
        self.spill = spill
        self.owner = owner
        self.logger = logger
        self.control = control
    }

    /// What came of one table.
    struct Outcome: Sendable {
        /// Its name in the lake.
        var table: String
        var summary: TableRewriter.Summary
        var preview: [RewritePreview]
        var elapsed: Duration
        var failure: ReplicationError?
    }

    /// What a run is to do.
    struct Job: Sendable {
        /// Whether a table, by schema and name in the database, is wanted.
        var isWanted: @Sendable (Checkpoint.Table) -> Bool = { _ in true }
        /// The days that may be written; nil for all.
        var days: ClosedRange<CalendarDate>?
        /// Whether it is only said what would be done.
        var isDry = false
        /// Whether files of changes are merged.
        var compacts = true
    }

    /// Rewrites tables; one that fails does not keep the others from being rewritten.
    ///
    /// - Parameters:
    ///   - checkpoint: What is durable.
    ///   - job: What is to be done.
    /// - Returns: What came of each table that is loaded.
    func run(_ checkpoint: Checkpoint, _ job: Job) -> [Outcome] {
        // Until its first rows are there, a table has nothing that changes could change.
        let tables = checkpoint.tables.filter { $0.loaded != nil && job.isWanted($0) }
        return tables.compactMap { table in
            guard !control.isCancelled else { return nil }
            let start = ContinuousClock.now
            var outcome = Outcome(table: table.name, summary: TableRewriter.Summary(), preview: [], elapsed: .zero)
            do {
                try rewrite(table, checkpoint, job, &outcome)
            } catch {
                outcome.failure =
                    (error as? ReplicationError) ?? (error as? ObjectStorageError).map { ReplicationError($0) }
                    ?? ReplicationError(.lake, "\(error)")
            }
            outcome.elapsed = ContinuousClock.now - start
            report(outcome, isDry: job.isDry)
            return outcome
        }
    }

    private func rewrite(
        _ table: Checkpoint.Table,
        _ checkpoint: Checkpoint,
        _ job: Job,
        _ outcome: inout Outcome
    ) throws {
        let options = request.rules.options(schema: table.schema, table: table.table, first: table.first)
        let folder = try spill.makeSubfolder()
        defer { rmdir(folder) }
        let place = TableRewriter.Place(
            store: store,
            slot: request.slot,
            table: table.name,
            owner: owner,
            folder: folder
        )
        let settings = RewriteSettings(
            parquet: request.parquet,
            keepsDeleted: options.deletes == .soft,
            memoryLimit: max(1 << 20, request.memoryLimit / Self.memoryShare),
            days: job.days
        )
        let rewriter = TableRewriter(
            place,
            settings: settings,
            logger: logger,
            control: control,
            catalog: catalog(of: table.name)
        )
        if let years = CatalogYears(request.athena, of: request.lake, logger: logger, control: control) {
            rewriter.beforeWriting = { years.cover(table.name, $0, present: $1) }
        }
        for round in 1... {
            outcome.summary.add(try rewriter.run(checkpoint, isDry: job.isDry))
            outcome.preview = rewriter.preview
            guard !job.isDry, !outcome.summary.repairs.isEmpty else { break }
            guard round < Self.repairRounds else {
                throw ReplicationError(
                    .lake,
                    "days of table \(table.name) have to be exported again and again, as somebody else exports them at the same "
                        + "time; they are tried again at the next interval",
                    isTransient: true
                )
            }
            let repair = DayRepair(
                request: request,
                checkpoint: checkpoint,
                table: table,
                logger: logger,
                control: control,
                isDone: { try rewriter.claim.forgetRepairs($0) }
            )
            try repair.export(outcome.summary.repairs)
        }
        guard job.compacts, !job.isDry, job.days == nil else { return }
        let day = ChangeCompaction.firstUnfinishedDay(
            at: Int64(time(nil)),
            after: request.rewrite.compactChangesAfter
        )
        let first = compacted.withLock { $0[table.name] }
        let (summary, next) = try rewriter.compact(checkpoint, since: first, before: day)
        outcome.summary.compaction = summary
        compacted.withLock { $0[table.name] = next }
    }

    private func catalog(of table: String) -> DayCatalog {
        catalogs.withLock { catalogs in
            let known = catalogs.byTable.firstIndex { $0.table == table }.map {
                catalogs.byTable.remove(at: $0).catalog
            }
            let catalog = known ?? DayCatalog(readers, table: table)
            var partCount = catalogs.byTable.reduce(0) { $0 + $1.catalog.partCount }
            while partCount > Catalogs.maximumPartCount, !catalogs.byTable.isEmpty {
                partCount -= catalogs.byTable.removeFirst().catalog.partCount
            }
            catalogs.byTable.append((table, catalog))
            return catalog
        }
    }

    private func report(_ outcome: Outcome, isDry: Bool) {
        if let failure = outcome.failure {
            guard !control.isCancelled else { return }
            request.instruments.rewriteFailed(outcome.table)
            let text = "cannot rewrite the days of table \(outcome.table): \(failure)"
            if failure.isTransient { logger.warning("\(text)") } else { logger.error("\(text)") }
            return
        }
        let summary = outcome.summary
        if !isDry, summary.passes > 0 {
            request.instruments.rewrote(
                outcome.table,
                Instruments.RewriteFigures(
                    passes: summary.passes,
                    changes: summary.changes,
                    days: summary.writtenDays + summary.removedDays,
                    rows: summary.insertedRows + summary.updatedRows + summary.deletedRows,
                    elapsed: outcome.elapsed
                )
            )
        }
        guard !isDry, summary.writtenDays + summary.removedDays > 0 else { return }
        logger.info(
            "rewrote days of table \(outcome.table)",
            metadata: [
                "changes": "\(summary.changes)", "days": "\(summary.writtenDays)", "removed": "\(summary.removedDays)",
                "inserted": "\(summary.insertedRows)", "updated": "\(summary.updatedRows)",
                "deleted": "\(summary.deletedRows)", "row_groups": "\(summary.encodedGroups)/\(summary.groups)",
                "found_by":
                    "\(summary.counts.byBounds) bounds, \(summary.counts.byFilter) filters, \(summary.counts.byReading) keys",
                "seconds": "\(HumanUnits.seconds(outcome.elapsed))",
            ]
        )
    }
}
