import Foundation
import Lake
import Logging
import ObjectStorage
import PostgresClient
import Synchronization
import Telemetry

/// Looks after slot and publication while changes stream, on a connection of its own: warns before the server removes
/// WAL that is still needed, and sees to it that tables which come into the publication are loaded.
///
/// Goes on while the stream itself has lost its connection or waits for the lake: that is when WAL piles up. What fails
/// is tried again, quietly, because the stream says what is wrong.
final class SlotMonitor: Sendable {
    private static let firstLook = Duration.seconds(5)
    private static let slotInterval = Duration.seconds(10)
    private static let publicationInterval = Duration.seconds(15)
    private static let endPatience = Duration.seconds(2)
    /// How soon the thread notices that it is to end.
    private static let wakeInterval = 0.25

    private let request: ReplicationRequest
    private let store: any ObjectStore
    private let checkpoints: CheckpointStore
    private let load: InitialLoad
    private let logger: Logger
    /// For what would otherwise be said at each look.
    private let onceLogger: Logger
    private let control = RunControl()
    private let isRunning = Atomic(false)
    /// The tables of the stream that is running; nil while none is.
    private let directory = Mutex<TableDirectory?>(nil)

    init(
        request: ReplicationRequest,
        store: any ObjectStore,
        checkpoints: CheckpointStore,
        load: InitialLoad,
        logger: Logger,
        onceLogger: Logger
    ) {
        self.request = request
        self.store = store
        self.checkpoints = checkpoints
        self.load = load
        self.logger = logger
        self.onceLogger = onceLogger
    }

    // MARK: - Life

    /// Begins to look, until ``stop()``.
    ///
    /// - Parameter published: The tables that are replicated already.
    func start(_ published: [PublishedTable]) {
        isRunning.store(true, ordering: .sequentiallyConsistent)
        let thread = Thread { [self] in
            defer { isRunning.store(false, ordering: .sequentiallyConsistent) }
            var look = Look(
                slot: SlotWatch(slot: request.slot),
                lag: LagEstimate(),
                publication: PublicationWatch(published),
                nextSlot: .now + Self.firstLook,
                nextPublication: .now + Self.publicationInterval
            )
            while !control.isCancelled {
                do {
                    try run(&look)
                } catch let error as ReplicationError where !error.isTransient && !error.isConnectFailure {
                    if !control.isCancelled { onceLogger.warning("\(error)") }
                } catch {
                    logger.debug("cannot look at slot and publication: \(error)")
                }
                control.forgetInterrupts()
                look.nextSlot = max(look.nextSlot, .now + Self.slotInterval)
            }
            control.forgetInterrupts()
        }
        thread.name = "sluice-monitor"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Ends it; no load begins afterwards.
    ///
    /// Waits a while for the thread: what a connection has set up must not be torn down under it when the process ends.
    func stop() {
        suspend()
        control.cancel()
        let deadline = ContinuousClock.now + Self.endPatience
        while isRunning.load(ordering: .sequentiallyConsistent), ContinuousClock.now < deadline {
            Thread.sleep(forTimeInterval: 0.01)
        }
    }

    /// Says that a stream is running and which tables it knows.
    func resume(_ directory: TableDirectory) { self.directory.withLock { $0 = directory } }

    /// Says that no stream is running, so that nothing new can be loaded.
    func suspend() { directory.withLock { $0 = nil } }

    // MARK: - Looking

    private struct Look {
        var slot: SlotWatch
        var lag: LagEstimate
        var publication: PublicationWatch
        var nextSlot: ContinuousClock.Instant
        var nextPublication: ContinuousClock.Instant
    }

    /// Connects when the next look is due, and looks again and again on that connection.
    private func run(_ look: inout Look) throws {
        wait(until: look.nextSlot)
        guard !control.isCancelled else { return }
        let connection = try seeing { try DatabaseSession(url: request.database, control: control).connect() }
        while !control.isCancelled {
            if ContinuousClock.now >= look.nextSlot {
                try seeing { try watchSlot(&look, on: connection) }
                look.nextSlot = .now + Self.slotInterval
            }
            if ContinuousClock.now >= look.nextPublication {
                // Also when it fails: it is no use to try at each look at the slot.
                look.nextPublication = .now + Self.publicationInterval
                try watchPublication(&look.publication, on: connection)
            }
            wait(until: min(look.nextSlot, look.nextPublication))
        }
    }

    /// Does what it takes to see the slot; if it fails, nothing of it is shown any more.
    private func seeing<Result: ~Copyable>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch {
            request.instruments.lostSightOfSlot()
            throw error
        }
    }

    private func wait(until time: ContinuousClock.Instant) {
        while ContinuousClock.now < time, !control.isCancelled { Thread.sleep(forTimeInterval: Self.wakeInterval) }
    }

    private func watchSlot(_ look: inout Look, on connection: borrowing PostgresConnection) throws {
        let server: ServerReading
        let reading: SlotReading?
        do {
            server = try ServerReading.read(on: connection)
            reading = try SlotReading.read(request.slot, on: connection)
        } catch {
            throw ReplicationError(error, table: nil)
        }
        guard let reading else { return request.instruments.lostSightOfSlot() }
        let observation = SlotWatch.Observation(
            time: .now,
            walStatus: reading.walStatus,
            retainedByteCount: server.retainedByteCount(of: reading) ?? 0,
            safeByteCount: reading.safeByteCount,
            limit: server.keepLimit
        )
        if let text = look.slot.note(observation) { logger.warning("\(text)") }
        try tell(server, reading, &look.lag)
        if let state = reading.syncState, state != "async" {
            let text =
                "the stream of slot \(request.slot) is a synchronous standby (sync_state \(state)), so commits of "
                + "applications may wait until their changes are in the lake; name the standbys that are meant in "
                + "synchronous_standby_names, in place of * or sluice"
            onceLogger.warning("\(text)")
        }
    }

    /// Tells the instruments how far the lake is behind the server.
    private func tell(_ server: ServerReading, _ slot: SlotReading, _ lag: inout LagEstimate) throws {
        guard let checkpoint = try waitForResult({ [checkpoints] in await checkpoints.checkpoint }) else { return }
        let seconds = lag.note(server.position, at: .now, durable: checkpoint.position)
        request.instruments.sawSlot(
            Instruments.SlotFigures(
                lagByteCount: server.position.byteCount(since: checkpoint.position),
                lag: seconds,
                isActive: slot.activePID != nil,
                retainedByteCount: server.retainedByteCount(of: slot),
                safeByteCount: slot.safeByteCount
            )
        )
    }

    // MARK: - Tables

    private func watchPublication(_ watch: inout PublicationWatch, on connection: borrowing PostgresConnection) throws {
        guard let directory = directory.withLock({ $0 }) else { return }
        let publication = Publication(request: request, logger: onceLogger)
        var difference = watch.note(try publication.tables(on: connection))
        // Before anything puts them back: what was changed meanwhile never arrives.
        try unload(difference.left, directory)
        let published = try publication.prepare(on: connection)
        difference.arrived += watch.note(published).arrived
        if !difference.arrived.isEmpty {
            let names = difference.arrived.map(\.displayName).joined(separator: ", ")
            logger.info("tables have come into publication \(request.publication)", metadata: ["tables": "\(names)"])
        }
        for table in difference.left {
            try report(table, isBack: published.contains { $0.oid == table.oid }, on: connection)
        }
        try take(published, directory)
    }

    /// Forgets that tables were loaded.
    private func unload(_ tables: [PublishedTable], _ directory: TableDirectory) throws {
        guard !tables.isEmpty else { return }
        let oids = Set(tables.map(\.oid))
        directory.unload(oids)
        try update { checkpoint in
            for index in checkpoint.tables.indices where oids.contains(checkpoint.tables[index].oid) {
                checkpoint.tables[index].loaded = nil
            }
        }
    }

    /// Says that a table was not replicated any more, and how that ends.
    private func report(_ table: PublishedTable, isBack: Bool, on connection: borrowing PostgresConnection) throws {
        let name = table.displayName
        if isBack {
            logger.warning("table \(name) had left publication \(request.publication); it is put back and loaded again")
        } else if try !isThere(table, on: connection) {
            logger.warning("table \(name) was dropped; what the lake has of it stays")
        } else {
            let publication = IdentifierQuoting().quote(request.publication)
            let text =
                "table \(name) has left publication \(request.publication), so its changes are not replicated any more; to "
                + "put it back, upon which it is loaded again, run: ALTER PUBLICATION \(publication) ADD TABLE "
                + table.qualifiedName
            logger.warning("\(text)")
        }
    }

    private func isThere(_ table: PublishedTable, on connection: borrowing PostgresConnection) throws -> Bool {
        do {
            return try connection.query(
                """
                SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.oid = $1::oid OR n.nspname = $2 AND c.relname = $3)
                """,
                ["\(table.oid)", table.schema, table.name]
            ).scalar == "t"
        } catch {
            throw ReplicationError(error, table: nil)
        }
    }

    /// Has tables loaded that the lake lacks; those that cannot begin now are found again at the next look.
    private func take(_ published: [PublishedTable], _ directory: TableDirectory) throws {
        let living = Set(published.map(\.oid))
        for table in published {
            let wanted = request.lakeName(schema: table.schema, table: table.name)
            _ = directory.register(table, as: wanted) { living.contains($0) }
        }
        let registry = directory.registry
        let known = try waitForResult { [checkpoints] in await checkpoints.checkpoint?.tables ?? [] }
        let loaded = Set(registry.merged(into: known).filter { $0.loaded != nil }.map(\.oid))
        guard !living.isSubset(of: loaded) else { return }
        // Names first: whoever goes on after a crash has to find the rows under the same ones.
        let claims = TableClaims(store: store, checkpoints: checkpoints)
        try waitForResult { try await claims.claim(directory.registry) }
        let checkpoint = try update { checkpoint in
            checkpoint.tables = directory.registry.merged(into: checkpoint.tables).filter { table in
                checkpoint.tables.contains { $0.name == table.name }
            }
        }
        self.directory.withLock { present in
            // Of the stream that these tables are known to, or of none.
            guard present === directory else { return }
            load.start(published, registry: TableRegistry(checkpoint.tables))
        }
    }

    @discardableResult
    private func update(_ change: @escaping @Sendable (inout Checkpoint) -> Void) throws -> Checkpoint {
        try waitForResult { [checkpoints] in
            try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await checkpoints.update { checkpoint throws(CheckpointStore.Failure) in
                    guard var checkpoint else { throw .replaced }
                    change(&checkpoint)
                    checkpoint.updated = "\(UTCTime.now)"
                    return checkpoint
                }
            }
        }
    }
}
