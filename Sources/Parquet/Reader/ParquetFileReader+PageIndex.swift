import Bytes

extension ParquetFileReader {
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
        guard let offset, let byteCount, byteCount > 0 else { return nil }
        guard offset >= 4, offset <= footerOffset, Int(byteCount) <= footerOffset - offset else {
            throw ParquetReadError(.malformed, "An index of \(byteCount) bytes at \(offset) lies outside of the file.")
        }
        return try source.bytes(offset..<offset + Int(byteCount))
    }

    /// Where a chunk's bloom filter lies, header included; `nil` where there is none.
    ///
    /// - Throws: ``ParquetReadError`` if it does not lie in the file, or its header is damaged.
    func bloomFilterRange(_ chunk: FileMetadata.ColumnChunk) throws(ParquetReadError) -> Range<Int>? {
        guard let offset = chunk.bloomFilterOffset else { return nil }
        guard offset >= 4, offset < footerOffset else {
            throw ParquetReadError(.malformed, "A bloom filter at \(offset) lies outside of the file.")
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
