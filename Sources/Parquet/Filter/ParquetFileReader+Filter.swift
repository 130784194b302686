extension ParquetFileReader {
    /// The row groups that may have rows that match, by statistics and, where it asks for equal values, bloom filters.
    ///
    /// - Returns: Their numbers, ascending: all others have no such row.
    /// - Throws: ``ParquetReadError`` with code `malformed` if the filter names a leaf that the file does not have, or a
    ///   value that the leaf cannot have; with any code if a bloom filter is damaged or cannot be fetched.
    public func rowGroups(matching filter: RowFilter) throws(ParquetReadError) -> [Int] {
        _ = try leaves(of: filter)
        var matching: [Int] = []
        for index in 0..<rowGroupCount where try RowGroupEvidence(self, rowGroup: index).mayMatch(filter) {
            matching.append(index)
        }
        return matching
    }

    /// The rows of a row group that may match, by what ``rowGroups(matching:)`` goes by and the page index.
    ///
    /// Of a leaf without a page index all rows may match, unless none can.
    ///
    /// - Returns: Ranges of rows, counted from 0 within the row group, ascending, for
    ///   ``readRowGroup(_:columns:rows:)``: all other rows do not match.
    /// - Throws: ``ParquetReadError``, as ``rowGroups(matching:)`` does; also if there is no such row group, or a page
    ///   index is damaged.
    public func rowRanges(
        ofRowGroup index: Int,
        matching filter: RowFilter
    ) throws(ParquetReadError) -> [Range<Int>] {
        _ = try rowGroup(index)
        let leaves = try leaves(of: filter)
        return try RowGroupEvidence(self, rowGroup: index).rows(matching: filter, leaves: leaves).ranges
    }

    /// The leaves of all conditions, each once.
    ///
    /// - Throws: ``ParquetReadError`` with code `malformed` if one does not suit the schema.
    private func leaves(of filter: RowFilter) throws(ParquetReadError) -> [SchemaLeaf] {
        switch filter {
        case .all(let filters), .any(let filters):
            var leaves: [SchemaLeaf] = []
            for filter in filters {
                for leaf in try self.leaves(of: filter) where !leaves.contains(leaf) { leaves.append(leaf) }
            }
            return leaves
        default: return [try LeafCondition(filter, self).leaf]
        }
    }

    /// The leaf that a column's name or a path leads to.
    ///
    /// - Throws: ``ParquetReadError`` with code `malformed` if there is none, or more than one.
    func leaf(named name: String) throws(ParquetReadError) -> SchemaLeaf {
        let leaves = try project([name]).flatMap(\.shape.leaves)
        guard leaves.count == 1 else {
            throw ParquetReadError(.malformed, "Column \(name) has \(leaves.count) leaves, a filter needs one.")
        }
        return leaves[0]
    }
}
