/// Where the bytes of a request body come from.
///
/// A source is read by the client's thread, possibly twice: a connection that turns out to be dead makes the client
/// start the body again.
public protocol HTTPBodySource: Sendable {
    /// Copies bytes from `offset` on into the buffer and returns how many, at least one before the end of the body.
    ///
    /// Called on the client's own thread, so it may block for as long as a local file takes.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// A request body of known length.
public struct HTTPBody: Sendable {
    /// How many bytes are sent.
    public let byteCount: Int

    /// Where they come from.
    public let source: any HTTPBodySource

    /// Makes a body from a source that holds exactly `byteCount` bytes.
    public init(byteCount: Int, source: any HTTPBodySource) {
        self.byteCount = byteCount
        self.source = source
    }

    /// Makes a body of others, sent the one after the other.
    public init(joining bodies: [HTTPBody]) {
        let source = JoinedSource(bodies)
        self.init(byteCount: source.byteCount, source: source)
    }

    /// Makes a body from bytes in memory.
    public init(_ bytes: ArraySlice<UInt8>) {
        self.init(byteCount: bytes.count, source: MemorySource(bytes: bytes))
    }

    /// Makes a body from bytes in memory.
    public init(_ bytes: [UInt8]) {
        self.init(bytes[...])
    }
}
