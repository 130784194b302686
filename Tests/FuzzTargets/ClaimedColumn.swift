/// A footer that claims one column; it is valid whatever the pages are.
struct ClaimedColumn {
    /// The physical type (parquet.thrift, `Type`).
    var type: UInt8
    /// Which of the nodes above the leaf there are: two bits each, least significant first, `FieldRepetitionType` or 3
    /// for none.
    var nesting: Int
    /// The codec (parquet.thrift, `CompressionCodec`).
    var codec: UInt8
    var entryCount: Int
    var rowCount: Int
    /// Where the file has the column's indexes and bloom filter.
    var indexes: (column: Range<Int>, offset: Range<Int>, bloomFilter: Int)?

    /// The bytes of fixed length that values have.
    private static let fixedByteCount = 5

    private var repetitions: [Int] {
        (0..<4).map { nesting >> ($0 * 2) & 3 }.filter { $0 < 3 }
    }

    func footer(pageByteCount: Int) -> [UInt8] {
        let nodes = repetitions.isEmpty ? [0] : repetitions
        // Without lists there is a row for each entry.
        let rowCount = nodes.contains(2) ? rowCount : entryCount
        var footer: [UInt8] = [0x15, 2, 0x19] + Self.list(count: nodes.count + 1, of: 12)
        footer += [0x48, 0, 0x15, 2, 0]
        for (depth, repetition) in nodes.enumerated() {
            let isLeaf = depth == nodes.count - 1
            if isLeaf { footer += [0x15, type * 2, 0x15, UInt8(Self.fixedByteCount * 2)] }
            footer += [isLeaf ? 0x15 : 0x35, UInt8(repetition * 2), 0x18, 1, 0x61]
            if !isLeaf { footer += [0x15, 2] }
            footer.append(0)
        }
        footer += [0x16] + Self.integer(rowCount) + [0x19] + Self.list(count: 1, of: 12)
        // One row group of one chunk, whose metadata comes third.
        footer += [0x19] + Self.list(count: 1, of: 12) + [0x3c]
        footer += [0x15, type * 2, 0x19, 0x05, 0x19, 0x08, 0x15, codec * 2, 0x16] + Self.integer(entryCount)
        footer += [0x16] + Self.integer(pageByteCount) + [0x16] + Self.integer(pageByteCount) + [0x26, 8]
        if let indexes {
            footer += [0x56] + Self.integer(indexes.bloomFilter) + [0, 0x16] + Self.integer(indexes.offset.lowerBound)
            footer += [0x15] + Self.integer(indexes.offset.count) + [0x16] + Self.integer(indexes.column.lowerBound)
            footer += [0x15] + Self.integer(indexes.column.count) + [0]
        } else {
            footer += [0, 0]
        }
        footer += [0x16] + Self.integer(pageByteCount) + [0x16] + Self.integer(rowCount)
        return footer + [0, 0]
    }

    private static func list(count: Int, of type: UInt8) -> [UInt8] { [UInt8(count) << 4 | type] }

    private static func integer(_ value: Int) -> [UInt8] {
        var rest = UInt64(value) << 1
        var bytes: [UInt8] = []
        while rest >= 128 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
