import Glibc
import Parquet

/// Row groups of one day in a local file that is to become the day's object, or a part of it.
struct DayFragment: Sendable {
    var path: String
    var rowGroups: [(offset: Int, metadata: RowGroupMetadata)] = []
    var byteCount = 0

    var rowCount: Int { rowGroups.reduce(0) { $0 + $1.metadata.rowCount } }

    init(path: String) {
        self.path = path
    }

    /// Appends bytes that `write` hands out, opening the file for just so long.
    mutating func append(_ write: (_ sink: (UnsafeRawBufferPointer) -> Void) throws -> Void) throws {
        // The offsets in the footer hold for a file that began empty.
        let creation = byteCount == 0 ? O_CREAT | O_EXCL : 0
        let descriptor = open(path, creation | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpillFolder.failure("write", path, errno) }
        defer { close(descriptor) }
        var failure: Int32 = 0
        var written = byteCount
        func sink(_ bytes: UnsafeRawBufferPointer) {
            var done = 0
            while failure == 0, done < bytes.count, let start = bytes.baseAddress {
                let count = Glibc.write(descriptor, start + done, bytes.count - done)
                if count >= 0 { done += count } else if errno != EINTR { failure = errno }
            }
            written += done
        }
        if byteCount == 0 { FileFooter.magic.withUnsafeBytes(sink) }
        try write(sink)
        byteCount = written
        guard failure == 0 else { throw SpillFolder.failure("write", path, failure) }
    }

    /// Appends a row group from its writer.
    mutating func append(_ writer: RowGroupWriter, scratch: PageScratch) throws {
        let offset = max(byteCount, FileFooter.magic.count)
        var metadata: RowGroupMetadata?
        try append { sink in
            metadata = try writer.finish(scratch: scratch) { bytes in sink(bytes) }
        }
        if let metadata { rowGroups.append((offset, metadata)) }
    }

    /// Appends the row groups of another fragment, whose file is removed.
    mutating func append(_ other: DayFragment) throws {
        let descriptor = open(other.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SpillFolder.failure("read", other.path, errno) }
        defer { close(descriptor) }
        let base = max(byteCount, FileFooter.magic.count)
        let start = FileFooter.magic.count
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        try append { sink in
            var position = start
            while position < other.byteCount {
                let count = pread(descriptor, buffer.baseAddress, buffer.count, position)
                guard count > 0 else { throw SpillFolder.failure("read", other.path, count < 0 ? errno : EIO) }
                sink(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                position += count
            }
        }
        rowGroups += other.rowGroups.map { (offset: $0.offset - start + base, metadata: $0.metadata) }
        unlink(other.path)
    }
}
