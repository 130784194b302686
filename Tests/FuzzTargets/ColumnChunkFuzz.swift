import Parquet

/// Takes any bytes for the pages of a column, headers included: levels, dictionaries and values of both versions.
public enum ColumnChunkFuzz {
    /// Tries the bytes: one picks the type, one the nesting, one the codec, four say how many entries there are, one
    /// how many rows, the others are the pages.
    ///
    /// - Returns: Whether they are such pages.
    @discardableResult
    public static func run(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount >= 8 else { return false }
        let entryCount = Int(bytes.unsafeLoadUnaligned(fromByteOffset: 3, as: UInt32.self))
        let column = ClaimedColumn(
            type: bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) & 7,
            nesting: Int(bytes.unsafeLoad(fromByteOffset: 1, as: UInt8.self)),
            codec: bytes.unsafeLoad(fromByteOffset: 2, as: UInt8.self) & 7,
            entryCount: entryCount,
            rowCount: min(entryCount, Int(bytes.unsafeLoad(fromByteOffset: 7, as: UInt8.self)))
        )
        let pages = bytes.extracting(droppingFirst: 8).withUnsafeBytes { [UInt8]($0) }
        return WholeFile.read(ParquetFileFuzz.file(pages: pages, footer: column.footer(pageByteCount: pages.count)))
    }
}
