import Foundation
import Lake
public import Logging
import PostgresClient
import PostgresWire

/// How replication stands: the slot, the server and what the lake has of it, read without changing anything.
public struct ReplicationStatus: Sendable {
    /// A table of the lake or of the publication.
    struct Table: Sendable, Equatable {
        /// Its name in the lake.
        var name: String
        /// Its name in the database, with the schema.
        var source: String
        var oid: UInt32
        /// The snapshot from which it was loaded; nil until it is.
        var snapshot: String?
        var isPublished: Bool
        /// How far its current rows are; nil until it is loaded, and where that cannot be read.
        var rewriting: RewriteReading?
        /// Why it cannot be read.
        var problem: String?
    }

    let slotName: String
    let publicationName: String
    let lakeName: String
    /// When all this was read.
    let time: Date
    let server: ServerReading
    /// Nil if there is no slot.
    let slot: SlotReading?
    /// Whether there is a publication.
    let isPublishing: Bool
    /// Nil if there is none yet.
    let checkpoint: Checkpoint?
    let tables: [Table]
    /// How often the current rows take up changes, as the settings have it.
    var rewriteInterval = RewriteOptions.defaultInterval

    // MARK: - Reading

    /// Looks at the database and the lake.
    ///
    /// - Throws: ``ReplicationError`` if one of them cannot be reached; what is merely missing is a state to show.
    public static func read(_ request: ReplicationRequest, logger: Logger) async throws -> ReplicationStatus {
        let control = RunControl()
        let database = try await withTaskCancellationHandler {
            try await onOwnThread("sluice-status") {
                defer { control.forgetInterrupts() }
                return try DatabaseState(request, logger: logger, control: control)
            }
        } onCancel: {
            control.cancel()
        }
        // After the slot, whose position is confirmed only when the checkpoint has it: read the other way round, the slot
        // could seem to be ahead.
        let (known, rewriting) = try await lake(of: request)
        return ReplicationStatus(
            slotName: request.slot,
            publicationName: request.publication,
            lakeName: request.lake.displayName,
            time: Date(),
            server: database.server,
            slot: database.slot,
            isPublishing: database.published != nil,
            checkpoint: known,
            tables: tables(known, published: database.published ?? [], request).map { table in
                var table = table
                guard table.snapshot != nil, let reading = rewriting[table.name] else { return table }
                table.problem = reading.failure
                if reading.failure == nil { table.rewriting = reading }
                return table
            },
            rewriteInterval: request.rewrite.interval
        )
    }

    private struct DatabaseState {
        let server: ServerReading
        let slot: SlotReading?
        /// Nil if there is no publication.
        let published: [PublishedTable]?

        init(_ request: ReplicationRequest, logger: Logger, control: RunControl) throws {
            let connection = try DatabaseSession(url: request.database, control: control).connect()
            do {
                server = try ServerReading.read(on: connection)
                slot = try SlotReading.read(request.slot, on: connection)
                let isThere = try connection.query(
                    "SELECT EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = $1)",
                    [request.publication]
                ).scalar
                published =
                    isThere == "t" ? try Publication(request: request, logger: logger).tables(on: connection) : nil
            } catch let error as PostgresError {
                throw ReplicationError(error, table: nil)
            }
        }
    }

    private static func lake(
        of request: ReplicationRequest
    ) async throws -> (checkpoint: Checkpoint?, rewriting: [String: RewriteReading]) {
        guard let store = try request.lake.openIfPresent() else { return (nil, [:]) }
        let checkpoint = try await withCheckpoint { () throws(CheckpointStore.Failure) in
            try await CheckpointStore(store: store, slot: request.slot, owner: "").load()
        }
        guard let checkpoint else { return (nil, [:]) }
        return (checkpoint, try await RewriteReading.read(checkpoint, slot: request.slot, in: store))
    }

    static func tables(
        _ checkpoint: Checkpoint?,
        published: [PublishedTable],
        _ request: ReplicationRequest
    ) -> [Table] {
        let known = checkpoint?.tables ?? []
        let publishedOIDs = Set(published.map(\.oid))
        var tables = known.map { table in
            Table(
                name: table.name,
                source: "\(table.schema).\(table.table)",
                oid: table.oid,
                snapshot: table.loaded,
                isPublished: publishedOIDs.contains(table.oid)
            )
        }
        let knownOIDs = Set(known.map(\.oid))
        for table in published where !knownOIDs.contains(table.oid) {
            let name = request.lakeName(schema: table.schema, table: table.name)
            let source = "\(table.schema).\(table.name)"
            tables.append(Table(name: name, source: source, oid: table.oid, snapshot: nil, isPublished: true))
        }
        return tables.sorted { ($0.name, $0.oid) < ($1.name, $1.oid) }
    }

    // MARK: - Figures

    /// The bytes of WAL that are not in the lake yet; nil without a checkpoint.
    var lagByteCount: Int? { checkpoint.map { server.position.byteCount(since: $0.position) } }

    /// How long ago the last transaction of the lake was committed.
    var lastCommitAge: Duration? { checkpoint?.committedAt.flatMap(age) }

    /// The bytes of WAL that the server keeps for the slot.
    var retainedByteCount: Int? { slot.flatMap(server.retainedByteCount) }

    /// How long the current rows of a table have been without changes that the lake has; nil if they have them all.
    func rewriteLag(of table: Table) -> Duration? {
        table.rewriting?.pendingSince.map { .seconds(max(0, time.timeIntervalSince($0))) }
    }

    /// How long ago a time of the checkpoint was, by this machine's clock.
    func age(_ text: String) -> Duration? {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        guard let then = try? style.parse(text) else { return nil }
        return .seconds(max(0, time.timeIntervalSince(then)))
    }
}

extension ReplicationRequest {
    /// The name that the configuration gives a table in the lake.
    func lakeName(schema: String, table: String) -> String {
        let name = options(schema: schema, table: table).name
        return name.map(LakeLayout.encode) ?? LakeLayout.tableName(schema: schema, table: table)
    }
}
