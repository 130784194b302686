import Lake
public import Logging
import ObjectStorage
import PostgresClient
import PostgresWire
import Telemetry

/// The end of a replication: slot and publication go, and what the lake knows of them; its files stay.
public struct Removal: Sendable {
    /// What there is to remove.
    public struct Plan: Sendable {
        var slot: SlotReading?
        var retainedByteCount: Int?
        var publication: PublicationReading?
        var checkpoint: Checkpoint?
        /// Keys of what is kept in the lake beside the checkpoint.
        var attachments: [String] = []
        /// What is removed, a line for each.
        public var removals: [String] = []
        /// What is left alone and why, a line for each.
        public var remainders: [String] = []
    }

    struct PublicationReading: Sendable {
        var owner: String
        var isOwned: Bool
        var tableCount: Int
    }

    private let request: ReplicationRequest
    private let logger: Logger

    /// Prepares the removal of what a request names.
    public init(_ request: ReplicationRequest, logger: Logger) {
        self.request = request
        self.logger = logger
    }

    // MARK: - Looking

    /// Looks at what there is, without changing anything.
    ///
    /// - Throws: ``ReplicationError`` if database or lake cannot be reached, or if the slot is in use.
    public func plan() async throws -> Plan {
        var plan = try await onDatabase { connection, plan in
            plan.slot = try slot(on: connection)
            plan.retainedByteCount = try plan.slot.flatMap(ServerReading.read(on: connection).retainedByteCount)
            plan.publication = try publication(on: connection)
        }
        if let store = try request.lake.openIfPresent() {
            let checkpoints = CheckpointStore(store: store, slot: request.slot, owner: "")
            plan.checkpoint = try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await checkpoints.load()
            }
            plan.attachments = try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await checkpoints.attachments()
            }
        }
        describe(&plan)
        return plan
    }

    private func slot(on connection: borrowing PostgresConnection) throws -> SlotReading? {
        guard let slot = try SlotReading.read(request.slot, on: connection) else { return nil }
        if let kind = slot.foreignKind {
            throw ReplicationError(
                .configuration,
                "slot \(request.slot) is not one of sluice (\(kind)), so it is not dropped; set database.slot to the right "
                    + "name"
            )
        }
        if let pid = slot.activePID { throw inUse("by the server process \(pid)") }
        return slot
    }

    private func inUse(_ what: String) -> ReplicationError {
        ReplicationError(
            .slot,
            "slot \(request.slot) is in use (\(what)), so nothing was dropped; stop the sluice replicate that reads it, "
                + "then run sluice drop again"
        )
    }

    private func publication(on connection: borrowing PostgresConnection) throws -> PublicationReading? {
        let row = try connection.query(
            """
            SELECT pg_catalog.pg_get_userbyid(p.pubowner), pg_catalog.pg_has_role(p.pubowner, 'USAGE'),
                   (SELECT count(*) FROM pg_catalog.pg_publication_tables t WHERE t.pubname = p.pubname)
            FROM pg_catalog.pg_publication p WHERE p.pubname = $1
            """,
            [request.publication]
        ).rows.first
        return row.map { row in
            PublicationReading(owner: row[0] ?? "", isOwned: row[1] == "t", tableCount: row[2].flatMap(Int.init) ?? 0)
        }
    }

    private func describe(_ plan: inout Plan) {
        if plan.slot != nil {
            let retained = plan.retainedByteCount.map { ", for which \(HumanUnits.bytes($0)) of WAL are kept" } ?? ""
            plan.removals.append("slot \(request.slot)\(retained)")
        }
        if let publication = plan.publication {
            let text = "publication \(request.publication) of \(publication.tableCount) tables"
            if publication.isOwned {
                plan.removals.append(text)
            } else {
                plan.remainders.append("\(text): it belongs to \(publication.owner), who can run DROP PUBLICATION")
            }
        }
        let lake = request.lake.displayName
        if let checkpoint = plan.checkpoint {
            let key = CheckpointStore.key(slot: request.slot)
            plan.removals.append("\(key) in \(lake), which says that all up to \(checkpoint.position) is there")
        }
        plan.removals += plan.attachments.map { "\($0) in \(lake)" }
        guard let count = plan.checkpoint?.tables.count, count > 0 else { return }
        plan.remainders.append("the rows and changes of \(count) tables in \(lake)")
    }

    // MARK: - Removing

    /// Removes what was planned; parts that are gone meanwhile do no harm.
    ///
    /// - Throws: ``ReplicationError`` if something refuses; running it again goes on from there.
    public func carryOut(_ plan: Plan) async throws {
        guard let store = try request.lake.openIfPresent() else { return try await remove(plan, in: nil) }
        let recorder = RunRecorder(command: "drop", mode: "slot \(request.slot)", logger: logger)
        try await recorder.record(in: store, { _ in RunRecorder.Outcome() }) {
            try await remove(plan, in: store)
        }
    }

    private func remove(_ plan: Plan, in store: (any ObjectStore)?) async throws {
        // The slot first: as long as somebody reads it, the server refuses, and nothing else was touched.
        _ = try await onDatabase { connection, _ in
            try drop(plan, on: connection)
        }
        guard plan.checkpoint != nil || !plan.attachments.isEmpty, let store else { return }
        let checkpoints = CheckpointStore(store: store, slot: request.slot, owner: "")
        let checkpoint = try await withCheckpoint { () throws(CheckpointStore.Failure) in try await checkpoints.load() }
        if let checkpoint {
            // Afterwards nobody can tell any more that these hold what others hold, too.
            let sweeper = OrphanSweeper(store: store, logger: logger)
            _ = try await sweeper.sweep(tables: checkpoint.tables.map(\.name), checkpoint: checkpoint)
        }
        try await withCheckpoint { () throws(CheckpointStore.Failure) in try await checkpoints.drop() }
        logger.info(
            "removed the checkpoint; sluice replicate loads all tables again",
            metadata: ["slot": "\(request.slot)"]
        )
    }

    private func drop(_ plan: Plan, on connection: borrowing PostgresConnection) throws {
        if plan.slot != nil {
            do {
                try connection.query("SELECT pg_catalog.pg_drop_replication_slot($1)", [request.slot])
                logger.info("dropped slot \(request.slot)")
            } catch {
                // Gone already.
                if error.sqlState != "42704" { throw error.sqlState == "55006" ? inUse(error.message) : error }
            }
        }
        if plan.publication?.isOwned == true {
            try connection.query("DROP PUBLICATION IF EXISTS \(try connection.quote(identifier: request.publication))")
            logger.info("dropped publication \(request.publication)")
        }
    }

    private func onDatabase(
        _ work: @escaping @Sendable (borrowing PostgresConnection, inout Plan) throws -> Void
    ) async throws -> Plan {
        let request = request
        return try await onOwnThread("sluice-drop") {
            let connection = try DatabaseSession(url: request.database, control: RunControl()).connect()
            var plan = Plan()
            do {
                try work(connection, &plan)
            } catch let error as PostgresError {
                throw ReplicationError(error, table: nil)
            }
            return plan
        }
    }
}
