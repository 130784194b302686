import Bytes
public import Columnar

/// What stands behind the last row group: column indexes, offset indexes, the file's metadata, its length, the magic.
public enum FileFooter {
    /// The first and the last four bytes of a file.
    public static let magic: [UInt8] = Array("PAR1".utf8)

    /// The bytes that complete a file.
    ///
    /// - Parameters:
    ///   - schema: The schema of all row groups.
    ///   - rowGroups: The row groups, each with the offset at which it begins in the file.
    ///   - keyValueMetadata: Keys and values for the footer, in this order.
    ///   - createdBy: The program that wrote the file.
    ///   - fileByteCount: The length of the file so far: where these bytes will begin.
    /// - Returns: The bytes, to be written behind the last row group.
    public static func encode(
        schema: TableSchema,
        rowGroups: [(offset: Int, metadata: RowGroupMetadata)],
        keyValueMetadata: [(key: String, value: String)],
        createdBy: String,
        fileByteCount: Int
    ) -> [UInt8] {
        let out = ByteBuffer()
        let leaves = LeafColumn.leaves(of: schema)
        let columnIndexes = rowGroups.map { group in
            zip(leaves, group.metadata.chunks).map { leaf, chunk in
                PageIndex.writeColumnIndex(of: chunk, leaf: leaf, to: out)
            }
        }
        let offsetIndexes = rowGroups.map { group in
            group.metadata.chunks.map { chunk in
                PageIndex.writeOffsetIndex(of: chunk, chunkOffset: group.offset + chunk.offset, to: out)
            }
        }
        let metadataStart = out.count
        var thrift = ThriftWriter(out)
        thrift.structureElement { thrift in
            thrift.i32(1, 1)
            thrift.list(2, .structure, count: SchemaElements.count(schema))
            SchemaElements.write(schema, to: &thrift)
            thrift.i64(3, Int64(rowGroups.reduce(0) { $0 + $1.metadata.rowCount }))
            thrift.list(4, .structure, count: rowGroups.count)
            for (ordinal, group) in rowGroups.enumerated() {
                thrift.structureElement { thrift in
                    write(
                        group.metadata,
                        at: group.offset,
                        ordinal: ordinal,
                        leaves: leaves,
                        indexes: zip(columnIndexes[ordinal], offsetIndexes[ordinal]).map { ($0, $1) },
                        indexStart: fileByteCount,
                        to: &thrift
                    )
                }
            }
            if !keyValueMetadata.isEmpty {
                thrift.list(5, .structure, count: keyValueMetadata.count)
                for (key, value) in keyValueMetadata {
                    thrift.structureElement {
                        $0.string(1, key)
                        $0.string(2, value)
                    }
                }
            }
            thrift.string(6, createdBy)
            thrift.list(7, .structure, count: leaves.count)
            for _ in leaves { thrift.structureElement { $0.structure(1) { _ in } } }
        }
        out.appendLittleEndian(UInt32(out.count - metadataStart))
        out.append(magic)
        return out.copyBytes()
    }

    private static func write(
        _ group: RowGroupMetadata,
        at offset: Int,
        ordinal: Int,
        leaves: [LeafColumn],
        indexes: [(column: Range<Int>?, offset: Range<Int>)],
        indexStart: Int,
        to thrift: inout ThriftWriter
    ) {
        thrift.list(1, .structure, count: leaves.count)
        for (index, leaf) in leaves.enumerated() {
            let chunk = group.chunks[index]
            thrift.structureElement { thrift in
                thrift.i64(2, 0)
                thrift.structure(3) { write(chunk, leaf: leaf, at: offset + chunk.offset, to: &$0) }
                thrift.i64(4, Int64(indexStart + indexes[index].offset.lowerBound))
                thrift.i32(5, Int32(indexes[index].offset.count))
                if let column = indexes[index].column {
                    thrift.i64(6, Int64(indexStart + column.lowerBound))
                    thrift.i32(7, Int32(column.count))
                }
            }
        }
        thrift.i64(2, Int64(group.uncompressedByteCount))
        thrift.i64(3, Int64(group.rowCount))
        thrift.i64(5, Int64(offset))
        thrift.i64(6, Int64(group.byteCount))
        if let ordinal = Int16(exactly: ordinal) { thrift.i16(7, ordinal) }
    }

    private static func write(
        _ chunk: ColumnChunkMetadata,
        leaf: LeafColumn,
        at offset: Int,
        to thrift: inout ThriftWriter
    ) {
        // PLAIN 0, RLE 3 (levels), RLE_DICTIONARY 8.
        let encodings: [Int64] = chunk.dictionaryDataPageCount > 0 ? [0, 3, 8] : [0, 3]
        thrift.i32(1, leaf.physicalType.thriftValue)
        thrift.list(2, .i32, count: encodings.count)
        for encoding in encodings { thrift.integerElement(encoding) }
        thrift.list(3, .binary, count: leaf.path.count)
        for name in leaf.path { thrift.binaryElement(Array(name.utf8)) }
        thrift.i32(4, chunk.codec.thriftValue)
        thrift.i64(5, Int64(chunk.valueCount))
        thrift.i64(6, Int64(chunk.uncompressedByteCount))
        thrift.i64(7, Int64(chunk.compressedByteCount))
        thrift.i64(9, Int64(offset + (chunk.dictionaryPageByteCount ?? 0)))
        if chunk.dictionaryPageByteCount != nil { thrift.i64(11, Int64(offset)) }
        thrift.structure(12) { writeStatistics(of: chunk, to: &$0) }
        let pageKinds: [(type: Int32, encoding: Int32, count: Int)] = [
            (2, 0, chunk.dictionaryPageByteCount == nil ? 0 : 1),
            (0, 8, chunk.dictionaryDataPageCount),
            (0, 0, chunk.plainDataPageCount),
        ].filter { $0.count > 0 }
        thrift.list(13, .structure, count: pageKinds.count)
        for kind in pageKinds {
            thrift.structureElement {
                $0.i32(1, kind.type)
                $0.i32(2, kind.encoding)
                $0.i32(3, Int32(kind.count))
            }
        }
    }

    private static func writeStatistics(of chunk: ColumnChunkMetadata, to thrift: inout ThriftWriter) {
        thrift.i64(3, Int64(chunk.nullCount))
        guard let bounds = chunk.bounds else { return }
        thrift.binary(5, bounds.max.bytes)
        thrift.binary(6, bounds.min.bytes)
        thrift.bool(7, bounds.max.isExact)
        thrift.bool(8, bounds.min.isExact)
    }
}
