import Bytes

/// Puts pages behind one another: header, then body as the codec stores it.
///
/// parquet.thrift, `PageHeader`.
struct PageWriter {
    let codec: CompressionCodec
    /// For errors.
    let column: [String]

    /// Appends a page whose body is that of `scratch` and then `values`, if there are some.
    ///
    /// - Returns: The bytes of header and body before compression.
    /// - Throws: ``ParquetError`` if a size does not fit a page, or compression fails.
    func write(
        to target: ByteBuffer,
        type: Int32,
        values: UnsafeRawBufferPointer?,
        scratch: PageScratch,
        header: (inout ThriftWriter) -> Void
    ) throws(ParquetError) -> Int {
        let byteCount = unsafe scratch.body.count + (values?.count ?? 0)
        try checkSize(byteCount)
        var stored: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?)
        if codec == .none {
            unsafe stored = unsafe (scratch.body.bytes, values)
        } else {
            if let values = unsafe values { unsafe scratch.body.append(values) }
            unsafe try scratch.compressor.compress(scratch.body.bytes, into: scratch.compressed)
            unsafe stored = unsafe (scratch.compressed.bytes, nil)
        }
        let storedByteCount = unsafe stored.0.count + (stored.1?.count ?? 0)
        try checkSize(storedByteCount)
        var checksum = unsafe PageChecksum(stored.0)
        if let values = unsafe stored.1 { unsafe checksum.append(values) }
        let start = target.count
        var thrift = ThriftWriter(target)
        thrift.structureElement { thrift in
            thrift.i32(1, type)
            thrift.i32(2, Int32(byteCount))
            thrift.i32(3, Int32(storedByteCount))
            thrift.i32(4, checksum.value)
            header(&thrift)
        }
        let headerByteCount = target.count - start
        unsafe target.append(stored.0)
        if let values = unsafe stored.1 { unsafe target.append(values) }
        return headerByteCount + byteCount
    }

    /// Page sizes are 32-bit integers, and so is the page with its header in the offset index.
    private func checkSize(_ byteCount: Int) throws(ParquetError) {
        guard byteCount < Int(Int32.max) - (64 << 10) else {
            throw ParquetError(.tooLarge, "A page of column \(column.joined(separator: ".")) exceeds 2 GiB.")
        }
    }
}
