import Bytes
public import Columnar

/// What stands behind the last row group: column indexes, offset indexes, the file's metadata, its length, the magic.
///
/// README.md of the format, "File format"; parquet.thrift, `FileMetaData`.
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
        let leafPaths = LeafColumn.leaves(of: schema).map(\.path)
        let groups = place(rowGroups, indexesAt: fileByteCount, to: out)
        let metadataStart = out.count
        var thrift = ThriftWriter(out)
        thrift.structureElement { thrift in
            thrift.i32(1, 1)
            thrift.list(2, .structure, count: SchemaElements.count(schema))
            SchemaElements.write(schema, to: &thrift)
            thrift.i64(3, Int64(groups.reduce(0) { $0 + $1.rowCount }))
            thrift.list(4, .structure, count: groups.count)
            for group in groups {
                thrift.structureElement { group.write(leafPaths: leafPaths, to: &$0) }
            }
            if !keyValueMetadata.isEmpty {
                let pairs = keyValueMetadata.map { FileMetadata.KeyValue(key: $0.key, value: $0.value) }
                FileMetadata.KeyValue.write(pairs, 5, to: &thrift)
            }
            thrift.string(6, createdBy)
            thrift.list(7, .structure, count: leafPaths.count)
            for _ in leafPaths { thrift.structureElement { $0.structure(1) { _ in } } }
        }
        out.appendLittleEndian(UInt32(out.count - metadataStart))
        out.append(magic)
        return out.copyBytes()
    }

    /// Writes the indexes of all row groups.
    ///
    /// - Returns: The row groups, which know where they and their indexes lie.
    private static func place(
        _ rowGroups: [(offset: Int, metadata: RowGroupMetadata)],
        indexesAt start: Int,
        to out: ByteBuffer
    ) -> [FileMetadata.RowGroup] {
        var placed = rowGroups.enumerated().map { ordinal, group in
            var placed = group.metadata.placed(at: group.offset)
            placed.ordinal = Int16(exactly: ordinal)
            return placed
        }
        for (ordinal, group) in rowGroups.enumerated() {
            for (leaf, index) in group.metadata.columnIndexes.enumerated() {
                guard let index else { continue }
                let offset = out.count
                index.write(to: out)
                placed[ordinal].columns[leaf].columnIndexOffset = start + offset
                placed[ordinal].columns[leaf].columnIndexByteCount = Int32(clamping: out.count - offset)
            }
        }
        for (ordinal, group) in rowGroups.enumerated() {
            for (leaf, index) in group.metadata.offsetIndexes.enumerated() {
                guard let index else { continue }
                let offset = out.count
                index.write(movedBy: group.offset, to: out)
                placed[ordinal].columns[leaf].offsetIndexOffset = start + offset
                placed[ordinal].columns[leaf].offsetIndexByteCount = Int32(clamping: out.count - offset)
            }
        }
        return placed
    }
}
