import Bytes

/// Puts pages behind one another: header, then body as the codec stores it.
///
/// ```
/// v1, dictionary   compressed(levels, values)
/// v2               levels, compressed(values)
/// ```
/// parquet.thrift, `PageHeader`.
struct PageWriter {
    let codec: CompressionCodec
    let level: Int?
    /// For errors.
    let column: [String]

    /// What a data page's header says.
    struct DataPage {
        let version: DataPageVersion
        let encoding: PageEncoding
        let entryCount: Int
        let valueCount: Int
        let rowCount: Int
        /// The bytes of the levels, for version 2.
        let repetitionByteCount: Int
        let definitionByteCount: Int
    }

    /// A data page that was written.
    struct Written {
        /// The bytes of header and body before compression.
        let uncompressedByteCount: Int
        /// Where the byte in the header lies that says how the values are encoded.
        let encodingOffset: Int
    }

    /// Appends a data page of the levels in `scratch` and the values.
    ///
    /// - Returns: What there is to know about it.
    /// - Throws: ``ParquetError`` if a size does not fit a page, or compression fails.
    func write(
        _ page: DataPage,
        values: UnsafeRawBufferPointer,
        scratch: PageScratch,
        to target: ByteBuffer
    ) throws(ParquetError) -> Written {
        try checkSize(page.entryCount)
        switch page.version {
        case .v1:
            var encodingOffset = 0
            let byteCount = unsafe try write(type: 0, values: values, scratch: scratch, to: target) { thrift in
                thrift.structure(5) { thrift in
                    thrift.i32(1, Int32(page.entryCount))
                    thrift.i32(2, page.encoding.rawValue)
                    encodingOffset = thrift.out.count - 1
                    thrift.i32(3, PageEncoding.rle.rawValue)
                    thrift.i32(4, PageEncoding.rle.rawValue)
                }
            }
            return Written(uncompressedByteCount: byteCount, encodingOffset: encodingOffset)
        case .v2: return unsafe try writeV2(page, values: values, scratch: scratch, to: target)
        }
    }

    /// Appends a dictionary page of `count` values in PLAIN layout; it has no levels.
    ///
    /// - Returns: The bytes of header and body before compression.
    func writeDictionary(
        _ values: UnsafeRawBufferPointer,
        count: Int,
        scratch: PageScratch,
        to target: ByteBuffer
    ) throws(ParquetError) -> Int {
        scratch.levels.removeAll()
        return unsafe try write(type: 2, values: values, scratch: scratch, to: target) { thrift in
            thrift.structure(7) { thrift in
                thrift.i32(1, Int32(count))
                thrift.i32(2, PageEncoding.plain.rawValue)
            }
        }
    }

    private func write(
        type: Int32,
        values: UnsafeRawBufferPointer,
        scratch: PageScratch,
        to target: ByteBuffer,
        header: (inout ThriftWriter) -> Void
    ) throws(ParquetError) -> Int {
        let byteCount = scratch.levels.count + values.count
        try checkSize(byteCount)
        guard codec != .none else {
            return unsafe try append(scratch.levels.bytes, values, byteCount, type: type, to: target, header: header)
        }
        var body = unsafe values
        if scratch.levels.count > 0 {
            unsafe scratch.levels.append(values)
            unsafe body = scratch.levels.bytes
        }
        unsafe try scratch.compressor.compress(body, codec: codec, level: level, into: scratch.compressed)
        let none = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        return unsafe try append(none, scratch.compressed.bytes, byteCount, type: type, to: target, header: header)
    }

    private func writeV2(
        _ page: DataPage,
        values: UnsafeRawBufferPointer,
        scratch: PageScratch,
        to target: ByteBuffer
    ) throws(ParquetError) -> Written {
        let byteCount = scratch.levels.count + values.count
        try checkSize(byteCount)
        var stored = unsafe values
        if codec != .none, values.count > 0 {
            unsafe try scratch.compressor.compress(values, codec: codec, level: level, into: scratch.compressed)
            if scratch.compressed.count < values.count { unsafe stored = scratch.compressed.bytes }
        }
        let isCompressed = stored.count < values.count
        var encodingOffset = 0
        let written = unsafe try append(scratch.levels.bytes, stored, byteCount, type: 3, to: target) { thrift in
            thrift.structure(8) { thrift in
                thrift.i32(1, Int32(page.entryCount))
                thrift.i32(2, Int32(page.entryCount - page.valueCount))
                thrift.i32(3, Int32(page.rowCount))
                thrift.i32(4, page.encoding.rawValue)
                encodingOffset = thrift.out.count - 1
                thrift.i32(5, Int32(page.definitionByteCount))
                thrift.i32(6, Int32(page.repetitionByteCount))
                thrift.bool(7, isCompressed)
            }
        }
        return Written(uncompressedByteCount: written, encodingOffset: encodingOffset)
    }

    /// Appends a header and the two parts of a body.
    private func append(
        _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer,
        _ byteCount: Int,
        type: Int32,
        to target: ByteBuffer,
        header: (inout ThriftWriter) -> Void
    ) throws(ParquetError) -> Int {
        let storedByteCount = first.count + second.count
        try checkSize(storedByteCount)
        var checksum = unsafe PageChecksum(first)
        unsafe checksum.append(second)
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
        unsafe target.append(first)
        unsafe target.append(second)
        return headerByteCount + byteCount
    }

    /// Page sizes are 32-bit integers, and so is the page with its header in the offset index.
    private func checkSize(_ byteCount: Int) throws(ParquetError) {
        guard byteCount < Int(Int32.max) - (64 << 10) else {
            throw ParquetError(.tooLarge, "A page of column \(column.joined(separator: ".")) exceeds 2 GiB.")
        }
    }
}
