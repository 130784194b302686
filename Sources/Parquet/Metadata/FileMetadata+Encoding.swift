extension FileMetadata.RowGroup {
    /// Writes a `RowGroup` with the offsets that stand in it, and with the names of each leaf in place of those of the
    /// chunks.
    func write(leafPaths: [[String]], to thrift: inout ThriftWriter) {
        thrift.list(1, .structure, count: columns.count)
        for (chunk, path) in zip(columns, leafPaths) {
            thrift.structureElement { chunk.write(path: path, to: &$0) }
        }
        thrift.i64(2, Int64(uncompressedByteCount))
        thrift.i64(3, Int64(rowCount))
        if !sortingColumns.isEmpty {
            thrift.list(4, .structure, count: sortingColumns.count)
            for column in sortingColumns {
                thrift.structureElement {
                    $0.i32(1, column.leafIndex)
                    $0.bool(2, column.isDescending)
                    $0.bool(3, column.hasNullsFirst)
                }
            }
        }
        if let fileOffset { thrift.i64(5, Int64(fileOffset)) }
        if let compressedByteCount { thrift.i64(6, Int64(compressedByteCount)) }
        if let ordinal { thrift.i16(7, ordinal) }
    }
}

extension FileMetadata.ColumnChunk {
    fileprivate func write(path: [String], to thrift: inout ThriftWriter) {
        thrift.i64(2, 0)
        thrift.structure(3) { writeMetadata(path: path, to: &$0) }
        if let offsetIndexOffset { thrift.i64(4, Int64(offsetIndexOffset)) }
        if let offsetIndexByteCount { thrift.i32(5, offsetIndexByteCount) }
        if let columnIndexOffset { thrift.i64(6, Int64(columnIndexOffset)) }
        if let columnIndexByteCount { thrift.i32(7, columnIndexByteCount) }
    }

    private func writeMetadata(path: [String], to thrift: inout ThriftWriter) {
        thrift.i32(1, physicalType)
        thrift.list(2, .i32, count: encodings.count)
        for encoding in encodings { thrift.integerElement(Int64(encoding)) }
        thrift.list(3, .binary, count: path.count)
        for name in path { thrift.binaryElement(Array(name.utf8)) }
        thrift.i32(4, codec)
        thrift.i64(5, Int64(valueCount))
        thrift.i64(6, Int64(uncompressedByteCount))
        thrift.i64(7, Int64(compressedByteCount))
        if !keyValueMetadata.isEmpty { FileMetadata.KeyValue.write(keyValueMetadata, 8, to: &thrift) }
        thrift.i64(9, Int64(dataPageOffset))
        if let dictionaryPageOffset { thrift.i64(11, Int64(dictionaryPageOffset)) }
        if let statistics { thrift.structure(12) { statistics.write(to: &$0) } }
        if !pageEncodings.isEmpty {
            thrift.list(13, .structure, count: pageEncodings.count)
            for pages in pageEncodings {
                thrift.structureElement {
                    $0.i32(1, pages.pageType)
                    $0.i32(2, pages.encoding)
                    $0.i32(3, pages.count)
                }
            }
        }
        if let bloomFilterOffset { thrift.i64(14, Int64(bloomFilterOffset)) }
        if let bloomFilterByteCount { thrift.i32(15, bloomFilterByteCount) }
    }
}

extension FileMetadata.KeyValue {
    /// Writes a list of them as a field.
    static func write(_ pairs: [FileMetadata.KeyValue], _ id: Int16, to thrift: inout ThriftWriter) {
        thrift.list(id, .structure, count: pairs.count)
        for pair in pairs {
            thrift.structureElement {
                $0.string(1, pair.key)
                if let value = pair.value { $0.string(2, value) }
            }
        }
    }
}

extension ColumnStatistics {
    /// Writes a `Statistics`.
    fileprivate func write(to thrift: inout ThriftWriter) {
        if let deprecatedMax { thrift.binary(1, deprecatedMax) }
        if let deprecatedMin { thrift.binary(2, deprecatedMin) }
        if let nullCount { thrift.i64(3, Int64(nullCount)) }
        if let distinctCount { thrift.i64(4, Int64(distinctCount)) }
        if let max { thrift.binary(5, max) }
        if let min { thrift.binary(6, min) }
        if let isMaxExact { thrift.bool(7, isMaxExact) }
        if let isMinExact { thrift.bool(8, isMinExact) }
        if let nanCount { thrift.i64(9, Int64(nanCount)) }
    }
}
