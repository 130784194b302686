import Glibc

/// Reads and extends local files, each open for just so long: there may be more of them than a process may have open.
enum LocalFile {
    /// Appends the bytes that `write` hands out; the file is made if it is not there.
    ///
    /// - Returns: How many bytes there were.
    /// - Throws: ``ReplicationError`` if the disk refuses, or what `write` throws.
    @discardableResult
    static func append(
        to path: String,
        _ write: (_ sink: (UnsafeRawBufferPointer) -> Void) throws -> Void
    ) throws -> Int {
        let descriptor = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpillFolder.failure("write", path, errno) }
        defer { close(descriptor) }
        var failure: Int32 = 0
        var written = 0
        func sink(_ bytes: UnsafeRawBufferPointer) {
            var done = 0
            while failure == 0, done < bytes.count, let start = bytes.baseAddress {
                let count = Glibc.write(descriptor, start + done, bytes.count - done)
                if count >= 0 { done += count } else if errno != EINTR { failure = errno }
            }
            written += done
        }
        try write(sink)
        guard failure == 0 else { throw SpillFolder.failure("write", path, failure) }
        return written
    }

    /// Hands out the bytes from `start` to `end`, or to the end of the file.
    ///
    /// - Throws: ``ReplicationError`` if they cannot be read.
    static func read(_ path: String, from start: Int, to end: Int?, _ sink: (UnsafeRawBufferPointer) -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SpillFolder.failure("read", path, errno) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var position = start
        while position < end ?? .max {
            let wanted = min(buffer.count, end.map { $0 - position } ?? .max)
            let count = pread(descriptor, buffer.baseAddress, wanted, position)
            if count < 0, errno == EINTR { continue }
            if count == 0, end == nil { return }
            guard count > 0 else { throw SpillFolder.failure("read", path, count < 0 ? errno : EIO) }
            sink(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            position += count
        }
    }
}
