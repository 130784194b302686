import Bytes
import Columnar
import Parquet

extension RowGroupFile {
    /// Opens the row groups that are there so far; more may be appended meanwhile, which are not seen.
    ///
    /// - Parameter schema: The schema that they were written with.
    /// - Returns: A reader of the file.
    /// - Throws: ``ReplicationError`` if the local disk refuses, or ``ParquetReadError``.
    func opened(schema: TableSchema) throws -> ParquetFileReader {
        let footer = FileFooter.encode(
            schema: schema,
            rowGroups: try rowGroups(),
            keyValueMetadata: [],
            createdBy: "",
            fileByteCount: byteCount
        )
        return try ParquetFileReader(UnfinishedFile(path: path, rowByteCount: byteCount, footer: footer))
    }
}

/// A local file whose footer is in memory.
private struct UnfinishedFile: ByteSource {
    let path: String
    let rowByteCount: Int
    let footer: [UInt8]

    var byteCount: Int { rowByteCount + footer.count }

    /// The file is in the system's cache, most likely.
    var preferredReadByteCount: Int { 1 << 20 }

    func read(_ range: Range<Int>, into buffer: ByteBuffer) throws {
        let inFile = range.clamped(to: 0..<rowByteCount)
        if !inFile.isEmpty {
            try LocalFile.read(path, from: inFile.lowerBound, to: inFile.upperBound) { buffer.append($0) }
        }
        let inFooter = range.clamped(to: rowByteCount..<byteCount)
        buffer.append(Array(footer[inFooter.lowerBound - rowByteCount..<inFooter.upperBound - rowByteCount]))
    }
}
