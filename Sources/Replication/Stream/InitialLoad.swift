import Foundation
import Lake
import Logging
import PostgresClient
import PostgresWire
import Synchronization
import Telemetry

/// Exports tables that the lake does not have, while their changes already stream.
///
/// The slot exists and the tables are published; once every transaction that held a write lock on a table then has ended,
/// a snapshot and the stream leave no gap between them. Which changes a snapshot includes is told by the transactions
/// that it sees, not by a position: see ``SharedSnapshot``.
final class InitialLoad: Sendable {
    /// The pause before tables that could not be loaded are tried again.
    private static let retryInterval = Duration.seconds(60)

    private static let endPatience = Duration.seconds(10)

    private struct State {
        var isRunning = false
        var failed: [String] = []
        /// What came while a load was running; the latest only, which includes the ones before.
        var offer: (tables: [PublishedTable], registry: TableRegistry)?
        /// Tables whose export has to begin later than now, by OID: what an export that is under way reads is not enough.
        var again: [UInt32: PublishedTable] = [:]
        /// What the registry said when the last of them was asked for.
        var registry: TableRegistry?
        /// How often a table's export was asked for, by OID.
        var requests: [UInt32: Int] = [:]
        /// The last export of a table that came to its end: its snapshot, and how many of the requests it began after.
        var exports: [UInt32: (snapshot: String, requests: Int)] = [:]
    }

    private let request: ReplicationRequest
    private let checkpoints: CheckpointStore
    private let logger: Logger
    private let control: RunControl
    private let state = Mutex(State())

    init(request: ReplicationRequest, checkpoints: CheckpointStore, logger: Logger, control: RunControl) {
        self.request = request
        self.checkpoints = checkpoints
        self.logger = logger
        self.control = control
    }

    /// Whether tables are still being loaded.
    var isRunning: Bool { state.withLock { $0.isRunning } }

    /// Begins to load what is missing.
    ///
    /// While a load is running, that one takes new tables in when it is through with its own, or next begins anew, as it
    /// does for ever, unless the run has an end, while one of them cannot be loaded.
    func start(_ published: [PublishedTable], registry: TableRegistry) {
        let missing = published.filter { registry.entry(oid: $0.oid)?.loaded == nil }
        let begins = state.withLock { state in
            guard !missing.isEmpty else { return false }
            guard !state.isRunning else {
                state.offer = (missing, registry)
                return false
            }
            state.isRunning = true
            state.offer = nil
            return true
        }
        if begins { begin(missing, registry) }
    }

    /// Has a table loaded by an export that begins after this call, whether it is loaded or is being loaded.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - registry: What it is called in the lake.
    /// - Throws: ``ReplicationError`` if the checkpoint cannot be replaced.
    func reload(_ table: PublishedTable, registry: TableRegistry) throws {
        let oid = table.oid
        let request = state.withLock { state in
            state.again[oid] = table
            state.registry = registry
            state.requests[oid, default: 0] += 1
            return state.requests[oid] ?? 0
        }
        // Before anything that was received since is durable, so that an end in between cannot forget it.
        try waitForResult { try await self.forget(oid, request) }
        let begins = state.withLock { state in
            guard !state.isRunning, state.again[oid] != nil else { return false }
            state.isRunning = true
            return true
        }
        if begins { begin([table], registry) }
    }

    /// Notes in the checkpoint that a table is yet to be loaded, unless it was by an export that has begun since.
    private func forget(_ oid: UInt32, _ request: Int) async throws {
        try await withCheckpoint { () throws(CheckpointStore.Failure) in
            try await checkpoints.update { checkpoint throws(CheckpointStore.Failure) in
                guard var checkpoint else { throw .replaced }
                let export = state.withLock { $0.exports[oid] }
                let isLater = export.map { $0.requests >= request } ?? false
                for index in checkpoint.tables.indices where checkpoint.tables[index].oid == oid {
                    if isLater, checkpoint.tables[index].loaded == export?.snapshot { continue }
                    checkpoint.tables[index].loaded = nil
                }
                checkpoint.updated = "\(UTCTime.now)"
                return checkpoint
            }
        }
    }

    private func begin(_ tables: [PublishedTable], _ registry: TableRegistry) {
        let task = Task.detached { [self] in await load(tables, registry) }
        control.onCancel { task.cancel() }
    }

    /// Waits a while for a load that was told to stop, so that it can clear up.
    func awaitEnd() {
        let deadline = ContinuousClock.now + Self.endPatience
        while isRunning, control.isCancelled, ContinuousClock.now < deadline { Thread.sleep(forTimeInterval: 0.02) }
    }

    /// Throws if some tables could not be loaded, unless the run was told to stop before they were tried again.
    func finish() throws {
        let failed = state.withLock { $0.failed }
        guard !failed.isEmpty, !control.isCancelled else { return }
        throw ReplicationError(
            .tables,
            "\(HumanUnits.count(failed.count, of: "table")) \(failed.count == 1 ? "is" : "are") not loaded: \(failed.joined(separator: ", ")); the lines above say what to do"
        )
    }

    // MARK: - Work

    private func load(_ tables: [PublishedTable], _ registry: TableRegistry) async {
        var (rest, registry) = (tables, registry)
        var loaded: Set<UInt32> = []
        // Names of those that are not tried again, by OID.
        var givenUp: [UInt32: String] = [:]
        while !isEnded(&rest, &registry, loaded.union(givenUp.keys)) {
            let chosen = rest.map(\.oid)
            for oid in chosen { givenUp[oid] = nil }
            let requests: [UInt32: Int]
            (registry, requests) = state.withLock { state in
                for oid in chosen { state.again[oid] = nil }
                return (state.registry.take() ?? registry, state.requests)
            }
            logger.info(
                "loading tables that the lake does not have yet",
                metadata: ["tables": "\(rest.map(\.displayName).joined(separator: ", "))"]
            )
            do {
                try await awaitWriters(of: rest)
                Failpoint.beforeLoad.reached()
                try await export(rest, registry, after: requests)
            } catch {
                guard !control.isCancelled else { continue }
                logger.error("\(error)")
            }
            loaded = Set(await checkpoints.checkpoint?.tables.filter { $0.loaded != nil }.map(\.oid) ?? [])
            let again = state.withLock { $0.again }
            rest.removeAll { loaded.contains($0.oid) || again[$0.oid] != nil }
            let failed = rest.map(\.displayName) + givenUp.values
            state.withLock { $0.failed = failed }
            // Whoever waits for the end of the load is told what is missing instead of waiting for ever.
            if request.end != .never, again.isEmpty {
                for table in rest { givenUp[table.oid] = table.displayName }
                rest = []
            }
            rest += again.values
            // What was asked for meanwhile has not been tried yet.
            if !again.isEmpty || rest.isEmpty { continue }
            logger.warning(
                "tries again to load \(HumanUnits.count(rest.count, of: "table")) in \(HumanUnits.seconds(Self.retryInterval)) s"
            )
            try? await Task.sleep(for: Self.retryInterval)
            guard let offer = state.withLock({ $0.offer.take() }) else { continue }
            registry = offer.registry
            let known = Set(rest.map(\.oid)).union(loaded)
            rest += offer.tables.filter { !known.contains($0.oid) }
        }
    }

    /// Whether a load is at its end, so that the next one may begin.
    ///
    /// - Parameters:
    ///   - rest: The tables to be loaded; what was asked for meanwhile comes in.
    ///   - registry: What they are called in the lake.
    ///   - done: The tables that are loaded, or not tried again.
    /// - Returns: Whether nothing is left to be loaded, or the run was told to stop.
    private func isEnded(
        _ rest: inout [PublishedTable],
        _ registry: inout TableRegistry,
        _ done: Set<UInt32>
    ) -> Bool {
        let known = Set(rest.map(\.oid))
        let isCancelled = control.isCancelled
        let (asked, newer, isEnded) = state.withLock { state in
            var asked = state.again.values.filter { !known.contains($0.oid) }
            var newer: TableRegistry?
            if known.isEmpty, asked.isEmpty, let offer = state.offer.take() {
                asked = offer.tables.filter { !done.contains($0.oid) }
                newer = offer.registry
            }
            let isEnded = isCancelled || known.isEmpty && asked.isEmpty
            if isEnded { state.isRunning = false }
            return (asked, newer, isEnded)
        }
        rest += asked
        registry = newer ?? registry
        return isEnded
    }

    private func export(
        _ tables: [PublishedTable],
        _ registry: TableRegistry,
        after requests: [UInt32: Int]
    ) async throws {
        var backfill = BackfillRequest(
            streaming: request,
            registry.tables,
            mode: .full,
            selection: tables.map { TablePattern(schema: $0.schema, table: $0.name) }
        )
        backfill.purpose = .initialLoad
        let progress = ProgressReporter(label: "loading", logger: logger)
        let (checkpoints, logger) = (checkpoints, logger)
        let run = Backfill(
            backfill,
            logger: logger,
            progress: progress,
            instruments: request.instruments
        ) { [registry] exported in
            Failpoint.afterLoad.reached()
            try waitForResult { try await self.note(exported, in: checkpoints, registry, after: requests) }
            Failpoint.afterLoadCheckpoint.reached()
            logger.info("loaded table \(exported.name)", metadata: ["snapshot": "\(exported.snapshot ?? "")"])
        }
        _ = try await progress.report { try await run.run() }
    }

    /// Notes in the checkpoint that a table is loaded, unless it has to be once more.
    private func note(
        _ exported: Backfill.ExportedTable,
        in checkpoints: CheckpointStore,
        _ registry: TableRegistry,
        after requests: [UInt32: Int]
    ) async throws {
        guard let snapshot = exported.snapshot else {
            throw ReplicationError.standby(table: exported.name)
        }
        state.withLock { $0.exports[exported.oid] = (snapshot, requests[exported.oid] ?? 0) }
        try await withCheckpoint { () throws(CheckpointStore.Failure) in
            try await checkpoints.update { checkpoint throws(CheckpointStore.Failure) in
                guard var checkpoint else { throw .replaced }
                guard state.withLock({ $0.again[exported.oid] == nil }) else { return checkpoint }
                if let index = checkpoint.tables.firstIndex(where: { $0.oid == exported.oid }) {
                    checkpoint.tables[index].loaded = snapshot
                    checkpoint.tables[index].membership = registry.entry(oid: exported.oid)?.membership
                } else if var table = registry.entry(oid: exported.oid) {
                    table.loaded = snapshot
                    checkpoint.tables.removeAll { $0.name == table.name }
                    checkpoint.tables.append(table)
                }
                checkpoint.updated = "\(UTCTime.now)"
                return checkpoint
            }
        }
    }

    // MARK: - Writers

    /// Waits until every transaction has ended that holds a write lock on one of the tables now: rows that it wrote
    /// before the table was published are never sent, so the snapshot has to see them.
    private func awaitWriters(of tables: [PublishedTable]) async throws {
        let (request, control, logger) = (request, control, logger)
        try await onOwnThread("sluice-load") {
            let connection = try DatabaseSession(url: request.database, control: control).connect()
            do {
                var waiting = try Self.writers(of: tables, on: connection)
                var told = false
                while !waiting.isEmpty, !control.isCancelled {
                    if !told {
                        logger.info(
                            "waits for transactions that are writing to tables to be loaded",
                            metadata: ["transactions": "\(waiting.count)"]
                        )
                        told = true
                    }
                    Thread.sleep(forTimeInterval: 0.1)
                    waiting.formIntersection(try Self.writers(of: tables, on: connection))
                }
            } catch let error as PostgresError {
                throw ReplicationError(error, table: nil)
            }
        }
    }

    private static func writers(
        of tables: [PublishedTable],
        on connection: borrowing PostgresConnection
    ) throws(PostgresError) -> Set<String> {
        let rows = try connection.query(
            """
            WITH RECURSIVE tree(oid) AS (
                SELECT pg_catalog.unnest($1::oid[])
                UNION
                SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
            )
            SELECT DISTINCT l.virtualtransaction FROM pg_catalog.pg_locks l JOIN tree ON tree.oid = l.relation
            WHERE l.locktype = 'relation' AND l.granted
              AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
              AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
            """,
            ["{" + tables.map { "\($0.oid)" }.joined(separator: ",") + "}"]
        ).rows
        return Set(rows.compactMap(\.[0]))
    }
}
