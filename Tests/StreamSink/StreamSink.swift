import PostgresClient
import PostgresWire

/// Reads a slot up to a position and throws everything away: what receiving and decoding alone cost.
///
///     StreamSink URL SLOT PUBLICATION LSN
@main
enum StreamSink {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let end = LSN(arguments[4]) else {
            print("usage: StreamSink URL SLOT PUBLICATION LSN")
            return
        }
        let connection = try PostgresConnection(uri: arguments[1], defaults: [("replication", "database")])
        try connection.growInputBuffer()
        try connection.startReplication(
            slot: arguments[2],
            at: LSN(rawValue: 0),
            options: [
                ("proto_version", "1"), ("publication_names", arguments[3]), ("binary", "true"), ("messages", "true"),
            ]
        )
        let batch = MessageBatch()
        var decoder = PgOutputDecoder()
        var position = LSN(rawValue: 0)
        var (messages, changes, bytes) = (0, 0, 0)
        while position < end {
            batch.removeAll()
            let received = try connection.receive(into: batch, byteLimit: 1 << 20, timeout: 1_000)
            for index in 0..<batch.messageCount {
                let message = try batch.withMessage(index) { (message) throws(ReplicationFormatError) in
                    try decoder.decode(message)
                }
                switch message {
                case .insert, .update, .delete: changes += 1
                case .commit(_, let endLSN, _): position = endLSN
                default: break
                }
            }
            messages += batch.messageCount
            bytes += batch.byteCount
            if let keepalive = received.keepalive, keepalive > position { position = keepalive }
            try connection.send(StandbyStatus(written: position, flushed: LSN(rawValue: 0)))
        }
        print("\(changes) changes in \(messages) messages, \(bytes) bytes")
    }
}
