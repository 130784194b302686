import Bytes
import Columnar

/// How a leaf's pages are to be fetched.
struct LeafPlan {
    /// Fetches the bytes of the file, for all leaves that are read together.
    let fetcher: StretchFetcher
    /// Takes the bytes of the file; nobody else writes to it as long as the leaf is read.
    let window: ByteBuffer
    /// Where the pages lie, to fetch only those with rows that are wanted; `nil` to fetch all.
    let index: OffsetIndex?
    /// The rows wanted, which matter with an index alone.
    let rows: RowSelection
}

extension ParquetFileReader {
    /// A reader of a leaf's rows in a row group; `nil` if there are none.
    func leafReader(
        _ leaf: SchemaLeaf,
        _ group: FileMetadata.RowGroup,
        plan: LeafPlan,
        scratch: ReadScratch
    ) throws(ParquetReadError) -> LeafReader? {
        let chunk = group.columns[leaf.index]
        try requireReadable(chunk, of: leaf)
        // Every row is an entry at least, and exactly one where there is no list.
        guard chunk.valueCount >= group.rowCount, group.rowCount > 0 || chunk.valueCount == 0,
            leaf.maxRepetitionLevel > 0 || chunk.valueCount == group.rowCount
        else {
            throw ParquetReadError(
                .malformed,
                "The column claims \(chunk.valueCount) values in \(group.rowCount) rows."
            )
        }
        let codec = try Self.codec(chunk)
        guard chunk.valueCount > 0 else { return nil }
        let range = try range(of: chunk)
        let segments = try segments(of: range, group, index: plan.index, rows: plan.rows)
        let pages = PageReader(
            leaf,
            codec: codec,
            window: ChunkWindow(segments, from: plan.fetcher, buffer: plan.window),
            offset: range.lowerBound,
            options: options,
            scratch: scratch
        )
        return LeafReader(pages, chunk: chunk, rowCount: group.rowCount, index: plan.index, options: options)
    }

    /// The stretches of a chunk that have to be fetched.
    private func segments(
        of chunk: Range<Int>,
        _ group: FileMetadata.RowGroup,
        index: OffsetIndex?,
        rows: RowSelection
    ) throws(ParquetReadError) -> [Range<Int>] {
        guard let index else { return chunk.isEmpty ? [] : [chunk] }
        guard index.isConsistent(rowCount: group.rowCount, within: chunk) else {
            throw ParquetReadError(.malformed, "The offset index contradicts the column's place or itself.")
        }
        return index.segments(from: chunk.lowerBound, rows, rowCount: group.rowCount)
            .joined(over: options.maximumGapByteCount)
    }

    /// Plans what leaves need of the file, so that neighbours are fetched with one read.
    func fetcher(
        _ leaves: [SchemaLeaf],
        _ group: FileMetadata.RowGroup,
        indexes: [Int: OffsetIndex],
        rows: RowSelection
    ) -> StretchFetcher {
        // Others are read in pieces, and have no reason to wait for one another.
        guard source.preferredReadByteCount >= StretchFetcher.maximumByteCount else { return StretchFetcher(source) }
        var wanted: [Range<Int>] = []
        for leaf in leaves {
            // What is wrong with a chunk is said when it is read.
            guard let range = try? range(of: group.columns[leaf.index]),
                let segments = try? segments(of: range, group, index: indexes[leaf.index], rows: rows)
            else { continue }
            wanted += segments
        }
        return StretchFetcher(source, segments: wanted, gap: options.maximumGapByteCount)
    }

    private static func codec(_ chunk: FileMetadata.ColumnChunk) throws(ParquetReadError) -> PageCodec {
        guard let codec = PageCodec(rawValue: chunk.codec) else {
            throw ParquetReadError(.unsupported, "Pages are compressed with codec \(chunk.codec), which is not known.")
        }
        guard codec != .brotli, codec != .lzo else {
            throw ParquetReadError(.unsupported, "Pages are compressed with \(codec), which is not supported.")
        }
        return codec
    }

    /// Makes sure that the chunk is of the leaf's type, and that its pages are there to be read.
    func requireReadable(_ chunk: FileMetadata.ColumnChunk, of leaf: SchemaLeaf) throws(ParquetReadError) {
        guard !chunk.isEncrypted else {
            throw ParquetReadError(.unsupported, "The column is encrypted, which is not supported.")
        }
        guard chunk.filePath == nil else {
            throw ParquetReadError(.unsupported, "The column lies in another file.")
        }
        guard chunk.physicalType == leaf.thriftType else {
            throw ParquetReadError(
                .malformed,
                "The column has physical type \(chunk.physicalType), the schema says \(leaf.thriftType)."
            )
        }
    }

    /// Where the chunk's pages lie.
    func range(of chunk: FileMetadata.ColumnChunk) throws(ParquetReadError) -> Range<Int> {
        var start = chunk.dataPageOffset
        // Some writers say 0 where there is no dictionary.
        if let dictionary = chunk.dictionaryPageOffset, dictionary > 0, dictionary < start { start = dictionary }
        guard start >= 4, chunk.compressedByteCount >= 0, start <= footerOffset,
            chunk.compressedByteCount <= footerOffset - start
        else {
            throw ParquetReadError(
                .malformed,
                "The column's \(chunk.compressedByteCount) bytes at \(start) lie outside of the file's pages."
            )
        }
        return start..<min(footerOffset, start + chunk.compressedByteCount + forgottenByteCount)
    }
}

extension OffsetIndex {
    /// The stretches of the file that hold the dictionary, if there is one, and the pages with some of the rows.
    ///
    /// - Parameters:
    ///   - start: Where the chunk begins.
    ///   - rows: The rows wanted.
    ///   - rowCount: The rows of the row group.
    /// - Returns: Ranges in ascending order; the index is consistent.
    func segments(from start: Int, _ rows: RowSelection, rowCount: Int) -> [Range<Int>] {
        guard let first = pages.first, rows.count > 0 else { return [] }
        var segments = start < first.offset ? [start..<first.offset] : []
        var ranges = rows.ranges[...]
        for (number, page) in pages.enumerated() {
            let end = number + 1 < pages.count ? pages[number + 1].firstRow : rowCount
            while let range = ranges.first, range.upperBound <= page.firstRow { ranges.removeFirst() }
            guard let range = ranges.first else { break }
            // One without rows is passed on the way to the next.
            guard range.lowerBound < end || range.lowerBound == page.firstRow else { continue }
            segments.append(page.offset..<page.offset + page.byteCount)
        }
        return segments
    }
}

extension [Range<Int>] {
    /// The ranges, those that lie no further apart than `gap` joined; they are in ascending order.
    func joined(over gap: Int) -> [Range<Int>] {
        var joined: [Range<Int>] = []
        for range in self {
            if let last = joined.last, range.lowerBound - last.upperBound <= gap {
                joined[joined.count - 1] = last.lowerBound..<Swift.max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}
