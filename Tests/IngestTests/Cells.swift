import Bytes
import Columnar
import Ingest
import PostgresWire

/// Binary cells as the server writes them; `nil` is NULL.
typealias Cell = [UInt8]?

func bigEndianBytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    stride(from: T.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> T($0)) }
}

func framed(_ cell: Cell) -> [UInt8] {
    guard let cell else { return bigEndianBytes(Int32(-1)) }
    return bigEndianBytes(Int32(cell.count)) + cell
}

func numericCell(_ digits: [UInt16], weight: Int16, scale: UInt16, sign: UInt16 = 0) -> [UInt8] {
    [UInt16(digits.count), UInt16(bitPattern: weight), sign, scale].flatMap { bigEndianBytes($0) }
        + digits.flatMap { bigEndianBytes($0) }
}

func arrayCell(_ elements: [Cell], sizes: [Int32]? = nil, lowerBound: Int32 = 1) -> [UInt8] {
    let sizes = sizes ?? (elements.isEmpty ? [] : [Int32(elements.count)])
    return bigEndianBytes(Int32(sizes.count)) + bigEndianBytes(Int32(1)) + bigEndianBytes(UInt32(25))
        + sizes.flatMap { bigEndianBytes($0) + bigEndianBytes(lowerBound) } + elements.flatMap(framed)
}

func hstoreCell(_ pairs: [(String, String?)]) -> [UInt8] {
    bigEndianBytes(Int32(pairs.count))
        + pairs.flatMap { framed(Array($0.0.utf8)) + framed($0.1.map { Array($0.utf8) }) }
}

func wireBatch(_ rows: [[Cell]]) throws -> WireRowBatch {
    let batch = WireRowBatch(columnCount: rows.first?.count ?? 0, rowCapacity: max(1, rows.count))
    for row in rows {
        let bytes = bigEndianBytes(Int16(row.count)) + row.flatMap(framed)
        _ = try bytes.withUnsafeBytes { try batch.append(row: $0) }
    }
    return batch
}

/// Decodes one column and returns it with the texts of `_rescued`.
func decoded(_ cells: [Cell], _ decoder: CellDecoder) throws -> (column: Column, rescued: [String?]) {
    let batch = try decodedRows(cells.map { [$0] }, [("c", decoder)])
    let rescued = batch.columns.count > 2 ? texts(batch.columns[2]) : Array(repeating: nil, count: cells.count)
    return (batch.columns[0], rescued)
}

func decodedRows(
    _ rows: [[Cell]],
    _ columns: [(name: String, decoder: CellDecoder)],
    order: [UInt32]? = nil
) throws -> RowBatch {
    let decoder = RowDecoder(columns: columns)
    var fields = columns.map { Field(name: $0.name, type: $0.decoder.columnType) }
    fields.append(Field(name: "_lsn", type: .leaf(.int64, nil), isNullable: false))
    if decoder.hasRescuedColumn { fields.append(Field(name: "_rescued", type: .leaf(.byteArray, .json))) }
    let batch = RowBatch(schema: TableSchema(fields: fields))
    let wire = try wireBatch(rows)
    let order = order ?? (0..<UInt32(rows.count)).map { $0 }
    try order.withUnsafeBufferPointer { try decoder.decode($0, of: wire, lsn: 42, into: batch) }
    return batch
}

/// The slots of a column of variable width.
func texts(_ column: Column) -> [String?] {
    let bytes = column.values.copyBytes()
    var position = 0
    return (0..<column.slotCount).map { slot in
        guard column.validity.isValue(at: slot) else { return nil }
        let length = integer(bytes[position..<(position + 4)], UInt32.self)
        defer { position += 4 + Int(length) }
        return String(decoding: bytes[(position + 4)..<(position + 4 + Int(length))], as: UTF8.self)
    }
}

/// The slots of a column of little-endian integers.
func integers<T: FixedWidthInteger>(_ column: Column, _ type: T.Type) -> [T?] {
    let bytes = column.values.copyBytes()
    var position = 0
    return (0..<column.slotCount).map { slot in
        guard column.validity.isValue(at: slot) else { return nil }
        defer { position += MemoryLayout<T>.size }
        return integer(bytes[position..<(position + MemoryLayout<T>.size)], type)
    }
}

private func integer<T: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, _ type: T.Type) -> T {
    bytes.reversed().reduce(T.zero) { $0 << 8 | T(truncatingIfNeeded: $1) }
}
