/// What stands before the blocks of a bloom filter (parquet.thrift, `BloomFilterHeader`).
struct BloomFilterHeader {
    /// More than the three unions and the length ever take.
    static let maximumByteCount = 64

    /// The bytes of the header itself.
    let byteCount: Int
    /// The bytes of all blocks.
    let bitsetByteCount: Int

    /// Reads the header that the bytes begin with.
    ///
    /// - Throws: ``ParquetReadError``, with code `unsupported` for a filter of another kind than split blocks, XXH64
    ///   and no compression.
    init(_ bytes: UnsafeRawBufferPointer) throws(ParquetReadError) {
        var thrift = unsafe ThriftReader(bytes)
        var bitsetByteCount: Int32?
        var members: [Int16: Int16] = [:]
        try thrift.structure { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: bitsetByteCount = try thrift.i32(type)
            case 2, 3, 4:
                var member: Int16 = 0
                try thrift.structure(type) { thrift, number, type throws(ParquetReadError) in
                    member = number
                    try thrift.skip(type)
                }
                members[id] = member
            default: try thrift.skip(type)
            }
        }
        guard let bitsetByteCount, bitsetByteCount > 0 else { throw FileMetadata.lacking("bloom filter") }
        guard members == [2: 1, 3: 1, 4: 1] else {
            throw ParquetReadError(.unsupported, "A bloom filter is of a kind that is not known.")
        }
        byteCount = thrift.position
        self.bitsetByteCount = Int(bitsetByteCount)
    }
}
