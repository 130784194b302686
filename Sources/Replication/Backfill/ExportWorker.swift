import Ingest
import Lake
import Parquet
import PostgresClient
import PostgresWire
import Telemetry

/// One worker: a session of its own, part after part, table after table.
///
/// Runs on a thread of its own.
struct ExportWorker {
    /// Cells of a batch: small enough for the second-level cache with their bytes.
    private static let batchCellCount = 1 << 16
    private static let batchRowCount = 4_096
    private static let batchByteCount = 1 << 20

    let number: Int
    let session: DatabaseSession
    let snapshot: SharedSnapshot
    /// A folder for the files of this round of workers.
    let spillPath: String
    let memoryLimit: Int
    let publisher: DayPublisher
    /// Nil if no catalog has to know of days before they are there.
    let years: CatalogYears?
    let progress: ProgressReporter
    let control: RunControl
    let didExport: @Sendable (Backfill.ExportedTable) throws -> Void

    /// Works until no table has a part left.
    ///
    /// - Returns: Why it had to end before, or nil. What it was working on has failed then; the rest is for the others.
    func run(_ tables: [TableExport]) -> ReplicationError? {
        do {
            var connection = try openSession()
            for table in tables where table.enter() {
                connection = try work(on: table, with: connection)
            }
            return nil
        } catch {
            return (error as? ReplicationError) ?? ReplicationError(.database, "\(error)")
        }
    }

    /// Exports parts of one table; a failure stays with the table.
    ///
    /// Returns the session for the next table, and throws if none can be had.
    private func work(on table: TableExport, with connection: consuming PostgresConnection) throws -> PostgresConnection
    {
        let plan = table.plan
        let builders = DayBuilders(plan: plan, memoryLimit: memoryLimit) { [spillPath, number] day in
            spillPath + "/\(table.number)-\(number)-\(day.map(String.init) ?? "all").parquet"
        }
        let columnCount = plan.cells.count
        let rows = max(16, min(Self.batchRowCount, Self.batchCellCount / max(1, columnCount)))
        let wire = WireRowBatch(columnCount: columnCount, rowCapacity: rows)
        do {
            while let part = table.takePart() {
                try export(part, of: table, into: builders, wire: wire, on: connection)
            }
            if let days = table.leave(try builders.finish()) {
                cover(days.keys, of: plan)
                let publisher = publisher
                let outcome = try waitForResult(cancelledBy: control) { try await publisher.publish(days, of: plan) }
                try didExport(
                    Backfill.ExportedTable(oid: plan.oid, name: plan.lakeName, snapshot: snapshot.transactions)
                )
                table.succeed(outcome)
            }
        } catch {
            let failure =
                control.isCancelled ? .cancelled : ReplicationError(describing: error, table: plan.displayName)
            table.fail(failure)
            if failure.code == .cancelled { throw failure }
            return try replacedSession(after: failure)
        }
        return connection
    }

    private func cover(_ days: some Collection<Int>, of plan: TablePlan) {
        guard let years, plan.routing != nil else { return }
        years.cover(plan.lakeName, days.map { CalendarDate(daysSinceEpoch: Int32($0)) }, present: [])
    }

    /// The failed COPY has ended the transaction, and perhaps the session; the next table needs a new one.
    private func replacedSession(after failure: ReplicationError) throws -> PostgresConnection {
        do {
            return try openSession()
        } catch {
            guard failure.isTransient, !control.isCancelled else { throw error }
            // With the server goes the snapshot; the next round takes a new one.
            throw ReplicationError(.database, "the session with the database was lost: \(error)", isTransient: true)
        }
    }

    private func openSession() throws -> PostgresConnection {
        let connection = try session.connect()
        do {
            try snapshot.adopt(on: connection)
            try connection.growInputBuffer()
        } catch {
            throw ReplicationError(error, table: nil)
        }
        return connection
    }

    private func export(
        _ part: TablePlan.Part,
        of table: TableExport,
        into builders: DayBuilders,
        wire: WireRowBatch,
        on connection: borrowing PostgresConnection
    ) throws {
        let lock = RelationLock(table: table.plan.displayName, logger: publisher.logger)
        try lock.take(part.relations, on: connection)
        // The planner sees one range, not that the others are read too: all of them by reading the whole table would
        // read it as often as there are ranges.
        try connection.query("SET LOCAL enable_seqscan = \(part.prefersIndex ? "off" : "on")")
        try connection.startCopy(part.sql)
        var isFirst = true
        var hasMore = true
        while hasMore {
            if control.isCancelled { throw ReplicationError.cancelled }
            wire.removeAll()
            hasMore = try connection.readCopy(into: wire, byteLimit: Self.batchByteCount, isFirst: &isFirst)
            guard wire.rowCount > 0 else { continue }
            try builders.append(wire)
            progress.advance(rows: wire.rowCount, bytes: wire.byteCount)
        }
    }
}

extension ReplicationError {
    /// Any error of a table's export, with the table's name.
    init(describing error: any Error, table: String) {
        switch error {
        case let error as ReplicationError where error.code == .disk: self.init(.disk, "table \(table): \(error)")
        case let error as ReplicationError: self = error
        case let error as PostgresError: self.init(error, table: table)
        case let error as CellError:
            self.init(.data, "table \(table): \(error); please report this with the table's definition")
        case let error as ParquetError: self.init(.data, "table \(table): \(error)")
        case is CancellationError: self = .cancelled
        default: self.init(.lake, "table \(table): \(error)")
        }
    }
}
