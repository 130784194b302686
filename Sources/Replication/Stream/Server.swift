import Lake
import PostgresClient
import PostgresWire

/// What has to be known of the server before its changes are read.
enum Server {
    /// What `IDENTIFY_SYSTEM` says.
    struct Identity {
        var system: String
        var timeline: Int
        /// The end of the WAL that is flushed.
        var position: LSN
        var database: String
    }

    /// What to do about a server whose WAL does not hold what decoding needs.
    static let logicalRemedy =
        "run ALTER SYSTEM SET wal_level = 'logical' and restart the server (on Amazon RDS set rds.logical_replication = 1 in "
        + "its parameter group and reboot it)"

    /// Refuses servers that cannot be replicated from.
    static func check(_ connection: borrowing PostgresConnection) throws {
        guard connection.serverVersion >= 130_000 else {
            let version = connection.parameterStatus("server_version") ?? "\(connection.serverVersion)"
            throw ReplicationError(
                .configuration,
                "PostgreSQL \(version) is too old to replicate from; use 13 or later"
            )
        }
        let level = try run { () throws(PostgresError) in
            try connection.query("SELECT pg_catalog.current_setting('wal_level')").scalar ?? ""
        }
        guard level == "logical" else {
            throw ReplicationError(
                .configuration,
                "wal_level is \(level); \(logicalRemedy)"
            )
        }
    }

    /// Asks who the server is, on a replication connection.
    static func identity(of stream: borrowing PostgresConnection) throws -> Identity {
        let row = try run { () throws(PostgresError) in try stream.command("IDENTIFY_SYSTEM").rows.first }
        guard let row, row.count >= 4, let system = row[0], let timeline = row[1].flatMap(Int.init),
            let position = row[2].flatMap({ LSN($0) }), let database = row[3]
        else { throw ReplicationError(.database, "the server did not identify itself (IDENTIFY_SYSTEM)") }
        return Identity(system: system, timeline: timeline, position: position, database: database)
    }

    /// After how long the server disconnects a reader of whom it has not heard; nil if never.
    static func walSenderTimeout(of connection: borrowing PostgresConnection) throws -> Duration? {
        let text = try run { () throws(PostgresError) in
            try connection.query(
                "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'"
            ).scalar
        }
        guard let milliseconds = text.flatMap(Int.init), milliseconds > 0 else { return nil }
        return .milliseconds(milliseconds)
    }

    /// Makes sure that what the lake has belongs to the server's present history.
    static func checkTimeline(
        of checkpoint: Checkpoint,
        _ identity: Identity,
        _ stream: borrowing PostgresConnection,
        remedy: String
    ) throws {
        guard checkpoint.source.timeline != identity.timeline else { return }
        let history = try run { () throws(PostgresError) in
            try stream.command("TIMELINE_HISTORY \(identity.timeline)").rows.first
        }
        // Lines of a timeline, where it was left, and why.
        let lines = ((history?.last ?? nil) ?? "").split(separator: "\n")
        let left = lines.compactMap { line -> (timeline: Int, end: LSN)? in
            let parts = line.split { $0 == "\t" || $0 == " " }
            guard parts.count >= 2, let timeline = Int(parts[0]), let end = LSN(parts[1]) else { return nil }
            return (timeline, end)
        }.first { $0.timeline == checkpoint.source.timeline }
        guard let left, checkpoint.position <= left.end else {
            throw ReplicationError(
                .slot,
                "the server has failed over from timeline \(checkpoint.source.timeline) to \(identity.timeline), and the "
                    + "lake has changes up to \(checkpoint.position) that the new one may lack; \(remedy)"
            )
        }
    }

    private static func run<Result>(_ work: () throws(PostgresError) -> Result) throws -> Result {
        do { return try work() } catch { throw ReplicationError(error, table: nil) }
    }
}
