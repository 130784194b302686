public import Bytes

/// What is wrong with bytes of a replication stream.
public enum ReplicationFormatError: Error, Equatable, Sendable {
    /// A frame, message or part of a message of a kind that may not stand there.
    case unexpected(UInt8)
    /// A message that ends too early or too late.
    case malformed(ByteReadError)
}

/// Reads the parts of frames and messages.
struct ReplicationReader: ~Escapable {
    private var cursor: ByteCursor

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        cursor = ByteCursor(bytes)
    }

    var position: Int { cursor.position }
    var remaining: Int { cursor.remaining }

    @_lifetime(self: copy self)
    @inline(__always)
    mutating func read<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws(ReplicationFormatError) -> T {
        do { return try cursor.read(type) } catch { throw .malformed(error) }
    }

    @_lifetime(self: copy self)
    @inline(__always)
    mutating func skip(_ count: Int) throws(ReplicationFormatError) {
        do { try cursor.skip(count) } catch { throw .malformed(error) }
    }

    @_lifetime(self: copy self)
    mutating func text() throws(ReplicationFormatError) -> String {
        do { return try cursor.readText() } catch { throw .malformed(error) }
    }

    @_lifetime(self: copy self)
    mutating func lsn() throws(ReplicationFormatError) -> LSN { LSN(rawValue: try read(UInt64.self)) }

    func finish() throws(ReplicationFormatError) {
        do { try cursor.finish() } catch { throw .malformed(error) }
    }
}
