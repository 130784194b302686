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
}
