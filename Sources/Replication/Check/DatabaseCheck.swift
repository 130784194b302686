import PostgresClient

/// One look at the database, independent of the others.
struct DatabaseCheck: Sendable {
    /// What the looks have in common.
    struct Subject: Sendable {
        var request: ReplicationRequest
        var purpose: Preflight.Purpose
        var session: DatabaseSession
        /// How other commands are called.
        var command = SluiceCommand()
    }

    var group: Finding.Group
    /// What it is called where it fails itself.
    var name: String
    /// Whether it is about a stream only.
    var isOfStream = false
    var look: @Sendable (borrowing CatalogReader, Subject) throws -> [Finding]

    /// All there are, in the order in which they are told.
    static let all: [DatabaseCheck] = [
        DatabaseCheck(group: .database, name: "server") { reader, subject in
            [try ServerFacts.read(on: reader.connection).version(for: subject.purpose)]
        },
        DatabaseCheck(group: .database, name: "wal_level", isOfStream: true) { reader, _ in
            [try ServerFacts.read(on: reader.connection).walLevelFinding]
        },
        DatabaseCheck(group: .database, name: "replication", isOfStream: true) { reader, subject in
            let finding = try ServerFacts.read(on: reader.connection).replicationFinding
            // A connection that finds no process free says nothing of what is allowed.
            let isPossible = try SlotFacts.read(subject.request.slot, on: reader.connection).hasFreeSender
            return [finding] + (finding.status == .ok && isPossible ? replicationConnection(subject) : [])
        },
        DatabaseCheck(group: .database, name: "encoding") { reader, _ in
            [try ServerFacts.read(on: reader.connection).encodingFinding].compactMap { $0 }
        },
        DatabaseCheck(group: .database, name: "synchronous_standby_names", isOfStream: true) { reader, _ in
            [try ServerFacts.read(on: reader.connection).synchronousFinding].compactMap { $0 }
        },
        DatabaseCheck(group: .database, name: "wal_sender_timeout", isOfStream: true) { reader, _ in
            [try ServerFacts.read(on: reader.connection).senderTimeoutFinding].compactMap { $0 }
        },
        DatabaseCheck(group: .database, name: "clock") { reader, _ in
            [try ClockFacts.read(on: reader.connection).finding(.database)]
        },
        DatabaseCheck(group: .database, name: "transactions", isOfStream: true) { reader, subject in
            let hasSlot = try SlotReading.read(subject.request.slot, on: reader.connection) != nil
            return try TransactionFacts.read(on: reader.connection).findings(hasSlot: hasSlot)
        },
        DatabaseCheck(group: .tables, name: "tables") { reader, subject in
            try TablesCheck(request: subject.request, purpose: subject.purpose).findings(from: reader)
        },
        DatabaseCheck(group: .slot, name: "slots", isOfStream: true) { reader, subject in
            try SlotFacts.read(subject.request.slot, on: reader.connection).roomFindings
        },
        DatabaseCheck(group: .slot, name: "slot", isOfStream: true) { reader, subject in
            let wal = try WALFacts.read(on: reader.connection)
            let facts = try SlotFacts.read(subject.request.slot, subject.command, on: reader.connection)
            return facts.findings(wal)
        },
    ]

    /// Whether the server takes connections of the replication protocol, which `pg_hba.conf` may refuse.
    private static func replicationConnection(_ subject: Subject) -> [Finding] {
        do throws(ReplicationError) {
            _ = try subject.session.connect(for: .replication)
            return []
        } catch {
            return [Finding(.fail, .database, "replication", error.description)]
        }
    }
}
