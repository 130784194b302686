import Parquet

/// Takes any bytes for what a file has beside its pages: column index, offset index and the header of a bloom filter.
public enum PageIndexFuzz {
    /// Pages are not looked at where row groups are copied.
    private static let pageByteCount = 40

    /// Tries the bytes: one says how long the column index is, one how long the offset index, which both follow; the
    /// others are the bloom filter.
    ///
    /// - Returns: Whether the row group could be copied with them.
    @discardableResult
    public static func run(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount >= 2 else { return false }
        let all = bytes.withUnsafeBytes { [UInt8]($0) }
        let rest = Array(all.dropFirst(2))
        let start = 4 + pageByteCount
        let columnEnd = start + min(Int(all[0]), rest.count)
        let offsetEnd = min(columnEnd + Int(all[1]), start + rest.count)
        var column = ClaimedColumn(type: 1, nesting: 0xfc, codec: 0, entryCount: 3, rowCount: 3)
        column.indexes = (start..<columnEnd, columnEnd..<offsetEnd, offsetEnd)
        let pages = [UInt8](repeating: 0, count: pageByteCount)
        let file = ParquetFileFuzz.file(pages: pages + rest, footer: column.footer(pageByteCount: pageByteCount))
        WholeFile.copy(file)
        guard let reader = try? ParquetFileReader(MemoryByteSource(file), options: WholeFile.options) else {
            preconditionFailure("the footer is not valid")
        }
        return (try? reader.rowGroupCopy(0)) != nil
    }
}
