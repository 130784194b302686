/// One event of a log stream.
public struct LogRecord: Hashable, Sendable, Encodable {
    /// When it happened, in milliseconds since 1970-01-01T00:00:00Z.
    public var timestamp: Int64
    /// What it says; never empty.
    public private(set) var message: String

    /// What counts beside the message (PutLogEvents, "plus 26 bytes for each log event").
    static let overhead = 26

    /// Makes an event; a message that would be refused as too long is cut, an empty one becomes a blank.
    public init(timestamp: Int64, message: String) {
        self.timestamp = timestamp
        self.message = message.isEmpty ? " " : Self.cut(message, to: LogBatch.byteLimit - Self.overhead)
    }

    /// What it counts in a batch.
    public var byteCount: Int { message.utf8.count + Self.overhead }

    private static func cut(_ text: String, to byteCount: Int) -> String {
        guard text.utf8.count > byteCount else { return text }
        let bytes = Array(text.utf8.prefix(byteCount))
        // A letter of several bytes is kept whole or not at all: those that continue one begin with the bits 10.
        var end = bytes.count
        let next = text.utf8[text.utf8.index(text.utf8.startIndex, offsetBy: byteCount)]
        if next & 0xc0 == 0x80 {
            while end > 0, bytes[end - 1] & 0xc0 == 0x80 { end -= 1 }
            end -= 1
        }
        return String(decoding: bytes[..<max(0, end)], as: UTF8.self)
    }
}
