extension FileMetadata.ColumnChunk {
    /// Reads a `ColumnChunk`; one without metadata of its own is taken for encrypted.
    init(_ thrift: inout ThriftReader, _ type: ThriftReader.FieldType) throws(ParquetReadError) {
        var chunk = FileMetadata.ColumnChunk(
            physicalType: 0,
            encodings: [],
            path: [],
            codec: 0,
            valueCount: 0,
            uncompressedByteCount: 0,
            compressedByteCount: 0,
            dataPageOffset: 0
        )
        var hasMetadata = false
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: chunk.filePath = try thrift.string(type)
            case 3:
                try chunk.readMetadata(&thrift, type)
                hasMetadata = true
            case 4: chunk.offsetIndexOffset = try thrift.i64(type)
            case 5: chunk.offsetIndexByteCount = try thrift.i32(type)
            case 6: chunk.columnIndexOffset = try thrift.i64(type)
            case 7: chunk.columnIndexByteCount = try thrift.i32(type)
            case 8, 9:
                chunk.isEncrypted = true
                try thrift.skip(type)
            default: try thrift.skip(type)
            }
        }
        guard hasMetadata || chunk.isEncrypted else { throw FileMetadata.lacking("column chunk") }
        self = chunk
    }

    private mutating func readMetadata(
        _ thrift: inout ThriftReader,
        _ type: ThriftReader.FieldType
    ) throws(ParquetReadError) {
        var seen: Set<Int16> = []
        var chunk = self
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            seen.insert(id)
            switch id {
            case 1: chunk.physicalType = try thrift.i32(type)
            case 2:
                chunk.encodings = try thrift.list(type) { thrift, type throws(ParquetReadError) in try thrift.i32(type)
                }
            case 3:
                chunk.path = try thrift.list(type) { thrift, type throws(ParquetReadError) in try thrift.string(type) }
            case 4: chunk.codec = try thrift.i32(type)
            case 5: chunk.valueCount = try thrift.i64(type)
            case 6: chunk.uncompressedByteCount = try thrift.i64(type)
            case 7: chunk.compressedByteCount = try thrift.i64(type)
            case 8: chunk.keyValueMetadata = try FileMetadata.KeyValue.list(&thrift, type)
            case 9: chunk.dataPageOffset = try thrift.i64(type)
            case 11: chunk.dictionaryPageOffset = try thrift.i64(type)
            case 12: chunk.statistics = try ColumnStatistics(&thrift, type)
            case 13: chunk.pageEncodings = try Self.pageEncodings(&thrift, type)
            case 14: chunk.bloomFilterOffset = try thrift.i64(type)
            case 15: chunk.bloomFilterByteCount = try thrift.i32(type)
            default: try thrift.skip(type)
            }
        }
        guard seen.isSuperset(of: [1, 4, 5, 7, 9]) else { throw FileMetadata.lacking("column chunk") }
        self = chunk
    }

    private static func pageEncodings(
        _ thrift: inout ThriftReader,
        _ type: ThriftReader.FieldType
    ) throws(ParquetReadError) -> [FileMetadata.PageEncodingCount] {
        try thrift.list(type) { thrift, type throws(ParquetReadError) in
            var count = FileMetadata.PageEncodingCount(pageType: 0, encoding: 0, count: 0)
            try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
                switch id {
                case 1: count.pageType = try thrift.i32(type)
                case 2: count.encoding = try thrift.i32(type)
                case 3: count.count = try thrift.i32(type)
                default: try thrift.skip(type)
                }
            }
            return count
        }
    }
}

extension ColumnStatistics {
    /// Reads `Statistics`.
    init(_ thrift: inout ThriftReader, _ type: ThriftReader.FieldType) throws(ParquetReadError) {
        var statistics = ColumnStatistics()
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: statistics.deprecatedMax = try thrift.binary(type)
            case 2: statistics.deprecatedMin = try thrift.binary(type)
            case 3: statistics.nullCount = try thrift.i64(type)
            case 4: statistics.distinctCount = try thrift.i64(type)
            case 5: statistics.max = try thrift.binary(type)
            case 6: statistics.min = try thrift.binary(type)
            case 7: statistics.isMaxExact = try thrift.bool(type)
            case 8: statistics.isMinExact = try thrift.bool(type)
            case 9: statistics.nanCount = try thrift.i64(type)
            default: try thrift.skip(type)
            }
        }
        self = statistics
    }
}
