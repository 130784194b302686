/// What the walsender puts into a CopyData message of a replication stream.
///
/// PostgreSQL documentation, "Streaming Replication Protocol". All integers are big endian.
/// ```
/// XLogData   'w' start:UInt64 end:UInt64 sent:Int64 payload
/// keepalive  'k' end:UInt64 sent:Int64 replyRequested:UInt8
/// ```
public enum ReplicationFrame: Equatable, Sendable {
    /// Where a message of the output plugin begins, counted from the frame's first byte. The header's positions are
    /// 0/0 for some messages and say nothing of progress.
    case data(payloadOffset: Int)
    /// The server has sent everything up to `end`.
    case keepalive(end: LSN, replyRequested: Bool)

    /// Reads the head of a frame.
    ///
    /// - Throws: ``ReplicationFormatError`` if the bytes are no frame.
    public init(_ bytes: RawSpan) throws(ReplicationFormatError) {
        var reader = ReplicationReader(bytes)
        let kind = try reader.read(UInt8.self)
        switch kind {
        case UInt8(ascii: "w"):
            try reader.skip(24)
            self = .data(payloadOffset: reader.position)
        case UInt8(ascii: "k"):
            let end = try reader.lsn()
            try reader.skip(8)
            let reply = try reader.read(UInt8.self)
            try reader.finish()
            self = .keepalive(end: end, replyRequested: reply != 0)
        default:
            throw .unexpected(kind)
        }
    }
}

/// What a client tells the walsender: how far it has got.
///
/// ```
/// status 'r' written:UInt64 flushed:UInt64 applied:UInt64 sent:Int64 replyRequested:UInt8
/// ```
public struct StandbyStatus: Equatable, Sendable {
    /// Everything before it has arrived.
    public var written: LSN
    /// Everything before it is durable, so that the server need not keep it; 0/0 says nothing.
    public var flushed: LSN
    /// Whether the server is to answer at once.
    public var wantsReply: Bool

    /// Describes progress.
    public init(written: LSN, flushed: LSN, wantsReply: Bool = false) {
        self.written = written
        self.flushed = flushed
        self.wantsReply = wantsReply
    }

    /// Makes the message.
    ///
    /// - Parameter sent: The clock, in microseconds since 2000-01-01 UTC.
    /// - Returns: 34 bytes.
    public func encoded(sent: Int64) -> [UInt8] {
        var bytes = [UInt8(ascii: "r")]
        bytes.reserveCapacity(34)
        for value in [written.rawValue, flushed.rawValue, flushed.rawValue, UInt64(bitPattern: sent)] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
        bytes.append(wantsReply ? 1 : 0)
        return bytes
    }
}
