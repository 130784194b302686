import Lake
public import Logging
public import PostgresWire
import Telemetry

/// The live views of the tables that a slot carries, as SQL; what the lake says of them is read, and nothing is changed.
public struct LiveViews: Sendable {
    private let request: ReplicationRequest
    private let logger: Logger

    /// Prepares to read a lake.
    ///
    /// - Parameters:
    ///   - request: Which lake and which slot.
    ///   - logger: Is warned of tables of which no view can be right now.
    public init(_ request: ReplicationRequest, logger: Logger) {
        self.request = request
        self.logger = logger
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
            let reading = LiveViewReading(
                store: store,
                checkpoint: checkpoint,
                table: table,
                state: state,
                columns: schemas.tables[table.name] ?? []
            )
            let options = request.rules.options(schema: table.schema, table: table.table, first: table.first)
            let finding = try await onOwnThread("sluice-athena") {
                try reading.find(keepsDeleted: options.deletes == .soft)
            }
            statements.append(statement(of: table.name, finding))
        }
        return statements.isEmpty ? "-- no table is loaded yet\n" : statements.joined(separator: "\n")
    }

    private func statement(of table: String, _ finding: LiveViewReading.Finding) -> String {
        let view: LiveView
        switch finding {
        case .nothing: return "-- \(table) has neither rows nor changes yet, so nothing is known of its columns\n"
        case .obstacle(let reason):
            logger.warning("\(table) has no live view now: \(reason)")
            return "-- \(table) has no live view: \(Escaping.printable(reason))\n"
        case .view(let found): view = found
        }
        do throws(LiveView.Unsupported) {
            let statement = try view.statement()
            let advice =
                view.outlivesRewriting
                ? "It stays right when sluice rewrite goes further, and becomes slower: print it and make it anew now and then."
                : "It ends once sluice rewrite goes further: print it and make it anew after each run. Its rows have no key, so that "
                    + "nothing in them says which deletes they have taken up; most queries fail then, not all."
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
