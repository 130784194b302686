/// Why bytes could not be read.
public enum ByteReadError: Error, Equatable, Sendable {
    /// There are fewer bytes than were asked for.
    case truncated(needed: Int, available: Int)
    /// A text has no zero byte that ends it.
    case unterminated
    /// A length is negative.
    case negativeLength
    /// Bytes are left where there should be none.
    case trailing(count: Int)
}

/// A big-endian reader over borrowed bytes.
///
/// Never copies and never traps on short input.
public struct ByteCursor: ~Escapable {
    @usableFromInline
    var rest: RawSpan

    @usableFromInline
    let byteCount: Int

    /// Reads `bytes` from the start.
    @_lifetime(copy bytes)
    @inlinable
    public init(_ bytes: RawSpan) {
        rest = bytes
        byteCount = bytes.byteCount
    }

    /// How many bytes have been read.
    @inlinable
    public var position: Int { byteCount - rest.byteCount }

    /// How many bytes are left.
    @inlinable
    public var remaining: Int { rest.byteCount }

    /// Reads one big-endian integer.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func read<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(ByteReadError) -> T {
        let size = MemoryLayout<T>.size
        guard rest.byteCount >= size else { throw .truncated(needed: size, available: rest.byteCount) }
        let raw = unsafe rest.unsafeLoadUnaligned(fromByteOffset: 0, as: T.self)
        rest = rest.extracting(droppingFirst: size)
        return T(bigEndian: raw)
    }

    /// Passes over so many bytes.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func skip(_ count: Int) throws(ByteReadError) {
        guard count >= 0 else { throw .negativeLength }
        guard rest.byteCount >= count else { throw .truncated(needed: count, available: rest.byteCount) }
        rest = rest.extracting(droppingFirst: count)
    }

    /// Reads text up to a zero byte, which is passed over; what is not UTF-8 is repaired.
    @_lifetime(self: copy self)
    public mutating func readText() throws(ByteReadError) -> String {
        var length = 0
        while true {
            guard length < rest.byteCount else { throw .unterminated }
            if unsafe rest.unsafeLoad(fromByteOffset: length, as: UInt8.self) == 0 { break }
            length += 1
        }
        let text = unsafe rest.extracting(first: length).withUnsafeBytes { bytes in
            unsafe String(decoding: bytes, as: UTF8.self)
        }
        rest = rest.extracting(droppingFirst: length + 1)
        return text
    }

    /// Makes sure that everything was read.
    @inlinable
    public func finish() throws(ByteReadError) {
        guard rest.byteCount == 0 else { throw .trailing(count: rest.byteCount) }
    }
}
