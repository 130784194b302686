public import Bytes
import Glibc

/// A file of the file system, which is closed with the last reference.
public final class FileByteSource: ByteSource {
    private let descriptor: Int32
    private let path: String
    /// How many bytes the file had when it was opened.
    public let byteCount: Int
    /// A piece that stays in the processor's cache: 1 MiB.
    public let preferredReadByteCount = 1 << 20

    /// Opens the file for reading.
    ///
    /// - Throws: ``ParquetReadError`` with code `io`. The corresponding C functions are `open` and `fstat`.
    public init(path: String) throws(ParquetReadError) {
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw Self.failure("open", path) }
        var status = stat()
        guard unsafe fstat(opened, &status) == 0 else {
            let failure = Self.failure("fstat", path)
            close(opened)
            throw failure
        }
        descriptor = opened
        self.path = path
        byteCount = Int(status.st_size)
    }

    deinit {
        close(descriptor)
    }

    /// Appends the bytes of the range to the buffer.
    ///
    /// - Throws: ``ParquetReadError``: `io`, or `truncated` if the file has become shorter. The corresponding C
    ///   function is `pread`.
    public func read(_ range: Range<Int>, into buffer: ByteBuffer) throws {
        _ = unsafe buffer.reserve(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            let wanted = range.upperBound - position
            let count = unsafe pread(descriptor, buffer.reserve(wanted), wanted, off_t(position))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("pread", path) }
            guard count > 0 else { throw ParquetReadError(.truncated, "File \(path) has become shorter.") }
            buffer.advance(by: count)
            position += count
        }
    }

    private static func failure(_ function: String, _ path: String) -> ParquetReadError {
        let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
        return ParquetReadError(.io, "Failed to read \(path). Reason: \(function): \(reason)")
    }
}
