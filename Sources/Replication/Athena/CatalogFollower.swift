import AWS
import Foundation
import Lake
import Logging
import ObjectStorage
import PostgresClient
import Telemetry

/// Keeps the catalog in step with what a stream brings: asks for nothing while nothing has changed.
///
/// Used by one thread at a time, which it blocks.
final class CatalogFollower {
    /// After so long a table is looked at although the stream knows of no change: others may have exported days of it, or
    /// changed the catalog.
    private static let fullLook = Duration.seconds(3_600)

    private let request: ReplicationRequest
    private let options: AthenaOptions
    private let store: any ObjectStore
    private let logger: Logger
    /// For what would otherwise be said at each look.
    private let onceLogger: Logger
    private let control: RunControl
    private var update: CatalogUpdate?
    private var isDatabaseThere = false
    private var known: [String: Known] = [:]
    /// Tables whose views have to be looked at, and whether it is made sure that they are there.
    private var pendingViews: [String: Bool] = [:]

    /// What a table was like when the catalog was brought up to it.
    private struct Known {
        var mark: Mark
        var memory: CatalogReading.Memory
        var tables: CatalogEntry.Tables
        var comments: CatalogEntry.Comments?
        var days: Days
        /// When the catalog was last looked at for it.
        var looked: ContinuousClock.Instant
    }

    /// The registered days of rows and changes.
    private struct Days: Equatable {
        var rows: [CalendarDate]
        var changes: [CalendarDate]
    }

    /// What cannot change without the catalog being concerned.
    private struct Mark: Equatable {
        var table: Checkpoint.Table
        var columns: [SchemaRegistry.Column]
        var position: ChangePosition
        /// Tells the versions of the days from others.
        var days: Int
        var lastDay: Substring?
        var year: Int
    }

    init(
        _ request: ReplicationRequest,
        _ options: AthenaOptions,
        store: any ObjectStore,
        logger: Logger,
        control: RunControl
    ) {
        self.request = request
        self.options = options
        self.store = store
        self.logger = logger
        onceLogger = logger.tellingOnce
        self.control = control
    }

    /// Brings the catalog up to a checkpoint.
    ///
    /// What fails is told and tried again at the next call: a catalog is never worth a change that is late.
    func follow(_ checkpoint: Checkpoint) {
        do {
            try bring(checkpoint)
        } catch {
            tell(error, about: "the catalog")
        }
        control.forgetInterrupts()
    }

    private func bring(_ checkpoint: Checkpoint) throws {
        let (store, slot) = (store, request.slot)
        let schemas = try waitForResult(cancelledBy: control) {
            try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await SchemaRegistry.load(slot: slot, from: store)
            }
        }
        let reading = CatalogReading(store, slot: slot, checkpoint, schemas, cancelledBy: control)
        var changed: [(table: Checkpoint.Table, mark: Mark)] = []
        for table in checkpoint.tables {
            guard !control.isCancelled else { return }
            let mark = try mark(of: table, checkpoint, schemas)
            let former = known[table.name]
            if former?.mark != mark || isDue(former) { changed.append((table, mark)) }
        }
        guard !changed.isEmpty || !pendingViews.isEmpty else { return }
        let run = CatalogRun(
            request: request,
            update: try opened(),
            reading: reading,
            logger: onceLogger,
            control: control,
            comments: comments(of: changed.map(\.table), schemas)
        )
        if !isDatabaseThere {
            let change = try run.database()
            report([change])
            isDatabaseThere = true
            // Of one that others have removed nothing is left.
            if change.outcome == .created { known = [:] }
        }
        for (table, mark) in changed {
            guard !control.isCancelled else { return }
            do {
                try bring(table, mark, run)
            } catch let error as AWSError where error.isAboutAll {
                throw error
            } catch let error as AWSError where error.isRefusal("EntityNotFoundException") {
                // Nothing can be made in a database that is gone.
                isDatabaseThere = false
                throw error
            } catch {
                tell(error, about: "table \(table.name) in the catalog")
            }
        }
        try bringViews(of: checkpoint.tables, run)
    }

    private func bring(_ table: Checkpoint.Table, _ mark: Mark, _ run: CatalogRun) throws {
        let former = known[table.name]
        let keepsDeleted = run.keepsDeleted(table.name)
        // What is known is not asked for again, but now and then everything is: clocks are set back, and files come late.
        let known = isDue(former) ? nil : former?.memory
        guard let memory = try run.reading.entry(of: table.name, keepsDeleted: keepsDeleted, since: known)
        else { return }
        let tables = run.wanted(memory.entry)
        let days = Days(rows: memory.entry.days, changes: memory.entry.changeDays)
        let isSame = former.map { Self.isSame($0.tables, tables) } ?? false
        let hasNewDays = options.partitions == .registered && former?.days != days
        var looked = ContinuousClock.now
        if isSame, !hasNewDays, let former, !isDue(former) {
            looked = former.looked
        } else {
            var run = run
            run.update.addsOnly = isSame && !hasNewDays
            report(try run.tables(memory.entry))
        }
        self.known[table.name] = Known(
            mark: mark,
            memory: memory,
            tables: tables,
            comments: run.comments(memory.entry),
            days: days,
            looked: looked
        )
        pendingViews[table.name] = pendingViews[table.name] == true || former?.looked != looked
    }

    private func isDue(_ known: Known?) -> Bool {
        known.map { ContinuousClock.now - $0.looked > Self.fullLook } ?? true
    }

    /// Brings views up to date behind the tables; one that fails is tried again.
    private func bringViews(of tables: [Checkpoint.Table], _ run: CatalogRun) throws {
        for table in tables {
            guard let looks = pendingViews[table.name] else { continue }
            guard !control.isCancelled else { return }
            var run = run
            run.update.looksForViews = looks
            do {
                guard let tables = known[table.name]?.tables else { continue }
                let view = try run.view(table, over: tables)
                if let view { report([view]) }
                pendingViews[table.name] = nil
                // Others have dropped its tables: they are made anew at the next interval, and the view then.
                if view?.outcome == .withoutTable { known[table.name] = nil }
            } catch let error as AWSError where error.isAboutAllStatements {
                throw error
            } catch {
                tell(error, about: "view \(table.name)_live in the catalog")
            }
        }
    }

    private static func isSame(_ left: CatalogEntry.Tables, _ right: CatalogEntry.Tables) -> Bool {
        left.rows == right.rows && left.changes == right.changes
    }

    private func mark(
        of table: Checkpoint.Table,
        _ checkpoint: Checkpoint,
        _ schemas: SchemaRegistry
    ) throws -> Mark {
        let (store, slot) = (store, request.slot)
        let state = try waitForResult(cancelledBy: control) {
            try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await RewriteStateStore(store: store, slot: slot, table: table.name, owner: "").load()
            }
        }
        return Mark(
            table: table,
            columns: schemas.tables[table.name] ?? [],
            position: state.position,
            days: state.days.reduce(0) { $0 ^ [$1.key, $1.value].hashValue },
            lastDay: checkpoint.committedAt?.prefix(10),
            year: CatalogEntry.Settings.year
        )
    }

    private func opened() throws -> CatalogUpdate {
        if let update { return update }
        let opened = try CatalogUpdate(options, services: try request.lake.services())
        update = opened
        return opened
    }

    /// What the database says of tables that are new in the catalog or have other columns; nothing if it does not answer.
    private func comments(
        of tables: [Checkpoint.Table],
        _ schemas: SchemaRegistry
    ) -> (CatalogEntry) -> CatalogEntry.Comments? {
        var comments: [String: CatalogEntry.Comments] = [:]
        for (name, former) in known { comments[name] = former.comments }
        let wanted = tables.filter { table in
            known[table.name].map { $0.mark.columns != schemas.tables[table.name] ?? [] || $0.mark.table != table }
                ?? true
        }
        guard !wanted.isEmpty else { return { comments[$0.name] } }
        do {
            let connection = try DatabaseSession(url: request.database, control: control).connect()
            for table in wanted {
                comments[table.name] = try CatalogComments.read(
                    of: "\(table.schema).\(table.table)",
                    columns: schemas.tables[table.name] ?? [],
                    on: connection
                )
            }
        } catch {
            logger.debug("comments of tables are not at hand: \(error)")
        }
        return { comments[$0.name] }
    }

    // MARK: - Telling

    private func report(_ changes: [CatalogChange]) {
        for change in changes { change.tell(logger) }
    }

    private func tell(_ error: any Error, about what: String) {
        guard !control.isCancelled else { return }
        let reason = (error as? AWSError).map { ReplicationError($0).description } ?? "\(error)"
        logger.warning(
            "\(what) is not up to date: \(reason); replication goes on, and it is tried again at the next interval"
        )
    }
}
