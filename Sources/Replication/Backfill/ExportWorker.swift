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
    let progress: ProgressReporter
    let control: RunControl

    /// Works until no table has a part left.
    func run(_ tables: [TableExport]) {
        do {
            let connection = try session.connect()
            do {
                try snapshot.adopt(on: connection)
                try connection.growInputBuffer()
            } catch {
                throw BackfillError(error, table: nil)
            }
            var remaining = connection
            for table in tables where table.enter() {
                remaining = try work(on: table, with: remaining)
            }
        } catch {
            let error = (error as? BackfillError) ?? BackfillError(.database, "\(error)")
            for table in tables where !table.isFinished { table.fail(error) }
        }
    }

    /// Exports parts of one table; a failure stays with the table unless the session is lost.
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
                let publisher = publisher
                let outcome = try waitForResult { try await publisher.publish(days, of: plan) }
                table.succeed(outcome)
            }
        } catch {
            let failure = BackfillError(describing: error, table: plan.displayName)
            table.fail(failure)
            if failure.code == .cancelled || failure.isTransient { throw failure }
            // The failed COPY has ended the transaction; the next table needs a new one in the same snapshot.
            return try freshTransaction(connection)
        }
        return connection
    }

    private func freshTransaction(_ connection: consuming PostgresConnection) throws -> PostgresConnection {
        let fresh = try session.connect()
        do {
            try snapshot.adopt(on: fresh)
            try fresh.growInputBuffer()
        } catch {
            throw BackfillError(error, table: nil)
        }
        return fresh
    }

    private func export(
        _ part: TablePlan.Part,
        of table: TableExport,
        into builders: DayBuilders,
        wire: WireRowBatch,
        on connection: borrowing PostgresConnection
    ) throws {
        try lock(part.relations, on: connection, table: table.plan.displayName)
        try connection.startCopy(part.sql)
        var isFirst = true
        var hasMore = true
        while hasMore {
            if control.isCancelled {
                connection.cancel()
                throw BackfillError.cancelled
            }
            wire.removeAll()
            hasMore = try connection.readCopy(into: wire, byteLimit: Self.batchByteCount, isFirst: &isFirst)
            guard wire.rowCount > 0 else { continue }
            try builders.append(wire)
            progress.advance(rows: wire.rowCount, bytes: wire.byteCount)
        }
    }

    /// Keeps others from rewriting the relations, and makes sure that nobody has since the snapshot was taken: a
    /// rewriting ALTER or a TRUNCATE makes a table look empty to an older snapshot.
    private func lock(_ relations: [UInt32], on connection: borrowing PostgresConnection, table: String) throws {
        for relation in relations {
            let name = try connection.query(
                """
                SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid
                """,
                [String(relation)]
            ).scalar
            guard let name else { continue }
            let mayLock =
                try connection.query(
                    "SELECT pg_catalog.has_table_privilege($1::oid, 'SELECT')",
                    [String(relation)]
                ).scalar == "t"
            if mayLock { try connection.query("LOCK TABLE ONLY \(name) IN ACCESS SHARE MODE") }
            let isSame = try connection.query(
                "SELECT relfilenode = 0 OR relfilenode = pg_catalog.pg_relation_filenode(oid) "
                    + "FROM pg_catalog.pg_class WHERE oid = $1::oid",
                [String(relation)]
            ).scalar
            guard isSame == "t" else {
                throw BackfillError(
                    .database,
                    "table \(table) was truncated or rewritten while the export began; run the same command again",
                    isTransient: true
                )
            }
        }
    }
}

extension BackfillError {
    /// Any error of a table's export, with the table's name.
    init(describing error: any Error, table: String) {
        switch error {
        case let error as BackfillError: self = error
        case let error as PostgresError: self.init(error, table: table)
        case let error as CellError:
            self.init(.data, "table \(table): \(error); please report this with the table's definition")
        case let error as ParquetError: self.init(.data, "table \(table): \(error)")
        case is CancellationError: self = .cancelled
        default: self.init(.lake, "table \(table): \(error)")
        }
    }
}
