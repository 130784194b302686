import Glibc
import Parquet

/// Row groups of one day in a local file that is to become the day's object, or a part of it.
///
/// What the footer will say of them waits in a second file: of ten years with a thousand columns it would not fit into
/// memory.
struct RowGroupFile: Sendable {
    let path: String
    private(set) var byteCount = 0
    private(set) var rowCount = 0
    private var metadataPath: String { path + ".groups" }

    init(path: String) {
        self.path = path
    }

    /// Appends a row group from its writer.
    mutating func append(_ writer: RowGroupWriter, scratch: PageScratch) throws {
        let offset = max(byteCount, FileFooter.magic.count)
        var metadata: RowGroupMetadata?
        try append { sink in
            metadata = try writer.finish(scratch: scratch) { bytes in sink(bytes) }
        }
        guard let metadata else { return }
        rowCount += metadata.rowCount
        try append(metadata, at: offset)
    }

    /// Appends the row groups of another fragment, whose files are removed.
    mutating func append(_ other: RowGroupFile) throws {
        // What has no rows has no file.
        guard other.byteCount > 0 else { return }
        let base = max(byteCount, FileFooter.magic.count)
        let start = FileFooter.magic.count
        try append { sink in
            try LocalFile.read(other.path, from: start, to: other.byteCount) { sink($0) }
        }
        for group in try other.rowGroups() { try append(group.metadata, at: group.offset - start + base) }
        rowCount += other.rowCount
        other.remove()
    }

    /// Copies the file, so that more can be appended to the copy than to the file itself.
    func copy(to path: String) throws -> RowGroupFile {
        var copy = RowGroupFile(path: path)
        // Row groups are appended to what is there.
        copy.remove()
        guard byteCount > 0 else { return copy }
        for (from, to) in [(self.path, copy.path), (metadataPath, copy.metadataPath)] {
            try LocalFile.append(to: to) { sink in try LocalFile.read(from, from: 0, to: nil) { sink($0) } }
        }
        copy.byteCount = byteCount
        copy.rowCount = rowCount
        return copy
    }

    /// Completes the file.
    mutating func finish(_ footer: (_ rowGroups: [(offset: Int, metadata: RowGroupMetadata)]) -> [UInt8]) throws {
        let bytes = footer(try rowGroups())
        try append { sink in bytes.withUnsafeBytes { sink($0) } }
        unlink(metadataPath)
    }

    /// Removes the file, if there is one.
    func remove() {
        unlink(path)
        unlink(metadataPath)
    }

    /// Appends bytes that `write` hands out.
    private mutating func append(_ write: (_ sink: (UnsafeRawBufferPointer) -> Void) throws -> Void) throws {
        if byteCount == 0 {
            byteCount = try LocalFile.append(to: path) { sink in FileFooter.magic.withUnsafeBytes { sink($0) } }
        }
        byteCount += try LocalFile.append(to: path, write)
    }

    // MARK: - Metadata

    /// Entries of a length, the row group's offset, 8 bytes each, and its metadata.
    private func append(_ metadata: RowGroupMetadata, at offset: Int) throws {
        let encoded = metadata.encoded()
        try LocalFile.append(to: metadataPath) { sink in
            for number in [encoded.count, offset] {
                withUnsafeBytes(of: UInt64(number).littleEndian) { sink($0) }
            }
            encoded.withUnsafeBytes { sink($0) }
        }
    }

    func rowGroups() throws -> [(offset: Int, metadata: RowGroupMetadata)] {
        guard byteCount > 0 else { return [] }
        var bytes: [UInt8] = []
        try LocalFile.read(metadataPath, from: 0, to: nil) { bytes += $0 }
        var groups: [(offset: Int, metadata: RowGroupMetadata)] = []
        var rest = bytes[...]
        func number() -> Int? {
            guard rest.count >= 8 else { return nil }
            defer { rest = rest.dropFirst(8) }
            return rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        while !rest.isEmpty {
            guard let length = number(), let offset = number(), length <= rest.count,
                let metadata = RowGroupMetadata(encoded: rest.prefix(length))
            else { throw SpillFolder.failure("read", metadataPath, EIO) }
            rest = rest.dropFirst(length)
            groups.append((offset, metadata))
        }
        return groups
    }
}
