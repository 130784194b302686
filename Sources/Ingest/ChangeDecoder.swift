import Bytes
public import Columnar
import PostgresWire

/// Where changes become columns, in batches: one tight loop per column.
///
/// Used by one thread at a time.
public final class ChangeDecoder {
    /// What the changes look like.
    public let schema: ChangeSchema
    private let decoding = ColumnDecoding()
    private let rescuedColumn: RescuedColumn
    /// The column of each cell; nil for cells that are left out.
    private let columnOfCell: [Int: Int]

    /// Creates a decoder.
    public init(schema: ChangeSchema) {
        self.schema = schema
        rescuedColumn = RescuedColumn(columns: schema.columns.map(\.name))
        columnOfCell = Dictionary(
            schema.columns.enumerated().map { ($0.element.cell, $0.offset) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Appends all changes to a batch of the schema's fields.
    ///
    /// - Throws: ``CellError`` if a cell is malformed; the batch is of no use then.
    public func decode(_ rows: ChangeRows, into batch: RowBatch) throws(CellError) {
        let count = rows.rowCount
        guard count > 0 else { return }
        decoding.rescued.removeAll(keepingCapacity: true)
        let first = ChangeSchema.changeFields.count
        for (index, column) in schema.columns.enumerated() {
            decoding.columnIndex = index
            let run = unsafe CellRun(
                bytes: rows.wire.bytes,
                offsets: rows.wire.cellOffsets(ofColumn: column.cell),
                count: count
            )
            try decoding.decode(run, with: column.decoder, into: batch.columns[first + index])
        }
        appendStamps(of: rows, to: batch)
        appendUnchanged(rows, to: batch.columns[5])
        appendOldKeys(rows, to: batch.columns[6])
        try rescuedColumn.append(decoding.rescued, count: count, to: batch.columns[7])
    }

    private func appendStamps(of rows: ChangeRows, to batch: RowBatch) {
        let count = rows.rowCount
        let stamps = unsafe rows.stamps.base
        let stride = MemoryLayout<ChangeStamp>.stride
        let operations = batch.columns[0]
        let numbers = (1...4).map { batch.columns[$0] }
        // A length of four bytes and one letter.
        let letters = unsafe operations.values.reserve(count * 5)
        let targets = unsafe numbers.map { unsafe $0.values.reserve(count * 8) }
        for index in 0..<count {
            let stamp = unsafe stamps.load(fromByteOffset: index &* stride, as: ChangeStamp.self)
            unsafe letters.storeBytes(of: UInt32(1).littleEndian, toByteOffset: index &* 5, as: UInt32.self)
            unsafe letters.storeBytes(of: stamp.operation.rawValue, toByteOffset: index &* 5 &+ 4, as: UInt8.self)
            unsafe targets[0].storeBytes(of: stamp.lsn, toByteOffset: index &* 8, as: Int64.self)
            unsafe targets[1].storeBytes(of: stamp.sequence, toByteOffset: index &* 8, as: Int64.self)
            unsafe targets[2].storeBytes(of: Int64(stamp.xid), toByteOffset: index &* 8, as: Int64.self)
            unsafe targets[3].storeBytes(of: stamp.committedAt, toByteOffset: index &* 8, as: Int64.self)
        }
        operations.values.advance(by: count * 5)
        operations.validity.appendValues(count)
        for column in numbers {
            column.values.advance(by: count * 8)
            column.validity.appendValues(count)
        }
    }

    /// A list of names for each row that has columns whose value the server did not send.
    private func appendUnchanged(_ rows: ChangeRows, to column: Column) {
        let cells = rows.wire.unchangedCells
        var next = 0
        var index = 0
        while index < cells.count {
            let row = cells[index].row
            column.appendNulls(row - next)
            var names = 0
            while index < cells.count, cells[index].row == row {
                if let place = columnOfCell[cells[index].column] {
                    column.children[0].append(schema.columns[place].name)
                    names += 1
                }
                index += 1
            }
            if names > 0 { column.append(entryCount: names) } else { column.appendNulls(1) }
            next = row + 1
        }
        column.appendNulls(rows.rowCount - next)
    }

    private func appendOldKeys(_ rows: ChangeRows, to column: Column) {
        var next = 0
        for key in rows.oldKeys {
            column.appendNulls(key.row - next)
            unsafe key.json.withUnsafeBytes { unsafe column.append(bytes: $0) }
            next = key.row + 1
        }
        column.appendNulls(rows.rowCount - next)
    }
}
