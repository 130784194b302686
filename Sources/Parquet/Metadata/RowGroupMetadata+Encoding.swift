import Bytes

/// A form of its own for row groups that have been written while their file's footer has not: many days with many
/// columns would fill the memory otherwise.
///
/// ```
/// {1 RowGroup, 2 byte count, 3 column index*, 4 offset index*}
/// ```
/// in Thrift's compact protocol; the indexes are binary, one a leaf, empty where there is none.
extension RowGroupMetadata {
    /// The metadata as bytes, for ``init(encoded:)``.
    public func encoded() -> [UInt8] {
        let out = ByteBuffer()
        var thrift = ThriftWriter(out)
        thrift.structureElement { thrift in
            let paths = [[String]](repeating: [], count: group.columns.count)
            thrift.structure(1) { group.write(leafPaths: paths, to: &$0) }
            thrift.i64(2, Int64(byteCount))
            let index = ByteBuffer()
            thrift.list(3, .binary, count: columnIndexes.count)
            for columnIndex in columnIndexes {
                index.removeAll()
                columnIndex?.write(to: index)
                thrift.binaryElement(index.copyBytes())
            }
            thrift.list(4, .binary, count: offsetIndexes.count)
            for offsetIndex in offsetIndexes {
                index.removeAll()
                offsetIndex?.write(movedBy: 0, to: index)
                thrift.binaryElement(index.copyBytes())
            }
        }
        return out.copyBytes()
    }

    /// Takes back what ``encoded()`` gave; `nil` if the bytes are not exactly that.
    public init?(encoded bytes: ArraySlice<UInt8>) {
        guard let decoded = unsafe try? bytes.withUnsafeBytes({ unsafe try Self.decoded($0) }) else { return nil }
        self = decoded
    }

    private static func decoded(_ bytes: UnsafeRawBufferPointer) throws -> RowGroupMetadata {
        var thrift = unsafe ThriftReader(bytes)
        var group: FileMetadata.RowGroup?
        var byteCount: Int?
        var indexes: (column: [[UInt8]], offset: [[UInt8]]) = ([], [])
        try thrift.structure { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: group = try FileMetadata.RowGroup(&thrift, type)
            case 2: byteCount = try thrift.i64(type)
            case 3:
                indexes.column = try thrift.list(type) { thrift, type throws(ParquetReadError) in
                    try thrift.binary(type)
                }
            case 4:
                indexes.offset = try thrift.list(type) { thrift, type throws(ParquetReadError) in
                    try thrift.binary(type)
                }
            default: try thrift.skip(type)
            }
        }
        guard thrift.remaining == 0, let group, let byteCount, indexes.column.count == group.columns.count,
            indexes.offset.count == group.columns.count
        else { throw FileMetadata.lacking("row group") }
        var metadata = RowGroupMetadata(rowCount: group.rowCount)
        metadata.group = group
        metadata.byteCount = byteCount
        metadata.columnIndexes = try indexes.column.map { bytes in
            bytes.isEmpty ? nil : unsafe try bytes.withUnsafeBytes { unsafe try ColumnIndex(encoded: $0) }
        }
        metadata.offsetIndexes = try indexes.offset.map { bytes in
            bytes.isEmpty ? nil : unsafe try bytes.withUnsafeBytes { unsafe try OffsetIndex(encoded: $0) }
        }
        return metadata
    }
}
