import Bytes
import Glibc

/// Where the bytes of a file go, from the first to the last.
public protocol ByteSink: AnyObject {
    /// Takes the bytes that follow those of the call before.
    ///
    /// - Throws: Any error; the writer reports it as a ``ParquetError`` with code `io`.
    func append(_ bytes: UnsafeRawBufferPointer) throws
}

/// A file in memory.
public final class MemoryByteSink: ByteSink {
    private let buffer = ByteBuffer()

    /// Creates an empty file.
    public init() {}

    /// The bytes so far.
    public var bytes: [UInt8] { buffer.copyBytes() }

    /// Takes the bytes that follow.
    public func append(_ bytes: UnsafeRawBufferPointer) {
        unsafe buffer.append(bytes)
    }
}

/// A file of the file system, which is closed with the last reference.
///
/// It is not whole before the writer has finished: write under another name and rename it then.
public final class FileByteSink: ByteSink {
    private let descriptor: Int32
    private let path: String

    /// Creates the file, or empties it.
    ///
    /// - Throws: ``ParquetError`` with code `io`. The corresponding C function is `open`.
    public init(path: String) throws(ParquetError) {
        let opened = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard opened >= 0 else { throw Self.failure("open", path) }
        descriptor = opened
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    /// Writes the bytes that follow.
    ///
    /// - Throws: ``ParquetError`` with code `io`. The corresponding C function is `write`.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = unsafe bytes
        while let start = rest.baseAddress, rest.count > 0 {
            let count = unsafe write(descriptor, start, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("write", path) }
            unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    private static func failure(_ function: String, _ path: String) -> ParquetError {
        let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "error \(errno)"
        return ParquetError(.io, "Failed to write \(path). Reason: \(function): \(reason)")
    }
}
