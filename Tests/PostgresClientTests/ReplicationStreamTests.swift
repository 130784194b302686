import Foundation
import PostgresClient
import PostgresWire
import Testing

/// The PostgreSQL of scripts/test.
private enum Server {
    static let variable = "SLUICE_TEST_POSTGRES"

    private static let environment = ProcessInfo.processInfo.environment

    /// Whether the tests run: also where the server is required and missing, so that they fail.
    static var isWanted: Bool { environment[variable] != nil || environment["SLUICE_TEST_SERVERS"] == "required" }

    static func connect(_ defaults: [(String, String)] = []) throws -> PostgresConnection {
        let uri = try #require(environment[variable], "\(variable) is not set, and SLUICE_TEST_SERVERS=required")
        return try PostgresConnection(uri: uri, defaults: defaults)
    }
}

/// A table, its publication and a slot, which go away with it.
private struct Source: ~Copyable {
    let name: String
    let session: PostgresConnection

    init(_ name: String) throws {
        let session = try Server.connect()
        try session.query("CREATE TABLE \(name) (id int PRIMARY KEY, note text)")
        try session.query("CREATE PUBLICATION \(name) FOR TABLE \(name)")
        try session.query("SELECT pg_create_logical_replication_slot('\(name)', 'pgoutput')")
        self.name = name
        self.session = session
    }

    deinit {
        // A walsender ends a moment after its client.
        for _ in 0..<100 where (try? session.query("SELECT pg_drop_replication_slot('\(name)')")) == nil {
            Thread.sleep(forTimeInterval: 0.05)
        }
        _ = try? session.query("DROP PUBLICATION \(name)")
        _ = try? session.query("DROP TABLE \(name)")
    }

    var options: [(name: String, value: String)] {
        [("proto_version", "1"), ("publication_names", "\"\(name)\""), ("binary", "true"), ("messages", "true")]
    }

    func stream(at position: LSN = LSN(rawValue: 0), timeout: String = "60s") throws -> PostgresConnection {
        let stream = try Server.connect([("replication", "database"), ("options", "-c wal_sender_timeout=\(timeout)")])
        try stream.startReplication(slot: name, at: position, options: options)
        return stream
    }
}

@Suite("The replication stream of a server", .enabled(if: Server.isWanted, "set SLUICE_TEST_POSTGRES to run these"))
struct ReplicationStreamTests {
    private struct Seen {
        var kinds: [String] = []
        var lastEnd = LSN(rawValue: 0)
        var lastCommit = LSN(rawValue: 0)
    }

    /// Reads until so many transactions are complete.
    private func read(_ commits: Int, from stream: borrowing PostgresConnection) throws -> Seen {
        var seen = Seen()
        var decoder = PgOutputDecoder()
        let batch = MessageBatch()
        let deadline = ContinuousClock.now + .seconds(30)
        while seen.kinds.filter({ $0 == "commit" }).count < commits {
            try #require(ContinuousClock.now < deadline, "found \(seen.kinds.count) messages only")
            batch.removeAll()
            _ = try stream.receive(into: batch, byteLimit: 1 << 20, timeout: 200)
            for index in 0..<batch.messageCount {
                let message = try batch.withMessage(index) { (bytes) throws(ReplicationFormatError) in
                    try decoder.decode(bytes)
                }
                switch message {
                case .begin: seen.kinds.append("begin")
                case .commit(let commit, let end, _):
                    seen.kinds.append("commit")
                    (seen.lastCommit, seen.lastEnd) = (commit, end)
                case .relation: seen.kinds.append("relation")
                case .insert: seen.kinds.append("insert")
                case .update: seen.kinds.append("update")
                case .delete: seen.kinds.append("delete")
                case .truncate: seen.kinds.append("truncate")
                default: seen.kinds.append("other")
                }
            }
        }
        return seen
    }

    @Test("changes come in the order of their commits, and what was confirmed does not come again")
    func resumed() throws {
        let source = try Source("stream_resumed")
        try source.session.query("INSERT INTO stream_resumed SELECT n, repeat('x', n) FROM generate_series(1, 3) n")
        try source.session.query("UPDATE stream_resumed SET note = 'y' WHERE id = 2")
        try source.session.query("DELETE FROM stream_resumed WHERE id = 3")
        let first = try source.stream()
        let seen = try read(3, from: first)
        #expect(
            seen.kinds == [
                "begin", "relation", "insert", "insert", "insert", "commit", "begin", "update", "commit", "begin",
                "delete",
                "commit",
            ]
        )
        try first.send(StandbyStatus(written: seen.lastEnd, flushed: seen.lastEnd))
        try first.endReplication()
        // The session is usable again once the stream has ended in good order.
        #expect(
            try source.session.query(
                "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'stream_resumed'"
            ).scalar == "\(seen.lastEnd)"
        )

        try source.session.query("TRUNCATE stream_resumed")
        let second = try source.stream(at: seen.lastEnd)
        #expect(try read(1, from: second).kinds == ["begin", "relation", "truncate", "commit"])
        try second.endReplication()
        // What was read but not confirmed comes again.
        let third = try source.stream(at: seen.lastEnd)
        #expect(try read(1, from: third).kinds == ["begin", "relation", "truncate", "commit"])
        try third.endReplication()
    }

    @Test("a transaction far larger than what is read at once comes whole")
    func large() throws {
        let source = try Source("stream_large")
        try source.session.query(
            "INSERT INTO stream_large SELECT n, repeat('x', n % 2000) FROM generate_series(1, 20000) n"
        )
        let stream = try source.stream()
        let seen = try read(1, from: stream)
        #expect(seen.kinds.filter { $0 == "insert" }.count == 20_000)
        try stream.endReplication()
    }

    @Test("a reader that does not read but says so keeps its walsender")
    func alive() throws {
        let source = try Source("stream_alive")
        let stream = try source.stream(timeout: "4s")
        try source.session.query("INSERT INTO stream_alive VALUES (1, 'x')")
        for _ in 0..<8 {
            Thread.sleep(forTimeInterval: 0.8)
            try stream.send(StandbyStatus(written: LSN(rawValue: 0), flushed: LSN(rawValue: 0)))
        }
        #expect(try read(1, from: stream).kinds == ["begin", "relation", "insert", "commit"])
        try stream.endReplication()
    }

    @Test("a slot that another process reads is refused with its process number")
    func busy() throws {
        let source = try Source("stream_busy")
        let stream = try source.stream()
        do {
            _ = try source.stream()
            Issue.record("the slot was given twice")
        } catch let error as PostgresError {
            #expect(error.sqlState == "55006" && error.message.contains("active for PID"))
        }
        try stream.endReplication()
    }

    @Test("a walsender that is ended is an error, not an end")
    func terminated() throws {
        let source = try Source("stream_terminated")
        let stream = try source.stream()
        try source.session.query(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'stream_terminated'"
        )
        let batch = MessageBatch()
        #expect(throws: PostgresError.self) {
            for _ in 0..<50 { _ = try stream.receive(into: batch, byteLimit: 1 << 20, timeout: 200) }
        }
    }
}
