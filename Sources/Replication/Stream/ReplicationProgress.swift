import PostgresWire

/// How far the stream has got; every position moves forward only.
///
/// What the server is told to forget is never beyond what is durable, and never beyond what the server itself has sent:
/// PostgreSQL believes any position, also one that it has not reached yet, and then leaves out what comes before it.
struct ReplicationProgress: Equatable {
    /// The end of the last transaction that has arrived whole, or a later position up to which there was nothing.
    private(set) var received: LSN
    /// Everything that ends here or before is in the lake, and the checkpoint says so.
    private(set) var durable: LSN

    /// Begins at a checkpoint.
    init(checkpoint: LSN) {
        received = checkpoint
        durable = checkpoint
    }

    /// Notes that the server has sent everything up to a position.
    mutating func receive(_ position: LSN) {
        received = max(received, position)
    }

    /// Notes that a checkpoint has been written.
    mutating func markDurable(_ position: LSN) {
        precondition(position <= received, "a position is durable before it was received")
        durable = max(durable, position)
    }

    /// What to tell the server.
    var status: StandbyStatus { StandbyStatus(written: received, flushed: durable) }
}
