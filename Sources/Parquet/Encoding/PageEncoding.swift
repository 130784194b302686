/// How the values of a page are written (parquet.thrift, `Encoding`; Encodings.md).
public enum PageEncoding: Int32, Sendable, CaseIterable {
    /// One after another: `PhysicalType` has the layout, BOOLEAN takes a bit a value. For all types.
    case plain = 0
    /// The older name of ``rleDictionary``, and of ``plain`` in the header of a dictionary page; read, never written.
    case plainDictionary = 2
    /// Runs of equal values and of packed bits. For BOOLEAN; levels have it too.
    case rle = 3
    /// Levels of old files only; read, never written.
    case bitPacked = 4
    /// Differences, packed in as few bits as they need. For INT32 and INT64.
    case deltaBinaryPacked = 5
    /// All lengths as differences, then all bytes. For BYTE_ARRAY.
    case deltaLengthByteArray = 6
    /// What a value shares with the one before is left out. For BYTE_ARRAY and FIXED_LEN_BYTE_ARRAY.
    case deltaByteArray = 7
    /// Indexes into the chunk's dictionary of distinct values. For all types but BOOLEAN.
    case rleDictionary = 8
    /// The first bytes of all values, then the second ones, and so on. For all types of fixed width but BOOLEAN.
    case byteStreamSplit = 9
}

/// What the values of one page may take in memory.
enum PageLimit {
    /// Bytes before and after decompression, and as values: 1 GiB.
    ///
    /// Writers end pages at 1 MiB, a few at 100 MiB; the format's own limit is 2 GiB.
    static let byteCount = 1 << 30

    /// The bytes of `count` values of `width` bytes and of `extra` more.
    ///
    /// - Throws: ``ParquetReadError`` with code `tooLarge` beyond ``byteCount`` and beyond `limit`.
    static func byteCount(
        _ count: Int,
        of width: Int,
        and extra: Int = 0,
        within limit: Int = byteCount
    ) throws(ParquetReadError) -> Int {
        let limit = min(limit, byteCount)
        let (product, productOverflows) = count.multipliedReportingOverflow(by: width)
        let (sum, sumOverflows) = product.addingReportingOverflow(extra)
        guard !productOverflows, !sumOverflows, sum <= limit else {
            throw ParquetReadError(.tooLarge, "The \(count) values of a page take more than \(limit) bytes.")
        }
        return sum
    }
}
