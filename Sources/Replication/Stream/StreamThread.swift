import Foundation
import Lake
import Logging
import ObjectStorage
import Parquet
import PostgresClient
import PostgresWire
import Telemetry

/// What the stream's thread does: takes the slot over, lives through one connection after the other.
struct StreamThread {
    let request: ReplicationRequest
    let logger: Logger
    /// For what would otherwise be said at each look at the publication.
    let onceLogger: Logger
    let store: any ObjectStore
    let spill: SpillFolder
    let control: RunControl
    /// Counts what becomes durable.
    let tally: StreamTally

    private static let firstPause = Duration.milliseconds(500)
    private static let maximumPause = Duration.seconds(30)
    /// A connection that has lasted so long was a good one: the next failure is a new one.
    private static let goodConnection = Duration.seconds(60)

    private var slot: ReplicationSlot {
        ReplicationSlot(name: request.slot, isFailover: request.isFailoverSlot, logger: logger)
    }

    func run() throws -> Bool {
        let owner = "\(ProcessInfo.processInfo.hostName)-\(getpid())-\(UUID().uuidString.prefix(8).lowercased())"
        let checkpoints = CheckpointStore(store: store, slot: request.slot, owner: owner)
        let buffer = ChangeBuffer(
            spillPath: try spill.makeSubfolder(),
            spillByteCount: max(
                BackfillRequest.minimumMemoryLimit,
                min(request.memoryLimit / 2, request.flush.maximumSize + request.flush.maximumSize / 4)
            )
        )
        var owned: Ownership?
        defer {
            owned?.monitor.stop()
            owned?.load.awaitEnd()
            owned?.rewriting?.stop()
            owned?.catalog?.stop()
        }
        var course = Course()
        var pause = Self.firstPause
        while !control.isCancelled {
            let start = ContinuousClock.now
            do {
                course.isStreaming = false
                return try connectAndStream(checkpoints, buffer, &owned, &course)
            } catch  where control.isCancelled && !course.isStreaming {
                return true
            } catch is RelationMapper.NeedsText {
                logger.info("a table has columns that are exact only as text; the stream goes on in text form")
                course.isBinary = false
            } catch let error as ReplicationError where error.mayPass(hasBegun: owned != nil) {
                if ContinuousClock.now - start > Self.goodConnection { pause = Self.firstPause }
                logger.warning("\(error); connects again in \(pause)")
                request.instruments.connectionLost("\(error)")
                wait(pause * Double.random(in: 0.75...1.25))
                pause = min(pause * 2, Self.maximumPause)
            }
            // The server sends again whatever is not in the lake yet.
            try owned?.flusher.settle()
            buffer.discard()
        }
        return true
    }

    /// What a process has that owns slot and checkpoint.
    private struct Ownership {
        var flusher: Flusher
        var load: InitialLoad
        let monitor: SlotMonitor
        /// Nil if another process rewrites days.
        let rewriting: RewriteService?
        /// Nil if there is no catalog to keep in step.
        let catalog: CatalogService?
        var target: LSN?
    }

    /// How a connection is to begin, and how far it has come.
    private struct Course {
        var isBinary = true
        var isStreaming = false
    }

    private func connectAndStream(
        _ checkpoints: CheckpointStore,
        _ buffer: ChangeBuffer,
        _ owned: inout Ownership?,
        _ course: inout Course
    ) throws -> Bool {
        // What the server makes us wait for ends with the run; once changes stream, the run ends in good order.
        let starting = RunControl()
        control.onCancel { starting.cancel() }
        defer { starting.forgetInterrupts() }
        let session = DatabaseSession(url: request.database, control: starting)
        let catalog = try session.connect()
        try Server.check(catalog)
        let published = try Publication(request: request, logger: onceLogger).prepare(on: catalog)
        try SettingsCheck(request: request).check(published, on: catalog)
        Failpoint.afterPublication.reached()
        let stream = try session.connect(for: .replication)
        let claims = TableClaims(store: store, checkpoints: checkpoints)
        if owned == nil { try checkNames(of: published, claims) }
        let taken = try takeOver(checkpoints, catalog, stream, &owned, published)
        guard var ownership = owned, let checkpoint = taken else { return true }
        let registry = register(published, checkpoint.tables)
        try waitForResult { try await claims.claim(registry) }
        if ownership.target == nil { ownership.target = try target(on: catalog) }
        owned = ownership
        let lookup = try CatalogLookup(session)
        let directory = TableDirectory(registry)
        var (schemas, outdated) = try schemas(of: published, registry, lookup, at: checkpoint.position)
        for table in outdated {
            logger.warning("table \(table.table.displayName) is loaded again: \(table.reason)")
            directory.unload([table.table.oid])
            try ownership.load.reload(table.table, registry: directory.registry)
            schemas.note(table.shape, of: table.lakeName)
        }
        // Only what is certain to be loaded again may be forgotten.
        if !outdated.isEmpty { try save(schemas) }
        ownership.load.start(published, registry: directory.registry)
        if course.isBinary, let column = try lookup.textColumn(of: published, request: request) {
            logger.debug("column \(column) is exact only as text, so that all columns come as text")
            course.isBinary = false
        }
        try startReplication(at: checkpoint.position, isBinary: course.isBinary, on: stream)
        starting.forgetInterrupts()
        guard !control.isCancelled else { return true }
        course.isStreaming = true
        request.instruments.connected()
        logger.info(
            "connected to PostgreSQL \(catalog.parameterStatus("server_version") ?? "?")",
            metadata: [
                "slot": "\(request.slot)", "lsn": "\(checkpoint.position)", "generation": "\(checkpoint.generation)",
                "format": "\(course.isBinary ? "binary" : "text")", "tables": "\(published.count)",
            ]
        )
        Failpoint.afterStart.reached()
        let load = ownership.load
        let environment = StreamSession.Environment(
            request: request,
            logger: logger,
            control: control,
            flusher: ownership.flusher,
            lookup: lookup,
            buffer: buffer,
            walSenderTimeout: try Server.walSenderTimeout(of: catalog),
            published: published,
            isLoading: { load.isRunning },
            reload: { table in
                directory.unload([table.oid])
                try load.reload(table, registry: directory.registry)
            },
            target: ownership.target
        )
        ownership.monitor.resume(directory)
        defer { ownership.monitor.suspend() }
        let streamSession = StreamSession(
            environment,
            position: checkpoint.position,
            directory: directory,
            schemas: schemas,
            isBinary: course.isBinary
        )
        let isWhole = try streamSession.run(on: stream)
        let loads = Result { try load.finish() }
        // Whoever waits for the end wants to find current rows, also where another table could not be loaded.
        if request.end != .never, let rewriting = ownership.rewriting {
            try rewriting.finish()
        }
        if request.end != .never { ownership.catalog?.finish() }
        try loads.get()
        return isWhole
    }

    // MARK: - Taking over

    /// Takes slot and checkpoint over, or finds them as this process has left them.
    ///
    /// - Returns: The checkpoint; nil if the run was told to stop before.
    private func takeOver(
        _ checkpoints: CheckpointStore,
        _ catalog: borrowing PostgresConnection,
        _ stream: borrowing PostgresConnection,
        _ owned: inout Ownership?,
        _ published: [PublishedTable]
    ) throws -> Checkpoint? {
        let takeOver = SlotTakeOver(slot: slot, checkpoints: checkpoints, logger: logger, control: control)
        guard owned == nil else { return try takeOver.resume(catalog, stream) }
        guard let checkpoint = try takeOver.begin(catalog, stream) else { return nil }
        request.instruments.health.tookCheckpointOver()
        Failpoint.afterTakeOver.reached()
        let sweeper = OrphanSweeper(store: store, logger: logger)
        _ = try waitForResult { try await sweeper.sweep(tables: checkpoint.tables.map(\.name), checkpoint: checkpoint) }
        Failpoint.afterOrphanRemoval.reached()
        let load = InitialLoad(request: request, checkpoints: checkpoints, logger: logger, control: control)
        let monitor = SlotMonitor(
            request: request,
            store: store,
            checkpoints: checkpoints,
            load: load,
            logger: logger,
            onceLogger: onceLogger
        )
        monitor.start(published)
        let following = catalogService(checkpoints)
        owned = Ownership(
            flusher: Flusher(
                store: store,
                checkpoints: checkpoints,
                generation: checkpoint.generation,
                instruments: request.instruments,
                logger: logger,
                tally: tally
            ),
            load: load,
            monitor: monitor,
            rewriting: rewriteService(checkpoints, checkpoint.generations.last?.owner ?? "") { following?.wake() },
            catalog: following
        )
        owned?.rewriting?.start()
        following?.start()
        return checkpoint
    }

    /// Refuses names that another stream of the lake has, before a slot is made that nobody would read.
    private func checkNames(of published: [PublishedTable], _ claims: TableClaims) throws {
        let checkpoints = claims.checkpoints
        let known = try waitForResult {
            try await withCheckpoint { () throws(CheckpointStore.Failure) in try await checkpoints.load() }
        }
        let registry = register(published, known?.tables ?? [])
        try waitForResult { try await claims.check(registry) }
    }

    private func register(_ published: [PublishedTable], _ known: [Checkpoint.Table]) -> TableRegistry {
        var registry = TableRegistry(known)
        let living = Set(published.map(\.oid))
        for table in published {
            let wanted = request.lakeName(schema: table.schema, table: table.name)
            let entry = registry.register(table, as: wanted) { living.contains($0) }
            if let text = entry.warning(ofWanted: wanted) { onceLogger.warning("\(text)") }
        }
        return registry
    }

    // MARK: - Starting

    /// The position whose durability ends the run, if it is to end.
    private func target(on catalog: borrowing PostgresConnection) throws -> LSN? {
        switch request.end {
        case .never: return nil
        case .at(let position): return position
        case .whenCaughtUp:
            do {
                // What is committed before this message's transaction arrives before it.
                let text = try catalog.query("SELECT pg_catalog.pg_logical_emit_message(true, 'sluice', '')").scalar
                guard let position = text.flatMap({ LSN($0) }) else { return nil }
                return LSN(rawValue: position.rawValue + 1)
            } catch {
                throw ReplicationError(error, table: nil)
            }
        }
    }

    private func startReplication(at position: LSN, isBinary: Bool, on stream: borrowing PostgresConnection) throws {
        do {
            try stream.growInputBuffer()
            let name = try stream.quote(identifier: request.publication)
            // Names are folded to lower case unless quoted, even where nothing else needs quotes.
            let quoted = name.hasPrefix("\"") ? name : "\"\(name)\""
            var options = [(name: "proto_version", value: "1"), (name: "publication_names", value: quoted)]
            if stream.serverVersion >= 140_000 {
                options.append((name: "binary", value: isBinary ? "true" : "false"))
                options.append((name: "messages", value: "true"))
            }
            try stream.startReplication(slot: request.slot, at: position, options: options)
        } catch {
            throw slot.failure(error)
        }
    }

    /// A table of which the lake has rows that are not what they have to be by now.
    private struct Outdated {
        var table: PublishedTable
        var lakeName: String
        var shape: TableShape
        var reason: String
    }

    /// The names of columns, those of tables that are new included, and the tables that are to be loaded again since what
    /// the database or the settings say of their columns has changed while no stream was read.
    private func schemas(
        of published: [PublishedTable],
        _ registry: TableRegistry,
        _ lookup: CatalogLookup,
        at position: LSN
    ) throws -> (schemas: SchemaRegistry, outdated: [Outdated]) {
        let known = try waitForResult { [store, request] in
            try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await SchemaRegistry.load(slot: request.slot, from: store)
            }
        }
        var schemas = known
        var outdated: [Outdated] = []
        let mapper = RelationMapper(request: request, logger: logger, isBinary: false)
        let present = try lookup.relations(of: published, publication: request.publication)
        for (table, relation) in zip(published, present.relations) {
            guard let entry = registry.entry(oid: relation.oid) else { continue }
            if known.tables[entry.name] == nil {
                try announce(relation, entry, present, at: position, in: &schemas)
            }
            let numbers = present.numbers[relation.oid] ?? .init()
            let sent = present.sent[relation.oid] ?? []
            var streamed = relation
            streamed.columns.removeAll { column in !(numbers.number(of: column.name).map(sent.contains) ?? false) }
            let former = schemas.shape(of: entry.name)
            let shape = mapper.shape(of: streamed, first: entry.first, numbers, present.types, former: former)
            let reason = former.flatMap { mapper.reasonToLoad(shape, since: $0, streamed, first: entry.first, numbers) }
            if entry.loaded != nil, let reason {
                outdated.append(Outdated(table: table, lakeName: entry.name, shape: shape, reason: reason))
            } else {
                schemas.note(shape, of: entry.name)
            }
        }
        if schemas != known { try save(schemas) }
        return (schemas, outdated)
    }

    /// Gives the columns of a table that is new their names.
    private func announce(
        _ relation: PgOutputRelation,
        _ entry: Checkpoint.Table,
        _ present: CatalogLookup.Present,
        at position: LSN,
        in schemas: inout SchemaRegistry
    ) throws {
        try RelationMapper(request: request, logger: logger, isBinary: false).announce(
            relation,
            lakeName: entry.name,
            first: entry.first,
            types: present.types,
            position: position,
            schemas: &schemas
        )
        let key = relation.columns.filter(\.isInIdentity)
        schemas.note(
            key: key.map(\.name),
            constraint: present.keyConstraints[relation.oid],
            types: key.map { "\($0.typeOID):\($0.modifier)" },
            at: present.position,
            of: entry.name
        )
    }

    private func save(_ schemas: SchemaRegistry) throws {
        try waitForResult { [store, request] in
            try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await schemas.save(slot: request.slot, to: store)
            }
        }
    }

    /// Waits, unless the run is told to stop.
    private func wait(_ duration: Duration) {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end, !control.isCancelled { Thread.sleep(forTimeInterval: 0.05) }
    }
}
