/// One row group as bytes that can lie anywhere in a file, or in several files one after another.
///
/// The bytes are the pages of every column chunk, then the bloom filters. Nothing in them says where they lie; what the
/// footer has to say about them is kept here, with offsets from the row group's first byte.
public struct RowGroupMetadata: Sendable {
    /// The bytes in the file: pages and bloom filters.
    public internal(set) var byteCount: Int
    /// As the footer has it, offsets counted from the first byte; paths are left to the schema.
    var group: FileMetadata.RowGroup
    /// For each leaf.
    var columnIndexes: [ColumnIndex?]
    /// For each leaf; offsets are counted from the row group's first byte.
    var offsetIndexes: [OffsetIndex?]

    /// The number of rows.
    public var rowCount: Int { group.rowCount }
    /// The bytes of its pages before compression.
    public var uncompressedByteCount: Int { group.uncompressedByteCount }
    /// The number of column chunks, one for each leaf of the schema.
    public var columnChunkCount: Int { group.columns.count }

    /// A row group without columns, to which ``append(_:columnIndex:offsetIndex:)`` adds them.
    init(rowCount: Int) {
        byteCount = 0
        group = FileMetadata.RowGroup(columns: [], uncompressedByteCount: 0, rowCount: rowCount)
        group.compressedByteCount = 0
        columnIndexes = []
        offsetIndexes = []
    }

    /// Adds the next leaf's chunk, whose offsets are counted from the row group's first byte.
    mutating func append(_ chunk: FileMetadata.ColumnChunk, columnIndex: ColumnIndex?, offsetIndex: OffsetIndex?) {
        group.columns.append(chunk)
        group.uncompressedByteCount += chunk.uncompressedByteCount
        group.compressedByteCount = (group.compressedByteCount ?? 0) + chunk.compressedByteCount
        columnIndexes.append(columnIndex)
        offsetIndexes.append(offsetIndex)
    }

    /// Row groups of the same rows side by side: the column chunks of all of them are those of one row group, whose bytes
    /// are those of its parts, one behind the other.
    ///
    /// - Parameters:
    ///   - parts: The parts, in the order in which their bytes lie.
    ///   - chunks: For each leaf of the schema, in its order: in which part its chunk is, and which of the part's it is.
    /// - Returns: What a footer says of the whole. The order of the rows is that of the first part.
    /// - Precondition: All parts have the same number of rows.
    public static func joining(_ parts: [RowGroupMetadata], chunks: [(part: Int, chunk: Int)]) -> RowGroupMetadata {
        var joined = RowGroupMetadata(rowCount: parts.first?.rowCount ?? 0)
        var starts: [Int] = []
        for part in parts {
            precondition(part.rowCount == joined.rowCount, "the parts have different rows")
            starts.append(joined.byteCount)
            joined.byteCount += part.byteCount
        }
        for place in chunks {
            let part = parts[place.part]
            var chunk = part.group.columns[place.chunk]
            var offsetIndex = part.offsetIndexes[place.chunk]
            chunk.move(by: starts[place.part])
            offsetIndex?.move(by: starts[place.part])
            joined.append(chunk, columnIndex: part.columnIndexes[place.chunk], offsetIndex: offsetIndex)
        }
        joined.group.sortingColumns = ParquetFileReader.sorting(parts.first?.group.sortingColumns ?? []) { sorted in
            chunks.firstIndex { $0 == (0, sorted) }
        }
        return joined
    }

    /// The row group of a footer, for bytes that begin at `offset`.
    func placed(at offset: Int) -> FileMetadata.RowGroup {
        var placed = group
        placed.fileOffset = offset
        for index in placed.columns.indices { placed.columns[index].move(by: offset) }
        return placed
    }
}

extension FileMetadata.ColumnChunk {
    /// Adds a distance to where pages and bloom filter lie.
    mutating func move(by distance: Int) {
        dataPageOffset += distance
        if let offset = dictionaryPageOffset { dictionaryPageOffset = offset + distance }
        if let offset = bloomFilterOffset { bloomFilterOffset = offset + distance }
    }
}

extension OffsetIndex {
    /// Adds a distance to where pages lie.
    mutating func move(by distance: Int) {
        for index in pages.indices { pages[index].offset += distance }
    }
}
