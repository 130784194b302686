import Parquet

/// Takes any bytes for the footer of a Parquet file: its metadata, schema and row groups.
public enum FooterFuzz {
    /// Tries the bytes as the footer of a file that has 64 bytes of pages.
    ///
    /// - Returns: Whether they are a footer.
    @discardableResult
    public static func run(_ bytes: RawSpan) -> Bool {
        let footer = bytes.withUnsafeBytes { [UInt8]($0) }
        let file = ParquetFileFuzz.file(pages: [UInt8](repeating: 0, count: 64), footer: footer)
        guard let reader = try? ParquetFileReader(MemoryByteSource(file), options: WholeFile.options) else {
            return false
        }
        precondition(reader.leaves.enumerated().allSatisfy { $0 == $1.index }, "a leaf has another number")
        for group in reader.metadata.rowGroups {
            precondition(group.columns.count == reader.leaves.count, "a row group has too few columns, or too many")
        }
        _ = WholeFile.read(file)
        return true
    }
}
