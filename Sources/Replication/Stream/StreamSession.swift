import Glibc
import Ingest
import Lake
import Logging
import Parquet
import PostgresClient
import PostgresWire
import Telemetry

/// One life of a replication connection: reads messages, fills the buffer, starts flushes, tells the server what is
/// durable.
///
/// In each round, in this order: what a flush has brought about, the wish to stop, a flush that is due, a status update
/// that is due, and then reading; reading pauses while both the buffer and the flush on its way are full, since TCP then
/// holds the server back. Used by the stream's thread only.
final class StreamSession {
    /// What the session does not own.
    struct Environment {
        let request: ReplicationRequest
        let logger: Logger
        let control: RunControl
        let flusher: Flusher
        let lookup: CatalogLookup
        let buffer: ChangeBuffer
        /// The server disconnects a reader of whom it has not heard for so long; nil if it never does.
        let walSenderTimeout: Duration?
        /// Tables that are published now.
        let published: [PublishedTable]
        /// Whether tables are still being loaded.
        let isLoading: @Sendable () -> Bool
        /// Has a table loaded again.
        let reload: (PublishedTable) throws -> Void
        /// Reached when everything that was committed at the start is durable.
        let target: LSN?
    }

    /// Bytes that are taken in before anything else is looked at.
    private static let readByteCount = 1 << 20
    /// How long the stream waits for messages before it looks at everything else.
    private static let idleTimeout: Int32 = 500
    private static let busyTimeout: Int32 = 20
    /// An idle position is written to the checkpoint no more often than this.
    private static let idleCheckpointInterval = Duration.seconds(10)
    /// A transaction in progress may take so long to end when we are to stop.
    private static let stopPatience = Duration.seconds(10)
    /// The server repeats its request at once while it shuts down; it need not hear the same again so soon.
    private static let replyInterval = Duration.milliseconds(100)
    private static let longestStatusInterval = Duration.seconds(10)

    private let environment: Environment
    private let policy: FlushPolicy
    private let statusInterval: Duration
    private var decoder = PgOutputDecoder()
    private var tracker: TransactionTracker
    private(set) var progress: ReplicationProgress
    private let directory: TableDirectory
    private let relations: StreamRelations
    private var savedSchemas: SchemaRegistry

    private var lastTable: StreamedTable?
    private var lastCommit: Int64?

    private var lastStatus: (status: StandbyStatus, time: ContinuousClock.Instant)?
    private var lastCheckpoint = ContinuousClock.now
    private var stopBegan: ContinuousClock.Instant?
    private var serverWaits = false
    /// Whether something has been received that is not durable, as far as that was told.
    private var isUnconfirmed = false
    private var isEnded = false

    init(
        _ environment: Environment,
        position: LSN,
        directory: TableDirectory,
        schemas: SchemaRegistry,
        isBinary: Bool
    ) {
        self.environment = environment
        self.directory = directory
        savedSchemas = schemas
        relations = StreamRelations(environment, directory: directory, schemas: schemas, isBinary: isBinary)
        policy = FlushPolicy(options: environment.request.flush)
        tracker = TransactionTracker(after: position)
        progress = ReplicationProgress(checkpoint: position)
        let third = environment.walSenderTimeout.map { $0 / 3 } ?? Self.longestStatusInterval
        statusInterval = max(.milliseconds(10), min(third, Self.longestStatusInterval))
    }

    /// Reads until the end that was asked for, or until the run is told to stop.
    ///
    /// - Returns: Whether everything that was received is durable; not if a long transaction was not waited for.
    /// - Throws: ``ReplicationError``, ``RelationMapper/NeedsText``.
    func run(on connection: borrowing PostgresConnection) throws -> Bool {
        let batch = MessageBatch()
        var received = PostgresConnection.Received()
        var taken = 0
        while true {
            try takeFlushOutcome()
            if try isDone() { break }
            try flushIfDue()
            try sendStatusIfDue(on: connection)
            if isReadingPaused {
                usleep(useconds_t(Self.busyTimeout) * 1_000)
                continue
            }
            if taken == batch.messageCount {
                batch.removeAll()
                taken = 0
                let timeout = environment.flusher.isBusy ? Self.busyTimeout : idleTimeout
                received = try receive(into: batch, timeout: timeout, on: connection)
            }
            let bufferedCount = environment.buffer.rowCount
            taken = try take(batch, from: taken)
            tell(changes: environment.buffer.rowCount - bufferedCount)
            try environment.buffer.settle()
            guard taken == batch.messageCount else { continue }
            if let position = received.keepalive { try takeKeepalive(position, wantsReply: received.wantsReply) }
            if received.wantsReply { try reply(on: connection) }
            if received.isEnded {
                isEnded = true
                throw ReplicationError(.database, "the server has ended the stream", isTransient: true)
            }
        }
        try sendStatus(on: connection)
        Failpoint.afterStatus.reached()
        // A server that is in the middle of a transaction would send all of it first.
        guard tracker.transaction == nil else { return false }
        try? connection.endReplication()
        return environment.buffer.isEmpty
    }

    private var idleTimeout: Int32 {
        guard let oldest = environment.buffer.oldest else { return Self.idleTimeout }
        let left = environment.request.flush.maximumInterval - (ContinuousClock.now - oldest)
        return Int32(clamping: Int((max(.milliseconds(1), min(left, .milliseconds(500))) / .milliseconds(1)).rounded()))
    }

    private func receive(
        into batch: MessageBatch,
        timeout: Int32,
        on connection: borrowing PostgresConnection
    ) throws -> PostgresConnection.Received {
        do {
            return try connection.receive(into: batch, byteLimit: Self.readByteCount, timeout: timeout)
        } catch {
            // Some types, such as aclitem, have no binary form at all.
            if relations.isBinary, error.sqlState == "42883" { throw RelationMapper.NeedsText() }
            throw ReplicationError(error, table: nil)
        }
    }

    // MARK: - Messages

    /// Takes messages in up to the end of the batch, or of a transaction if that is waited for; returns the next one.
    private func take(_ batch: MessageBatch, from first: Int) throws -> Int {
        let stops = waitsForCommit
        for index in first..<batch.messageCount {
            try batch.withMessage(index) { message throws in try take(message) }
            if stops, tracker.transaction == nil { return index + 1 }
        }
        return batch.messageCount
    }

    private func take(_ message: RawSpan) throws {
        do {
            try apply(try decoder.decode(message), of: message)
        } catch let error as ReplicationFormatError {
            throw malformed("\(error)")
        } catch let error as TransactionTracker.Violation {
            throw malformed(error.description)
        } catch let error as WireFormatError {
            throw malformed("a row of table \(lastTable?.displayName ?? "?") cannot be read: \(error)")
        } catch let error as CellError {
            throw malformed("a row of table \(lastTable?.displayName ?? "?") cannot be read: \(error)")
        }
    }

    private func apply(_ message: PgOutputMessage, of bytes: RawSpan) throws {
        let buffer = environment.buffer
        switch message {
        case .insert(let relation, let new, _):
            guard let stamp = try tracker.change(.insert), let table = try table(relation) else { return }
            try buffer.append(new, of: bytes, to: table, stamp, commitDay: commitDay)
            Failpoint.afterChange.reached()
        case .update(let relation, let old, let new, _):
            guard let stamp = try tracker.change(.update), let table = try table(relation) else { return }
            try buffer.append(new, old: old, of: bytes, to: table, stamp, commitDay: commitDay)
        case .delete(let relation, .key(let old), _), .delete(let relation, .row(let old), _):
            guard let stamp = try tracker.change(.delete), let table = try table(relation) else { return }
            try buffer.append(old, of: bytes, to: table, stamp, commitDay: commitDay)
        case .truncate(let relations, _, _, _):
            for relation in relations {
                guard let stamp = try tracker.change(.truncate), let table = try table(relation) else { continue }
                try buffer.appendTruncate(of: table, stamp, commitDay: commitDay)
            }
        case .begin(let finalLSN, let committedAt, let xid):
            try tracker.begin(commitLSN: finalLSN, committedAt: committedAt, xid: xid)
            try relations.settle(at: finalLSN)
            lastTable = nil
            Failpoint.afterBegin.reached()
        case .commit(let commitLSN, let endLSN, _):
            let ended = try tracker.commit(commitLSN: commitLSN, endLSN: endLSN)
            progress.receive(endLSN)
            if !ended.isKnown { lastCommit = ended.stamp.committedAt }
            Failpoint.afterCommit.reached()
        case .relation(let relation, _):
            lastTable = nil
            try relations.map(relation, at: position)
        case .origin, .type, .message: break
        case .streamStart, .streamStop, .streamCommit, .streamAbort, .beginPrepare, .prepare, .commitPrepared,
            .rollbackPrepared, .streamPrepare:
            throw malformed("a message of a streamed or prepared transaction, which were not asked for")
        }
    }

    private var commitDay: Int32 { tracker.transaction?.commitDay ?? 0 }

    @inline(__always)
    private func table(_ oid: UInt32) throws -> StreamedTable? {
        if let lastTable, lastTable.oid == oid { return lastTable }
        switch try relations.relation(ofChange: oid) {
        case .streamed(let table):
            lastTable = table
            return table
        case .ignored: return nil
        case nil: throw malformed("a change of table \(oid), which was not described")
        }
    }

    /// Where the message that is being taken in stands.
    private var position: LSN {
        tracker.transaction.map { LSN(rawValue: UInt64($0.stamp.lsn)) } ?? progress.received
    }

    private func malformed(_ what: String) -> ReplicationError {
        let place = tracker.transaction.map { "the transaction that commits at \(LSN(rawValue: UInt64($0.stamp.lsn)))" }
        return ReplicationError(
            .data,
            "the stream cannot be read at \(place ?? "\(progress.received)"): \(what); please report this with the tables' "
                + "definitions"
        )
    }

    private func takeKeepalive(_ position: LSN, wantsReply: Bool) throws {
        // Within a transaction it says nothing of its changes.
        guard tracker.transaction == nil else { return }
        progress.receive(position)
        // A server that shuts down waits until we have everything and says so again and again.
        if wantsReply { serverWaits = true }
    }

    /// Tells the instruments what a batch has brought, and when something begins to wait for a checkpoint.
    private func tell(changes: Int) {
        let instruments = environment.request.instruments
        if changes > 0 { instruments.received(changes, buffered: environment.buffer.rowCount) }
        guard !isUnconfirmed, progress.received > progress.durable else { return }
        isUnconfirmed = true
        instruments.health.received()
    }

    // MARK: - Flushing

    private func takeFlushOutcome() throws {
        guard let position = try environment.flusher.takeOutcome() else { return }
        progress.markDurable(position)
        lastCheckpoint = .now
        guard progress.received == progress.durable else { return }
        isUnconfirmed = false
        environment.request.instruments.health.settled()
    }

    /// Whether enough is waiting already, and reading on would only cost memory.
    private var isReadingPaused: Bool {
        guard environment.flusher.isBusy, tracker.transaction == nil else { return false }
        return isStopping || sizeReason != nil
    }

    /// Whether a transaction's end is to be noticed at once: of a stream that never pauses hardly a batch ends with one.
    private var waitsForCommit: Bool {
        environment.flusher.isBusy ? isStopping || sizeReason != nil : dueReason != nil
    }

    /// Why the buffer is full, whatever its age.
    private var sizeReason: FlushReason? {
        let buffer = environment.buffer
        return policy.reason(rowCount: buffer.rowCount, byteCount: buffer.byteCount, age: .zero)
    }

    /// Why what has arrived is to be flushed as soon as no transaction is in progress.
    private var dueReason: FlushReason? {
        let buffer = environment.buffer
        let age = buffer.oldest.map { ContinuousClock.now - $0 } ?? .zero
        if let reason = policy.reason(rowCount: buffer.rowCount, byteCount: buffer.byteCount, age: age) {
            return reason
        }
        if isStopping { return .stop }
        return serverWaits || endsWithFlush ? .requested : nil
    }

    private func flushIfDue() throws {
        guard tracker.transaction == nil, !environment.flusher.isBusy else { return }
        let reason = dueReason
        if environment.buffer.isEmpty {
            guard progress.received > progress.durable else { return }
            let age = ContinuousClock.now - lastCheckpoint
            guard reason != nil || age >= Self.idleCheckpointInterval else { return }
            return startFlush(.requested)
        }
        if let reason { startFlush(reason) }
    }

    private func startFlush(_ reason: FlushReason) {
        serverWaits = false
        let rowCount = environment.buffer.rowCount
        let schemas = relations.schemas
        let hasNewSchemas = schemas != savedSchemas
        savedSchemas = schemas
        environment.flusher.start(
            Flush(
                builders: HandedOver(value: environment.buffer.take()),
                position: progress.received,
                committedAt: lastCommit,
                tables: directory,
                schemas: hasNewSchemas ? schemas : nil,
                rowCount: rowCount,
                reason: reason
            )
        )
        environment.request.instruments.received(0, buffered: 0)
    }

    // MARK: - Ending

    private var isStopping: Bool { environment.control.isCancelled }

    /// Whether a position is beyond the end that was asked for.
    private func hasReached(_ position: LSN) -> Bool {
        environment.target.map { position >= $0 } ?? false
    }

    /// Whether the next flush reaches the end that was asked for; later ones, during a load, are as ordinary as any.
    private var endsWithFlush: Bool { hasReached(progress.received) && !hasReached(progress.durable) }

    private func isDone() throws -> Bool {
        guard !environment.flusher.isBusy else { return false }
        if isStopping {
            let began = stopBegan ?? .now
            stopBegan = began
            let isWhole =
                tracker.transaction == nil && environment.buffer.isEmpty && progress.durable == progress.received
            // What is left of a long transaction comes again.
            return isWhole || ContinuousClock.now - began > Self.stopPatience
        }
        return hasReached(progress.durable) && !environment.isLoading()
    }

    // MARK: - Status

    private func sendStatusIfDue(on connection: borrowing PostgresConnection) throws {
        guard let last = lastStatus else { return try sendStatus(on: connection) }
        let hasNews = last.status.flushed != progress.durable
        guard hasNews || ContinuousClock.now - last.time >= statusInterval else { return }
        try sendStatus(on: connection)
        if hasNews { Failpoint.afterStatus.reached() }
    }

    private func reply(on connection: borrowing PostgresConnection) throws {
        if let last = lastStatus, last.status.flushed == progress.durable, last.status.written == progress.received,
            ContinuousClock.now - last.time < Self.replyInterval
        {
            return
        }
        try sendStatus(on: connection)
    }

    private func sendStatus(on connection: borrowing PostgresConnection) throws {
        do {
            try connection.send(progress.status)
        } catch {
            throw ReplicationError(error, table: nil)
        }
        lastStatus = (progress.status, .now)
    }
}
