import Bytes

extension ParquetFileReader {
    /// The bounds of a leaf's pages in a row group; `nil` where the file has none.
    ///
    /// - Throws: ``ParquetReadError`` if there is no such row group, or the index does not lie in the file or is damaged.
    public func columnIndex(ofRowGroup index: Int, leaf: SchemaLeaf) throws(ParquetReadError) -> ColumnIndex? {
        try located(index, leaf) { chunk throws(ParquetReadError) in try columnIndex(chunk) }
    }

    /// The places of a leaf's pages in a row group; `nil` where the file has none.
    ///
    /// - Throws: ``ParquetReadError`` if there is no such row group, or the index does not lie in the file or is damaged.
    public func offsetIndex(ofRowGroup index: Int, leaf: SchemaLeaf) throws(ParquetReadError) -> OffsetIndex? {
        try located(index, leaf) { chunk throws(ParquetReadError) in try offsetIndex(chunk) }
    }

    /// The bloom filter of a leaf's values in a row group; `nil` where the file has none.
    ///
    /// - Throws: ``ParquetReadError`` if there is no such row group, or the filter does not lie in the file or is damaged;
    ///   with code `unsupported` if it is of another kind than split blocks and XXH64.
    public func bloomFilter(ofRowGroup index: Int, leaf: SchemaLeaf) throws(ParquetReadError) -> BloomFilter? {
        try located(index, leaf) { chunk throws(ParquetReadError) in
            guard let range = try bloomFilterRange(chunk) else { return nil }
            let bytes = try source.bytes(range)
            let header = unsafe try BloomFilterHeader(bytes.bytes)
            return unsafe try BloomFilter(blocks: UnsafeRawBufferPointer(rebasing: bytes.bytes[header.byteCount...]))
        }
    }

    /// The places of the pages of several leaves, by the leaf's number; those that the file does not have are left out.
    func offsetIndexes(
        ofRowGroup index: Int,
        leaves: [SchemaLeaf]
    ) throws(ParquetReadError) -> [Int: OffsetIndex] {
        let group = try rowGroup(index)
        var places: [IndexPlace] = []
        for leaf in leaves {
            let chunk = group.columns[leaf.index]
            guard let range = try indexRange(chunk.offsetIndexOffset, chunk.offsetIndexByteCount) else { continue }
            places.append(IndexPlace(rowGroup: index, leaf: leaf, range: range, hasBounds: false))
        }
        var indexes: [Int: OffsetIndex] = [:]
        unsafe try fetch(places) { place, bytes throws(ParquetReadError) in
            indexes[place.leaf.index] = unsafe try OffsetIndex(encoded: bytes)
        }
        return indexes
    }

    /// The page index of several leaves, by the leaf's number; those that have no bounds or places are left out.
    func pageIndexes(
        ofRowGroup index: Int,
        leaves: [SchemaLeaf]
    ) throws(ParquetReadError) -> [Int: (offsets: OffsetIndex, columns: ColumnIndex)] {
        let found = try indexes(ofRowGroup: index, leaves: leaves, needsBoth: true)
        var indexes: [Int: (offsets: OffsetIndex, columns: ColumnIndex)] = [:]
        for (leaf, columns) in found.columns {
            if let offsets = found.offsets[leaf] { indexes[leaf] = (offsets, columns) }
        }
        return indexes
    }

    /// The bounds and the places of pages, by the leaf's number.
    struct LeafIndexes {
        var columns: [Int: ColumnIndex] = [:]
        var offsets: [Int: OffsetIndex] = [:]
    }

    /// What the page index has of several leaves.
    ///
    /// - Parameters:
    ///   - index: Which row group, from 0.
    ///   - leaves: The leaves.
    ///   - needsBoth: Whether one of the two without the other is left out.
    /// - Returns: What is there.
    /// - Throws: ``ParquetReadError`` if the index cannot be read or is damaged.
    func indexes(
        ofRowGroup index: Int,
        leaves: [SchemaLeaf],
        needsBoth: Bool = false
    ) throws(ParquetReadError) -> LeafIndexes {
        try indexes(ofRowGroups: [index], leaves: leaves, needsBoth: needsBoth)[index] ?? LeafIndexes()
    }

    /// What the page index has of several leaves in several row groups, by the row group's number.
    ///
    /// - Throws: As ``indexes(ofRowGroup:leaves:needsBoth:)``.
    func indexes(
        ofRowGroups numbers: [Int],
        leaves: [SchemaLeaf],
        needsBoth: Bool = false
    ) throws(ParquetReadError) -> [Int: LeafIndexes] {
        var places: [IndexPlace] = []
        for index in numbers {
            let group = try rowGroup(index)
            for leaf in leaves {
                let chunk = group.columns[leaf.index]
                do throws(ParquetReadError) {
                    let bounds = try indexRange(chunk.columnIndexOffset, chunk.columnIndexByteCount)
                    let offsets = try indexRange(chunk.offsetIndexOffset, chunk.offsetIndexByteCount)
                    if needsBoth, bounds == nil || offsets == nil { continue }
                    if let bounds {
                        places.append(IndexPlace(rowGroup: index, leaf: leaf, range: bounds, hasBounds: true))
                    }
                    if let offsets {
                        places.append(IndexPlace(rowGroup: index, leaf: leaf, range: offsets, hasBounds: false))
                    }
                } catch {
                    throw error.at("Row group \(index), column \(leaf.path.joined(separator: "."))")
                }
            }
        }
        var indexes: [Int: LeafIndexes] = [:]
        unsafe try fetch(places) { place, bytes throws(ParquetReadError) in
            if place.hasBounds {
                let bounds = unsafe try ColumnIndex(encoded: bytes)
                indexes[place.rowGroup, default: LeafIndexes()].columns[place.leaf.index] = bounds
            } else {
                let offsets = unsafe try OffsetIndex(encoded: bytes)
                indexes[place.rowGroup, default: LeafIndexes()].offsets[place.leaf.index] = offsets
            }
        }
        return indexes
    }

    private struct IndexPlace {
        let rowGroup: Int
        let leaf: SchemaLeaf
        let range: Range<Int>
        /// Whether it is a column index, not an offset index.
        let hasBounds: Bool
    }

    /// Fetches indexes with as few reads as possible: those of a file lie one behind the other.
    private func fetch(
        _ places: [IndexPlace],
        _ take: (IndexPlace, UnsafeRawBufferPointer) throws(ParquetReadError) -> Void
    ) throws(ParquetReadError) {
        // Many leaves may claim the same bytes, each of which would be read for all of them.
        guard places.reduce(0, { $0 + $1.range.count }) <= options.maximumFooterByteCount else {
            throw ParquetReadError(.tooLarge, "The page index is larger than a footer may be.")
        }
        let ascending = places.sorted { $0.range.lowerBound < $1.range.lowerBound }
        var rest = ascending[...]
        for stretch in ascending.map(\.range).joined(over: options.maximumGapByteCount) {
            let bytes = try source.bytes(stretch)
            let inside = rest.prefix { stretch.contains($0.range.lowerBound) }
            rest = rest.dropFirst(inside.count)
            for place in inside {
                let start = place.range.lowerBound - stretch.lowerBound
                let part = unsafe UnsafeRawBufferPointer(rebasing: bytes.bytes[start..<start + place.range.count])
                do throws(ParquetReadError) {
                    unsafe try take(place, part)
                } catch {
                    throw error.at("Row group \(place.rowGroup), column \(place.leaf.path.joined(separator: "."))")
                }
            }
        }
    }

    private func located<Found>(
        _ index: Int,
        _ leaf: SchemaLeaf,
        _ find: (FileMetadata.ColumnChunk) throws(ParquetReadError) -> Found?
    ) throws(ParquetReadError) -> Found? {
        let group = try rowGroup(index)
        guard leaves.indices.contains(leaf.index), leaves[leaf.index] == leaf else {
            throw ParquetReadError(.malformed, "The file has no leaf \(leaf.path.joined(separator: ".")) of that kind.")
        }
        do throws(ParquetReadError) {
            return try find(group.columns[leaf.index])
        } catch {
            throw error.at("Row group \(index), column \(leaf.path.joined(separator: "."))")
        }
    }

    /// The bounds of a chunk's pages; `nil` where the file has none.
    ///
    /// - Throws: ``ParquetReadError`` if the index does not lie in the file, or is damaged.
    func columnIndex(_ chunk: FileMetadata.ColumnChunk) throws(ParquetReadError) -> ColumnIndex? {
        guard let bytes = try indexBytes(chunk.columnIndexOffset, chunk.columnIndexByteCount) else { return nil }
        return unsafe try ColumnIndex(encoded: bytes.bytes)
    }

    /// The places of a chunk's pages; `nil` where the file has none.
    ///
    /// - Throws: ``ParquetReadError`` if the index does not lie in the file, or is damaged.
    func offsetIndex(_ chunk: FileMetadata.ColumnChunk) throws(ParquetReadError) -> OffsetIndex? {
        guard let bytes = try indexBytes(chunk.offsetIndexOffset, chunk.offsetIndexByteCount) else { return nil }
        return unsafe try OffsetIndex(encoded: bytes.bytes)
    }

    private func indexBytes(_ offset: Int?, _ byteCount: Int32?) throws(ParquetReadError) -> ByteBuffer? {
        guard let range = try indexRange(offset, byteCount) else { return nil }
        return try source.bytes(range)
    }

    private func indexRange(_ offset: Int?, _ byteCount: Int32?) throws(ParquetReadError) -> Range<Int>? {
        guard let offset, let byteCount, byteCount > 0 else { return nil }
        guard offset >= 4, offset <= footerOffset, Int(byteCount) <= footerOffset - offset else {
            throw ParquetReadError(.malformed, "An index of \(byteCount) bytes at \(offset) lies outside of the file.")
        }
        guard Int(byteCount) <= options.maximumFooterByteCount else {
            throw ParquetReadError(.tooLarge, "An index has \(byteCount) bytes.")
        }
        return offset..<offset + Int(byteCount)
    }

    /// Where a chunk's bloom filter lies, header included; `nil` where there is none.
    ///
    /// - Parameters:
    ///   - chunk: The chunk.
    ///   - believesFooter: Whether the length that the footer says is taken, if it says one, and nothing is read.
    /// - Returns: The bytes of the header and the bit set.
    /// - Throws: ``ParquetReadError`` if it does not lie in the file, or its header is damaged.
    func bloomFilterRange(
        _ chunk: FileMetadata.ColumnChunk,
        believingLength believesFooter: Bool = false
    ) throws(ParquetReadError) -> Range<Int>? {
        guard let offset = chunk.bloomFilterOffset else { return nil }
        guard offset >= 4, offset < footerOffset else {
            throw ParquetReadError(.malformed, "A bloom filter at \(offset) lies outside of the file.")
        }
        if believesFooter, let byteCount = chunk.bloomFilterByteCount, byteCount > 0,
            Int(byteCount) <= footerOffset - offset
        {
            return offset..<offset + Int(byteCount)
        }
        let headerEnd = min(footerOffset, offset + BloomFilterHeader.maximumByteCount)
        let bytes = try source.bytes(offset..<headerEnd)
        let header = unsafe try BloomFilterHeader(bytes.bytes)
        guard header.byteCount + header.bitsetByteCount <= footerOffset - offset else {
            throw ParquetReadError(
                .malformed,
                "A bloom filter of \(header.bitsetByteCount) bytes passes the file's end."
            )
        }
        return offset..<offset + header.byteCount + header.bitsetByteCount
    }
}
