import Columnar
import Ingest
import PostgresWire
import Testing

@Suite
struct ChangeDecoderTests {
    private static let schema = ChangeSchema(columns: [.init(0, "id", .int32), .init(2, "note", .bytes)])
    private static let forms = [
        TupleColumn(text: .int32, acceptsBinary: true), TupleColumn(text: .same, acceptsBinary: true),
        TupleColumn(text: .same, acceptsBinary: true),
    ]

    private func decoded(_ rows: ChangeRows, _ schema: ChangeSchema = schema) throws -> RowBatch {
        let batch = RowBatch(schema: schema.table)
        try ChangeDecoder(schema: schema).decode(rows, into: batch)
        #expect(batch.columns.allSatisfy { $0.slotCount == rows.rowCount })
        return batch
    }

    @Test
    func `what happened stands before the table's columns`() {
        let names = [
            "_op", "_lsn", "_seq", "_xid", "_committed_at", "_unchanged", "_old_key", "_rescued", "id", "note",
        ]
        #expect(Self.schema.table.fields.map(\.name) == names)
        #expect(
            Self.schema.table.fields.map(\.isNullable) == [false, false, false, false, false]
                + Array(repeating: true, count: 5)
        )
    }

    @Test
    func `each change has its stamp, whatever it is`() throws {
        let rows = ChangeRows(columnCount: 3, rowCapacity: 8)
        let stamps = [
            ChangeStamp(operation: .insert, lsn: 0, sequence: 1, xid: 3, committedAt: 0),
            ChangeStamp(operation: .update, lsn: .max, sequence: 2, xid: .max, committedAt: .min),
            ChangeStamp(operation: .delete, lsn: 99, sequence: .max, xid: 0, committedAt: .max),
            ChangeStamp(operation: .truncate, lsn: 100, sequence: 4, xid: 4, committedAt: -1),
        ]
        for stamp in stamps {
            if stamp.operation == .truncate {
                try rows.wire.appendNullRow()
            } else {
                try rows.wire.append([.text("\(stamp.sequence & 0xff)"), .null, .text("x")], columns: Self.forms)
            }
            rows.stamp(stamp)
        }
        let batch = try decoded(rows)
        #expect(texts(batch.columns[0]) == ["I", "U", "D", "T"])
        #expect(integers(batch.columns[1], Int64.self) == stamps.map(\.lsn))
        #expect(integers(batch.columns[2], Int64.self) == stamps.map(\.sequence))
        #expect(integers(batch.columns[3], Int64.self) == [3, 4_294_967_295, 0, 4])
        #expect(integers(batch.columns[4], Int64.self) == stamps.map(\.committedAt))
        #expect(integers(batch.columns[8], Int32.self) == [1, 2, 255, nil])
        #expect(texts(batch.columns[9]) == ["x", "x", "x", nil])
        #expect(texts(batch.columns[7]) == [nil, nil, nil, nil])
    }

    @Test
    func `columns that the server left alone are named, those left out are not`() throws {
        let schema = ChangeSchema(columns: [.init(0, "id", .int32), .init(2, "note", .bytes), .init(3, "é", .bytes)])
        let forms = Self.forms + [TupleColumn(text: .same, acceptsBinary: true)]
        let rows = ChangeRows(columnCount: 4, rowCapacity: 8)
        let samples: [[StreamCell]] = [
            [.text("0"), .unchanged, .unchanged, .unchanged], [.text("1"), .text("a"), .text("b"), .text("c")],
            [.text("2"), .unchanged, .text("b"), .text("c")], [.text("3"), .text("a"), .text("b"), .unchanged],
            [.text("4"), .null, .null, .null],
        ]
        for (index, cells) in samples.enumerated() {
            try rows.wire.append(cells, columns: forms)
            rows.stamp(ChangeStamp(.update, sequence: Int64(index + 1)))
        }
        let batch = try decoded(rows, schema)
        #expect(integers(batch.columns[5], UInt32.self) == [2, nil, nil, 1, nil])
        #expect(texts(batch.columns[5].children[0]) == ["note", "é", "é"])
        #expect(texts(batch.columns[9]) == [nil, "b", "b", "b", nil])
    }

    @Test
    func `former keys stand at their changes`() throws {
        let rows = ChangeRows(columnCount: 3, rowCapacity: 8)
        for index in 0..<5 {
            try rows.wire.append([.text("\(index)"), .null, .null], columns: Self.forms)
            rows.stamp(ChangeStamp(.update), oldKey: index % 3 == 1 ? Array("{\"id\":\"\(index)\"}".utf8) : nil)
        }
        #expect(try texts(decoded(rows).columns[6]) == [nil, #"{"id":"1"}"#, nil, nil, #"{"id":"4"}"#])
    }

    @Test
    func `values without a place in their column are rescued under its name`() throws {
        let schema = ChangeSchema(columns: [
            .init(1, "day", .date), .init(2, "a\"b", .decimal(precision: 9, scale: 2)),
        ])
        let forms = [
            TupleColumn(text: .same, acceptsBinary: true), TupleColumn(text: .date, acceptsBinary: true),
            TupleColumn(text: .numeric, acceptsBinary: true),
        ]
        let rows = ChangeRows(columnCount: 3, rowCapacity: 8)
        for cells: [StreamCell] in [
            [.null, .text("2026-11-22"), .text("1.25")], [.text("x"), .text("infinity"), .text("NaN")],
            [.null, .text("2026-11-22"), .text("1.255")], [.unchanged, .null, .unchanged],
        ] {
            try rows.wire.append(cells, columns: forms)
            rows.stamp(ChangeStamp(.update))
        }
        let batch = try decoded(rows, schema)
        #expect(texts(batch.columns[7]) == [nil, #"{"day":"infinity","a\"b":"NaN"}"#, #"{"a\"b":"1.255"}"#, nil])
        #expect(integers(batch.columns[8], Int32.self) == [20_779, nil, 20_779, nil])
        #expect(integers(batch.columns[9], Int32.self) == [125, nil, nil, nil])
        #expect(texts(batch.columns[5].children[0]) == ["a\"b"])
    }

    @Test
    func `a decoder takes one batch after another, and nothing of one is seen in the next`() throws {
        let decoder = ChangeDecoder(schema: ChangeSchema(columns: [.init(0, "day", .date)]))
        let forms = [TupleColumn(text: .date, acceptsBinary: true)]
        let rows = ChangeRows(columnCount: 1, rowCapacity: 2)
        let batch = RowBatch(schema: decoder.schema.table)
        try decoder.decode(rows, into: batch)
        #expect(batch.rowCount == 0)
        try rows.wire.append([.text("infinity")], columns: forms)
        rows.stamp(ChangeStamp(.update), oldKey: Array("{}".utf8))
        try rows.wire.append([.unchanged], columns: forms)
        rows.stamp(ChangeStamp(.update))
        #expect(rows.isFull)
        try decoder.decode(rows, into: batch)
        rows.removeAll()
        #expect(rows.rowCount == 0 && !rows.isFull)
        try rows.wire.append([.text("1970-01-02")], columns: forms)
        rows.stamp(ChangeStamp(.insert))
        try decoder.decode(rows, into: batch)
        #expect(texts(batch.columns[0]) == ["U", "U", "I"])
        #expect(integers(batch.columns[5], UInt32.self) == [nil, 1, nil])
        #expect(texts(batch.columns[6]) == ["{}", nil, nil])
        #expect(texts(batch.columns[7]) == [#"{"day":"infinity"}"#, nil, nil])
        #expect(integers(batch.columns[8], Int32.self) == [nil, nil, 1])
    }

    @Test
    func `a malformed cell is an error that names its column`() throws {
        let rows = ChangeRows(columnCount: 3, rowCapacity: 1)
        try rows.wire.append([.binary([1, 2, 3]), .null, .null], columns: Self.forms)
        rows.stamp(ChangeStamp(.insert))
        let error = try #require(throws: CellError.self) { _ = try decoded(rows) }
        #expect(error.column == 0)
    }

    @Test
    func `memory is counted`() throws {
        let rows = ChangeRows(columnCount: 1, rowCapacity: 1_000)
        let empty = rows.allocatedByteCount
        try rows.wire.append([.text(String(repeating: "x", count: 1 << 20))], columns: [Self.forms[1]])
        rows.stamp(ChangeStamp(.insert))
        #expect(rows.allocatedByteCount >= empty + 1 << 20 - 64_000)
    }
}
