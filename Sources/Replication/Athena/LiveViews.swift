import Columnar
import Lake
import ObjectStorage
import Parquet
public import PostgresWire
import Telemetry

/// The live views of the tables that a slot carries, as SQL; what the lake says of them is read, and nothing is changed.
public struct LiveViews: Sendable {
    /// Days' objects that are looked at for the snapshot of a table's load.
    private static let maximumFooterCount = 256

    private let request: ReplicationRequest

    /// Prepares to read a lake.
    public init(_ request: ReplicationRequest) {
        self.request = request
    }

    /// The statements, each with a comment that says what it holds for; of a table without a view there is the comment
    /// alone.
    ///
    /// - Parameter tables: The tables by their names in the database; empty for all that are loaded.
    /// - Returns: SQL with a newline at its end.
    /// - Throws: ``ReplicationError`` if the lake has no changes of the slot, or no such table, or cannot be read.
    public func script(tables: [TablePattern]) async throws -> String {
        guard let store = try request.lake.openIfPresent(),
            let checkpoint = try await withCheckpoint({ () throws(CheckpointStore.Failure) in
                try await CheckpointStore(store: store, slot: request.slot, owner: "").load()
            })
        else { throw ReplicationError(withoutChangesOf: request) }
        try checkpoint.requireTables(tables, slot: request.slot)
        let slot = request.slot
        let schemas = try await withCheckpoint { () throws(CheckpointStore.Failure) in
            try await SchemaRegistry.load(slot: slot, from: store)
        }
        var statements: [String] = []
        for table in checkpoint.tables where table.loaded != nil {
            guard tables.isEmpty || tables.contains(where: { $0.matches(schema: table.schema, table: table.table) })
            else { continue }
            let state = try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await RewriteStateStore(store: store, slot: slot, table: table.name, owner: "").load()
            }
            let reading = TableReading(
                store: store,
                checkpoint: checkpoint,
                table: table,
                state: state,
                columns: schemas.tables[table.name] ?? []
            )
            let options = request.rules.options(schema: table.schema, table: table.table, first: table.first)
            let view = try await onOwnThread("sluice-athena") {
                try reading.view(keepsDeleted: options.deletes == .soft)
            }
            statements.append(Self.statement(of: table.name, view))
        }
        return statements.isEmpty ? "-- no table is loaded yet\n" : statements.joined(separator: "\n")
    }

    private static func statement(of table: String, _ view: LiveView?) -> String {
        guard let view else {
            return "-- \(table) has neither rows nor changes yet, so nothing is known of its columns\n"
        }
        do throws(LiveView.Unsupported) {
            let statement = try view.statement()
            let advice =
                view.outlivesRewriting
                ? "It stays right when sluice rewrite goes further, and becomes slower: print it and make it anew then."
                : "It is wrong once sluice rewrite goes further: print it and make it anew after each run."
            return """
                -- \(view.viewName): the rows of \(table), which have taken up its changes up to \(view.position), and the changes \
                after that.
                -- \(advice)
                \(statement);

                """
        } catch {
            return "-- \(table) has no live view: \(Escaping.printable(error.description))\n"
        }
    }

    /// What the lake says of a table.
    ///
    /// Blocks the calling thread.
    private struct TableReading: Sendable {
        var store: any ObjectStore
        var checkpoint: Checkpoint
        var table: Checkpoint.Table
        var state: RewriteState
        /// The columns that it has ever had.
        var columns: [SchemaRegistry.Column]

        private var readers: DayReaders { DayReaders(store: store) }

        /// The view; nil if nothing is known of the table.
        func view(keepsDeleted: Bool) throws -> LiveView? {
            let days = try days()
            guard let (description, fields) = try newest() ?? days.first.map(rows) else { return nil }
            let known = Dictionary(columns.map { (Array($0.name.utf8), $0.type) }) { first, _ in first }
            var all = fields.map { field in
                LiveView.Column(name: field.name, type: known[Array(field.name.utf8)] ?? field.type)
            }
            let names = Set(all.map { Array($0.name.utf8) })
            all += columns.filter { !names.contains(Array($0.name.utf8)) }
                .map { LiveView.Column(name: $0.name, type: $0.type) }
            return LiveView(
                of: description,
                columns: all,
                name: table.name,
                position: position,
                export: try export(days),
                firstDay: state.firstDayOfChanges(checkpoint),
                keepsDeleted: keepsDeleted
            )
        }

        /// Nothing of a former life of the slot is pending.
        private var position: ChangePosition {
            max(state.position, checkpoint.source.slotCreated.map { ChangePosition(before: $0) } ?? .start)
        }

        /// What the newest file of changes says; nil if there is none.
        private func newest() throws -> (TableDescription, [LiveView.Column])? {
            let files = ChangeFiles(store: store, checkpoint: checkpoint)
            let (name, day) = (table.name, state.firstDayOfChanges(checkpoint))
            guard let file = try waitForResult({ try await files.list(of: name, after: .start, since: day) }).last
            else {
                return nil
            }
            let reader = try readers.open(file.object)
            let schema = try ChangeFileSchema(key: file.object.key, reader)
            return (
                try description(reader, file.object.key),
                schema.columns.map { LiveView.Column(name: $0.name, type: $0.type.parquetText) }
            )
        }

        /// What a day's object says.
        private func rows(of object: ObjectInfo) throws -> (TableDescription, [LiveView.Column]) {
            let reader = try readers.open(object)
            return (
                try description(reader, object.key),
                RowLayout(dayFile: reader.schema).columns.map {
                    LiveView.Column(name: $0.name, type: $0.type.parquetText)
                }
            )
        }

        private func description(_ reader: ParquetFileReader, _ key: String) throws -> TableDescription {
            let pairs = reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") }
            guard let description = TableDescription(keyValues: pairs) else {
                throw ReplicationError(
                    .lake,
                    "\(store.location)/\(key) does not describe its table: it was not written by sluice, or by a release that "
                        + "did not do so; export the table again with sluice backfill"
                )
            }
            return description
        }

        /// The first objects of the table's days.
        private func days() throws -> [ObjectInfo] {
            let (store, table) = (store, table.name)
            return try waitForResult {
                var objects: [ObjectInfo] = []
                do {
                    for try await object in store.list(prefix: table + "/")
                    where LakeLayout.isCurrentRows(object.key, of: table) {
                        objects.append(object)
                        if objects.count == LiveViews.maximumFooterCount { break }
                    }
                } catch let error as ObjectStorageError {
                    throw ReplicationError(error)
                }
                return objects
            }
        }

        /// The snapshot of the load, as far as days are left that changes have not gone beyond.
        private func export(_ days: [ObjectInfo]) throws -> LiveView.Export? {
            for object in days {
                let reader = try readers.open(object)
                guard let snapshot = DayProgress(reader)?.snapshot, snapshot.text == table.loaded
                else {
                    continue
                }
                return LiveView.Export(snapshot: snapshot.transactions, lsn: snapshot.lsn)
            }
            return nil
        }
    }
}

extension RewriteState {
    /// The commit date before which no file has pending changes; nil if all may have some.
    ///
    /// Commits at midnight may come one day earlier than one before them, and where a clock was put back later changes have
    /// earlier dates.
    func firstDayOfChanges(_ checkpoint: Checkpoint) -> CalendarDate? {
        guard let day = commitDay.flatMap({ CalendarDate($0)?.advanced(by: -1) }) else { return nil }
        return min(day, checkpoint.earliestDate(after: position) ?? day)
    }
}

extension ReplicationError {
    /// The lake has no checkpoint of the slot.
    init(withoutChangesOf request: ReplicationRequest) {
        self.init(
            .lake,
            "\(request.lake.displayName) has no changes of slot \(request.slot): run sluice replicate first, or set "
                + "database.slot to the slot that it uses"
        )
    }
}

extension Checkpoint {
    /// Makes sure that each pattern names a table of the slot.
    func requireTables(_ patterns: [TablePattern], slot: String) throws(ReplicationError) {
        for pattern in patterns where !tables.contains(where: { pattern.matches(schema: $0.schema, table: $0.table) }) {
            throw ReplicationError(
                .tables,
                "slot \(slot) carries no table \(pattern); sluice status lists those that it does"
            )
        }
    }
}
