/// How the values of a page are written (parquet.thrift, `Encoding`).
package enum PageEncoding: Int32, Sendable, CaseIterable {
    case plain = 0
    /// The older name of ``rleDictionary``, and of ``plain`` in the header of a dictionary page.
    case plainDictionary = 2
    case rle = 3
    /// Levels only, and deprecated.
    case bitPacked = 4
    case deltaBinaryPacked = 5
    case deltaLengthByteArray = 6
    case deltaByteArray = 7
    case rleDictionary = 8
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
