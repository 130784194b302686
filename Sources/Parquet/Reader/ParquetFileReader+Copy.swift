import Bytes

extension ParquetFileReader {
    /// A row group as bytes to be copied without being decoded.
    ///
    /// Reads the page index and, where its length is not known, the header of each bloom filter; the pages are not read
    /// and not checked.
    ///
    /// - Parameters:
    ///   - index: Which row group, from 0.
    ///   - chosen: The leaves whose column chunks are wanted, in the order wanted; `nil` is all of them.
    /// - Returns: Where the bytes lie, and what a footer says of them.
    /// - Throws: ``ParquetReadError`` if there is no such row group, or what is said of it cannot be true.
    public func rowGroupCopy(_ index: Int, leaves chosen: [SchemaLeaf]? = nil) throws(ParquetReadError) -> RowGroupCopy
    {
        try rowGroupCopies([index], leaves: chosen)[0]
    }

    /// Says for several row groups what ``rowGroupCopy(_:leaves:)`` says for one.
    ///
    /// Their page indexes, which most writers put one behind the other, are fetched with one read.
    ///
    /// - Parameters:
    ///   - indexes: Which row groups, from 0.
    ///   - chosen: The leaves, in the order in which the copies are to have them; all of them by default.
    /// - Returns: For each row group its copy.
    /// - Throws: As ``rowGroupCopy(_:leaves:)``.
    public func rowGroupCopies(
        _ indexes: [Int],
        leaves chosen: [SchemaLeaf]? = nil
    ) throws(ParquetReadError) -> [RowGroupCopy] {
        let leaves = chosen ?? leaves
        for index in indexes { try requireReadable(index, leaves) }
        let pageIndexes = try self.indexes(ofRowGroups: indexes, leaves: leaves)
        var copies: [RowGroupCopy] = []
        for index in indexes { copies.append(try copy(index, leaves, pageIndexes[index] ?? LeafIndexes())) }
        return copies
    }

    private func requireReadable(_ index: Int, _ leaves: [SchemaLeaf]) throws(ParquetReadError) {
        guard metadata.rowGroups.indices.contains(index) else {
            throw ParquetReadError(.malformed, "There is no row group \(index) among \(rowGroupCount).")
        }
        let group = metadata.rowGroups[index]
        guard group.rowCount <= Self.greatestCount else {
            throw ParquetReadError(.malformed, "Row group \(index) claims \(group.rowCount) rows.")
        }
        for leaf in leaves {
            do throws(ParquetReadError) {
                try requireReadable(group.columns[leaf.index], of: leaf)
            } catch {
                throw error.at("Row group \(index), column \(leaf.path.joined(separator: "."))")
            }
        }
    }

    private func copy(
        _ index: Int,
        _ leaves: [SchemaLeaf],
        _ indexes: LeafIndexes
    ) throws(ParquetReadError) -> RowGroupCopy {
        let group = metadata.rowGroups[index]
        var builder = RowGroupCopyBuilder(rowCount: group.rowCount)
        builder.metadata.group.sortingColumns = Self.sorting(group.sortingColumns) { sorted in
            leaves.firstIndex { $0.index == sorted }
        }
        for leaf in leaves {
            do throws(ParquetReadError) {
                try append(leaf, group, indexes, to: &builder)
            } catch {
                throw error.at("Row group \(index), column \(leaf.path.joined(separator: "."))")
            }
        }
        for (position, leaf) in leaves.enumerated() {
            guard let range = try usableBloomFilter(group.columns[leaf.index]) else { continue }
            builder.append(bloomFilter: range, of: position)
        }
        return RowGroupCopy(ranges: builder.ranges, metadata: builder.metadata)
    }

    /// What is left of an order where leaves have other places: it ends before the first that has none.
    static func sorting(
        _ columns: [FileMetadata.SortingColumn],
        place: (Int) -> Int?
    ) -> [FileMetadata.SortingColumn] {
        var kept: [FileMetadata.SortingColumn] = []
        for column in columns {
            guard let index = place(Int(column.leafIndex)) else { break }
            var moved = column
            moved.leafIndex = Int32(clamping: index)
            kept.append(moved)
        }
        return kept
    }

    private func append(
        _ leaf: SchemaLeaf,
        _ group: FileMetadata.RowGroup,
        _ indexes: LeafIndexes,
        to builder: inout RowGroupCopyBuilder
    ) throws(ParquetReadError) {
        var chunk = group.columns[leaf.index]
        let range = try range(of: chunk)
        guard chunk.dataPageOffset <= range.upperBound, (0...Self.greatestCount).contains(chunk.uncompressedByteCount)
        else {
            throw ParquetReadError(
                .malformed,
                "The column claims \(chunk.uncompressedByteCount) bytes, the first page at \(chunk.dataPageOffset)."
            )
        }
        let columnIndex = indexes.columns[leaf.index]
        var offsetIndex = indexes.offsets[leaf.index]
        if let index = offsetIndex, !index.isConsistent(rowCount: group.rowCount, within: range) { offsetIndex = nil }
        // Bounds of an order that the copy's footer would not name must not be taken over.
        let hasTypeOrder = metadata.columnOrders.map { $0.indices.contains(leaf.index) && $0[leaf.index] == .type }
        let keepsBounds = hasTypeOrder ?? false
        if !keepsBounds { chunk.statistics?.removeBounds() }
        let pageCount = offsetIndex?.pages.count
        let isUsable = keepsBounds && pageCount != nil && columnIndex?.isConsistent(pageCount: pageCount ?? 0) == true
        builder.append(chunk, range, columnIndex: isUsable ? columnIndex : nil, offsetIndex: offsetIndex)
    }

    /// Hands out the bytes of a copy, a few MiB at a time.
    func forEachPart(
        of copy: RowGroupCopy,
        _ body: (UnsafeRawBufferPointer) throws(ParquetError) -> Void
    ) throws {
        for range in copy.ranges {
            var start = range.lowerBound
            while start < range.upperBound {
                let end = min(range.upperBound, start + Self.copiedByteCount)
                let part = try source.bytes(start..<end)
                unsafe try body(part.bytes)
                start = end
            }
        }
    }

    /// More rows or bytes than a row group has, and few enough to be added up: nobody looks at the pages.
    private static let greatestCount = 1 << 44

    /// Where a chunk's bloom filter lies; one that is damaged or of a kind that is not known is left behind.
    private func usableBloomFilter(_ chunk: FileMetadata.ColumnChunk) throws(ParquetReadError) -> Range<Int>? {
        do throws(ParquetReadError) {
            return try bloomFilterRange(chunk, believingLength: !options.readsFilterHeaders)
        } catch {
            guard error.code != .io else { throw error }
            return nil
        }
    }

    /// Enough for a disk or a store to be busy with.
    private static let copiedByteCount = 8 << 20

    /// For each leaf of a writer the one of the file that has the same name, type and nullability.
    ///
    /// It is `nil` where there is none. Of several of one name the first is taken first.
    func leaves(like wanted: [LeafColumn]) -> [SchemaLeaf?] {
        // The last is at the end, from where it is taken off.
        var known = Dictionary(grouping: leaves.reversed(), by: \.path)
        return wanted.map { wanted in known[wanted.path]?.popLast().flatMap { $0.isLike(wanted) ? $0 : nil } }
    }
}

extension SchemaLeaf {
    fileprivate func isLike(_ other: LeafColumn) -> Bool {
        physicalType == other.physicalType && logicalType == other.logicalType && thriftType == other.thriftType
            && maxDefinitionLevel == other.maxDefinitionLevel && maxRepetitionLevel == other.maxRepetitionLevel
    }
}

/// Puts chunks one behind the other.
private struct RowGroupCopyBuilder {
    var ranges: [Range<Int>] = []
    var metadata: RowGroupMetadata

    init(rowCount: Int) {
        metadata = RowGroupMetadata(rowCount: rowCount)
    }

    /// Adds the pages of the next leaf, which lie at `range`.
    mutating func append(
        _ chunk: FileMetadata.ColumnChunk,
        _ range: Range<Int>,
        columnIndex: ColumnIndex?,
        offsetIndex: OffsetIndex?
    ) {
        let distance = metadata.byteCount - range.lowerBound
        var moved = chunk
        // Some writers say 0 where there is no dictionary.
        if let offset = moved.dictionaryPageOffset, !range.contains(offset) { moved.dictionaryPageOffset = nil }
        moved.bloomFilterOffset = nil
        moved.bloomFilterByteCount = nil
        moved.move(by: distance)
        moved.compressedByteCount = range.count
        var index = offsetIndex
        index?.move(by: distance)
        metadata.append(moved, columnIndex: columnIndex, offsetIndex: index)
        append(range)
    }

    mutating func append(bloomFilter range: Range<Int>, of leaf: Int) {
        metadata.group.columns[leaf].bloomFilterOffset = metadata.byteCount
        metadata.group.columns[leaf].bloomFilterByteCount = Int32(clamping: range.count)
        append(range)
    }

    private mutating func append(_ range: Range<Int>) {
        metadata.byteCount += range.count
        if let last = ranges.last, last.upperBound == range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
        } else if !range.isEmpty {
            ranges.append(range)
        }
    }
}
