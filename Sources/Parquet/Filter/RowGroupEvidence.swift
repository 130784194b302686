/// What a file says about the values of one row group, fetched when it is asked for.
final class RowGroupEvidence {
    private let file: ParquetFileReader
    private let index: Int
    private let group: FileMetadata.RowGroup
    private var bloomFilters: [Int: BloomFilter?] = [:]

    /// Takes a row group that the file has.
    init(_ file: ParquetFileReader, rowGroup index: Int) {
        self.file = file
        self.index = index
        group = file.metadata.rowGroups[index]
    }

    private var allRows: RowSelection { RowSelection([0..<group.rowCount]) }

    /// Whether a row of the row group may match.
    func mayMatch(_ filter: RowFilter) throws(ParquetReadError) -> Bool {
        switch filter {
        case .all(let filters):
            for filter in filters where try !mayMatch(filter) { return false }
            return group.rowCount > 0
        case .any(let filters):
            for filter in filters where try mayMatch(filter) { return true }
            return false
        default: return try mayMatch(try LeafCondition(filter, file))
        }
    }

    /// The rows of the pages that may have rows that match; `leaves` are those of the filter.
    func rows(matching filter: RowFilter, leaves: [SchemaLeaf]) throws(ParquetReadError) -> RowSelection {
        guard try mayMatch(filter) else { return RowSelection([]) }
        let pages = try file.pageIndexes(ofRowGroup: index, leaves: leaves)
        for (leaf, page) in pages {
            guard page.offsets.isConsistent(rowCount: group.rowCount, within: try file.range(of: group.columns[leaf])),
                page.columns.isConsistent(pageCount: page.offsets.pages.count)
            else {
                throw ParquetReadError(.malformed, "The page index contradicts itself or the column's place.")
                    .at("Row group \(index), column \(file.leaves[leaf].path.joined(separator: "."))")
            }
        }
        return try rows(filter, pages)
    }

    private typealias Pages = [Int: (offsets: OffsetIndex, columns: ColumnIndex)]

    private func rows(_ filter: RowFilter, _ pages: Pages) throws(ParquetReadError) -> RowSelection {
        switch filter {
        case .all(let filters):
            var rows = allRows
            for filter in filters where !rows.ranges.isEmpty { rows = rows.intersection(try self.rows(filter, pages)) }
            return rows
        case .any(let filters):
            var rows = RowSelection([])
            for filter in filters { rows = rows.union(try self.rows(filter, pages)) }
            return rows
        default:
            let condition = try LeafCondition(filter, file)
            guard try mayMatch(condition) else { return RowSelection([]) }
            return rows(condition, pages)
        }
    }

    private func mayMatch(_ condition: LeafCondition) throws(ParquetReadError) -> Bool {
        let chunk = group.columns[condition.leaf.index]
        let summary = condition.rules.summary(chunk.statistics, entryCount: chunk.valueCount)
        let values = condition.values(in: summary)
        guard condition.isEquality else { return condition.mayMatch(summary) }
        guard !values.isEmpty else { return false }
        guard condition.hasHashes, let filter = try bloomFilter(condition.leaf) else { return true }
        return values.contains { value in
            // Of NaN there are more representations than can be asked for.
            condition.rules.order.isNaN(value)
                || condition.representations(of: value).contains { filter.mightContain($0) }
        }
    }

    private func rows(_ condition: LeafCondition, _ pages: Pages) -> RowSelection {
        guard let (offsets, columns) = pages[condition.leaf.index] else { return allRows }
        var ranges: [Range<Int>] = []
        for (number, page) in offsets.pages.enumerated() {
            let end = number + 1 < offsets.pages.count ? offsets.pages[number + 1].firstRow : group.rowCount
            let summary = condition.rules.summary(columns, page: number)
            // What seems to have no rows may have the first part of one, against the rules.
            let least = page.firstRow < group.rowCount ? page.firstRow + 1 : end
            if condition.mayMatch(summary) { ranges.append(page.firstRow..<max(end, least)) }
        }
        return RowSelection(ranges)
    }

    /// Fetched once.
    private func bloomFilter(_ leaf: SchemaLeaf) throws(ParquetReadError) -> BloomFilter? {
        if let known = bloomFilters[leaf.index] { return known }
        var filter: BloomFilter?
        do throws(ParquetReadError) {
            filter = try file.bloomFilter(ofRowGroup: index, leaf: leaf)
        } catch {
            // A filter of a later kind says nothing to this reader.
            guard error.code == .unsupported else { throw error }
        }
        bloomFilters[leaf.index] = .some(filter)
        return filter
    }
}
