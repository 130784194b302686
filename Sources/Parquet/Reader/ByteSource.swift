public import Bytes

/// Bytes that a file is read from: a file, memory, an object in a store.
///
/// Reads may come from several threads at once. The bytes must not change as long as a reader uses them.
public protocol ByteSource: Sendable {
    /// How many bytes there are.
    var byteCount: Int { get }

    /// Appends the bytes of the range, which lies within `0..<byteCount`, to the buffer: all of them, or an error.
    ///
    /// - Throws: Any error; the reader reports it as a ``ParquetReadError`` with code `io`.
    func read(_ range: Range<Int>, into buffer: ByteBuffer) throws
}

extension ByteSource {
    /// The bytes of the range, in a buffer of their own.
    ///
    /// - Throws: ``ParquetReadError`` with code `truncated` if the range goes beyond the bytes, else with code `io`.
    func bytes(_ range: Range<Int>) throws(ParquetReadError) -> ByteBuffer {
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw ParquetReadError(
                .truncated,
                "Bytes \(range.lowerBound) to \(range.upperBound) are wanted of a file of \(byteCount)."
            )
        }
        let buffer = ByteBuffer(capacity: range.count)
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
        return buffer
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

    /// Appends the bytes of the range to the buffer.
    public func read(_ range: Range<Int>, into buffer: ByteBuffer) {
        unsafe bytes.withUnsafeBytes { unsafe buffer.append(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
