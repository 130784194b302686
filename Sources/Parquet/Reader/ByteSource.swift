public import Bytes

/// Bytes that a file is read from: a file, memory, an object in a store.
///
/// Reads may come from several threads at once. The bytes must not change as long as a reader uses them.
public protocol ByteSource: Sendable {
    /// How many bytes there are.
    var byteCount: Int { get }

    /// How many bytes a read is to fetch at most where more of them are wanted one after another.
    ///
    /// A file that lies in memory or in the system's cache is read fastest in pieces that stay in the processor's
    /// cache; of an object in a store everything is best asked for at once, which is the default.
    var preferredReadByteCount: Int { get }

    /// Appends the bytes of the range, which lies within `0..<byteCount`, to the buffer: all of them, or an error.
    ///
    /// - Throws: Any error; the reader reports it as a ``ParquetReadError`` with code `io`.
    func read(_ range: Range<Int>, into buffer: ByteBuffer) throws
}

extension ByteSource {
    /// As many as there are.
    public var preferredReadByteCount: Int { .max }

    /// The bytes of the range, in a buffer of their own.
    ///
    /// - Throws: ``ParquetReadError`` with code `truncated` if the range goes beyond the bytes, else with code `io`.
    func bytes(_ range: Range<Int>) throws(ParquetReadError) -> ByteBuffer {
        let buffer = ByteBuffer()
        try fetch(range, into: buffer)
        return buffer
    }

    /// Replaces what the buffer holds by the bytes of the range.
    ///
    /// - Throws: ``ParquetReadError`` with code `truncated` if the range goes beyond the bytes, else with code `io`.
    func fetch(_ range: Range<Int>, into buffer: ByteBuffer) throws(ParquetReadError) {
        buffer.removeAll()
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw ParquetReadError(
                .truncated,
                "Bytes \(range.lowerBound) to \(range.upperBound) are wanted of a file of \(byteCount)."
            )
        }
        do {
            try read(range, into: buffer)
        } catch let error as ParquetReadError {
            throw error
        } catch {
            throw ParquetReadError(.io, "Failed to read \(range.count) bytes. Reason: \(error)")
        }
        guard buffer.count == range.count else {
            throw ParquetReadError(.io, "A source returned \(buffer.count) bytes instead of \(range.count).")
        }
    }
}

/// Bytes in memory.
public struct MemoryByteSource: ByteSource {
    private let bytes: [UInt8]

    /// Wraps the bytes of a whole file.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// How many bytes there are.
    public var byteCount: Int { bytes.count }

    /// A piece that stays in the processor's cache: 1 MiB.
    public var preferredReadByteCount: Int { 1 << 20 }

    /// Appends the bytes of the range to the buffer.
    public func read(_ range: Range<Int>, into buffer: ByteBuffer) {
        unsafe bytes.withUnsafeBytes { unsafe buffer.append(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
