import Bytes
import Testing

@testable import PostgresWire

@Suite("Rows of a replication stream")
struct TupleRowsTests {
    private static let columns = [
        TupleColumn(text: .int32, acceptsBinary: true), TupleColumn(text: .numeric, acceptsBinary: true),
        TupleColumn(text: .same, acceptsBinary: false),
    ]

    /// An insert of one row.
    private func insert(_ cells: String, count: Int = 3) -> [UInt8] {
        CapturedMessages.bytes("490000629e4e" + "000\(count)" + cells)
    }

    private func append(_ message: [UInt8], to batch: WireRowBatch) throws {
        var decoder = PgOutputDecoder()
        guard case .insert(_, let tuple, _) = try decoder.decode(message.span.bytes) else {
            Issue.record("not an insert")
            return
        }
        try batch.append(tuple, of: message.span.bytes, columns: Self.columns)
    }

    /// The bytes of a cell, or `nil` for NULL.
    private func cell(_ batch: WireRowBatch, _ row: Int, _ column: Int) -> String? {
        let offset = unsafe Int(batch.cellOffsets(ofColumn: column)[row])
        let bytes = unsafe UnsafeRawBufferPointer(start: batch.bytes, count: batch.byteCount)
        let length = unsafe Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset - 4, as: Int32.self)))
        return unsafe length < 0 ? nil : Hexadecimal.string([UInt8](bytes[offset..<(offset + length)]))
    }

    @Test("binary cells, text, NULL and values left alone")
    func kinds() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 4)
        try append(insert("6200000004000000026e7400000001" + "78"), to: batch)
        try append(insert("7400000001" + "37" + "7400000004" + "2d312e35" + "75"), to: batch)
        try append(insert("6e6e6e"), to: batch)
        #expect(batch.rowCount == 3)
        #expect(cell(batch, 0, 0) == "00000002" && cell(batch, 0, 1) == nil && cell(batch, 0, 2) == "78")
        #expect(cell(batch, 1, 0) == "00000007" && cell(batch, 1, 1) == "00020000400000010001" + "1388")
        #expect((0..<3).allSatisfy { cell(batch, 2, $0) == nil } && cell(batch, 1, 2) == nil)
        #expect(batch.unchangedCells.map(\.row) == [1] && batch.unchangedCells.map(\.column) == [2])
        batch.removeAll()
        #expect(batch.rowCount == 0 && batch.unchangedCells.isEmpty)
        try append(insert("6e6200000008" + "0000000000000000" + "6e"), to: batch)
        #expect(cell(batch, 0, 0) == nil && cell(batch, 0, 1) == "0000000000000000")
    }

    @Test("a row that is refused leaves the batch as it was")
    func refused() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 2)
        // Text that is no integer, binary where text is printed, another number of cells.
        for message in [
            insert("7400000001" + "78" + "7575"), insert("6e6e6200000001" + "78"), insert("6e6e", count: 2),
        ] {
            #expect(throws: WireFormatError.self) { try append(message, to: batch) }
            #expect(batch.rowCount == 0 && batch.unchangedCells.isEmpty)
        }
        try append(insert("6e6e6e"), to: batch)
        let before = batch.byteCount
        #expect(throws: WireFormatError.cellForm(column: 0)) {
            try append(insert("7400000001" + "78" + "7575"), to: batch)
        }
        #expect(batch.byteCount == before && batch.rowCount == 1)
        try append(insert("6e6e7400000001" + "79"), to: batch)
        #expect(cell(batch, 1, 2) == "79")
        #expect(throws: WireFormatError.batchFull) { try append(insert("6e6e6e"), to: batch) }
    }

    @Test("a value may be as large as the server makes them")
    func large() throws {
        let length = 300_000_000
        var message = insert("6e6e74" + "11e1a300")
        message += [UInt8](repeating: UInt8(ascii: "x"), count: length)
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 2)
        try append(message, to: batch)
        #expect(batch.rowCount == 1 && batch.byteCount > length)
    }

    // MARK: - The row before

    private static let text = TupleColumn(text: .same, acceptsBinary: false)
    /// `old` and `new` of an update of `id` and two texts.
    private static let stored = [columns[0], text, text]

    private func update(_ kind: String, _ old: String, _ new: String, count: Int = 3) -> [UInt8] {
        CapturedMessages.bytes("550000629e" + kind + "000\(count)" + old + "4e" + "0003" + new)
    }

    private func appendUpdate(
        _ message: [UInt8],
        to batch: WireRowBatch,
        isKnown: [Bool] = [true, true, true],
        columns: [TupleColumn] = stored
    ) throws {
        var decoder = PgOutputDecoder()
        guard case .update(_, let old?, let tuple, _) = try decoder.decode(message.span.bytes) else {
            Issue.record("not an update with a former row")
            return
        }
        let former =
            switch old {
            case .key(let tuple), .row(let tuple): FormerRow(tuple: tuple, isKnown: isKnown)
            }
        try batch.append(tuple, of: message.span.bytes, columns: columns, former: former)
    }

    @Test("what was left alone is taken from the row before")
    func filled() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 4)
        let old = "6200000004000000017400000001617400000001" + "62"
        try appendUpdate(update("4f", old, "6200000004000000027575"), to: batch)
        #expect(cell(batch, 0, 0) == "00000002" && cell(batch, 0, 1) == "61" && cell(batch, 0, 2) == "62")
        // What was sent again is not taken from there, nor is NULL.
        try appendUpdate(update("4f", old, "6200000004000000036e75"), to: batch)
        #expect(cell(batch, 1, 0) == "00000003" && cell(batch, 1, 1) == nil && cell(batch, 1, 2) == "62")
        try appendUpdate(update("4f", old, "62000000040000000375740000000163"), to: batch)
        #expect(cell(batch, 2, 1) == "61" && cell(batch, 2, 2) == "63")
        #expect(batch.unchangedCells.isEmpty && batch.rowCount == 3)
    }

    @Test("a value that was NULL before, or is empty, is no longer unknown")
    func filledWithNothing() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 4)
        try appendUpdate(update("4f", "6200000004000000016e7400000000", "6200000004000000027575"), to: batch)
        #expect(cell(batch, 0, 1) == nil && cell(batch, 0, 2)?.isEmpty == true)
        #expect(batch.unchangedCells.isEmpty)
    }

    @Test("values of the row before are brought into binary form too")
    func filledAndConverted() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 4)
        let columns = [Self.columns[0], Self.columns[1], Self.text]
        let old = "740000000137" + "74000000042d312e35" + "740000000162"
        try appendUpdate(update("4f", old, "740000000138" + "7575"), to: batch, columns: columns)
        #expect(cell(batch, 0, 0) == "00000008" && cell(batch, 0, 1) == "000200004000000100011388")
        #expect(cell(batch, 0, 2) == "62")
    }

    @Test("of a key only the known columns say something: its NULLs are placeholders")
    func filledFromKey() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 4)
        let old = "62000000040000000174000000016b6e"
        try appendUpdate(update("4b", old, "6200000004000000027575"), to: batch, isKnown: [true, true, false])
        #expect(cell(batch, 0, 1) == "6b" && cell(batch, 0, 2) == nil)
        #expect(batch.unchangedCells.map(\.row) == [0] && batch.unchangedCells.map(\.column) == [2])
        try appendUpdate(update("4b", old, "6200000004000000027575"), to: batch, isKnown: [true, false, false])
        #expect(cell(batch, 1, 1) == nil)
        #expect(batch.unchangedCells.map(\.row) == [0, 1, 1] && batch.unchangedCells.map(\.column) == [2, 1, 2])
        // A former row in turn may lack a value.
        try appendUpdate(update("4f", "6e7575", "6e7575"), to: batch)
        #expect(batch.unchangedCells.map(\.row) == [0, 1, 1, 2, 2])
    }

    @Test("a row before that is malformed leaves the batch as it was")
    func refusedFormer() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 4)
        let columns = [Self.columns[0], Self.columns[1], Self.text]
        let unchanged = "6200000004000000027575"
        try appendUpdate(update("4f", "6e6e6e", "6e6e75"), to: batch, isKnown: [false, false, false], columns: columns)
        let before = batch.byteCount
        // Text that is no number, binary where text is printed, another number of cells.
        #expect(throws: WireFormatError.cellForm(column: 1)) {
            try appendUpdate(update("4f", "6e" + "740000000178" + "6e", unchanged), to: batch, columns: columns)
        }
        #expect(throws: WireFormatError.cellForm(column: 2)) {
            try appendUpdate(update("4f", "6e6e" + "620000000178", unchanged), to: batch, columns: columns)
        }
        #expect(throws: WireFormatError.cellCount(found: 3, expected: 3)) {
            try appendUpdate(update("4f", "6e6e", unchanged, count: 2), to: batch, columns: columns)
        }
        #expect(throws: WireFormatError.cellCount(found: 3, expected: 3)) {
            try appendUpdate(update("4f", "6e6e6e", unchanged), to: batch, isKnown: [true], columns: columns)
        }
        #expect(batch.byteCount == before && batch.rowCount == 1)
        #expect(batch.unchangedCells.map(\.row) == [0] && batch.unchangedCells.map(\.column) == [2])
        // Nobody looks at a row before that nothing has to be taken from.
        try appendUpdate(update("4f", "6e" + "740000000178" + "6e", "6e6e6e"), to: batch, columns: columns)
        #expect(batch.rowCount == 2)
    }

    @Test("a row of NULLs stands among others, and first in a batch")
    func nullRows() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 3)
        try batch.appendNullRow()
        try append(insert("6200000004000000026e7400000001" + "78"), to: batch)
        try batch.appendNullRow()
        #expect(throws: WireFormatError.batchFull) { try batch.appendNullRow() }
        #expect([0, 2].allSatisfy { row in (0..<3).allSatisfy { cell(batch, row, $0) == nil } })
        #expect(cell(batch, 1, 0) == "00000002" && batch.rowCount == 3 && batch.unchangedCells.isEmpty)
        batch.removeAll()
        try batch.appendNullRow()
        #expect(cell(batch, 0, 2) == nil && batch.rowCount == 1)
    }

    @Test("a failed first row does not take the NULLs of later ones with it")
    func nullsAfterFailure() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 3)
        #expect(throws: WireFormatError.self) { try append(insert("6e6e6200000001" + "78"), to: batch) }
        try append(insert("6e6e7400000001" + "79"), to: batch)
        try batch.appendNullRow()
        #expect(cell(batch, 0, 0) == nil && cell(batch, 0, 2) == "79" && cell(batch, 1, 1) == nil)
    }
}
