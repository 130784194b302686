import Bytes
import Columnar
import Ingest
import PostgresWire
import Testing

@Suite
struct MaskTests {
    private static let salt = MaskSalt("grain")
    private static let sha256 = TextMask.sha256(salt)
    /// SHA-256 of `grain` and of what follows.
    private static let digests = [
        "a@example.org": "b030d4cff3611dee6fc80546b52b110fcf9a578c5093f9b4025c732e8945dc61",
        "": "2c2240217b64aa2d2b96eaaf90be394c768fdab1277aa5aa97b0e2161f12bbd8",
        "é": "cdd5d0035461fa615661fab88bd93a767c01400e4938896b95af813b984e8196",
        "42": "7f3a9b934e2845388058d0b8145b926ed0bcce764c2ac5509e169afc0822716d",
    ]

    private static let types = TypeCatalog(
        [
            (17, "bytea", 0, "base"), (20, "int8", 0, "base"), (23, "int4", 0, "base"), (25, "text", 0, "base"),
            (114, "json", 0, "base"), (869, "inet", 0, "base"), (1007, "_int4", 23, "base"),
            (1082, "date", 0, "base"), (3802, "jsonb", 0, "base"), (16384, "mood", 0, "enumeration"),
        ]
        .map { oid, name, element, kind in
            PostgresType(
                oid: oid,
                name: name,
                kind: kind == "base" ? .base : .enumeration,
                baseOID: 0,
                baseModifier: -1,
                elementOID: element,
                delimiter: ",",
                outputFunction: "pg_catalog.\(name)out"
            )
        }
    )

    private func mapping(_ oid: UInt32, _ mask: ColumnMask) -> ColumnMapping? {
        ColumnMapping(typeOID: oid, modifier: -1, mask: mask, types: Self.types)
    }

    @Test
    func `a digest is of the salt and the text, and NULL stays NULL`() throws {
        let inputs = ["a@example.org", "", "é", "42", "a@example.org"]
        let (column, rescued) = try decoded(inputs.map { Array($0.utf8) } + [nil], .masked(Self.sha256))
        #expect(texts(column) == inputs.map { Self.digests[$0] } + [nil])
        #expect(rescued.allSatisfy { $0 == nil })
    }

    @Test(arguments: [(1, ["n", "é", "", "日"]), (2, ["no", "é!", "", "日本"]), (9, ["note", "é!", "", "日本語"])])
    func `the first characters are kept, whatever their bytes`(count: Int, kept: [String]) throws {
        let cells = ["note", "é!", "", "日本語"].map { Array($0.utf8) } as [Cell]
        let (column, _) = try decoded(cells + [nil], .masked(.prefix(characterCount: count)))
        #expect(texts(column) == kept + [nil])
    }

    @Test
    func `nothing is kept of cells of any kind`() throws {
        let list = ColumnType.list(.leaf(.int32, nil))
        for type in [ColumnType.leaf(.int64, nil), .leaf(.byteArray, .string), list] {
            let batch = try decodedRows([[Array("x".utf8)], [nil], [[1, 2, 3]]], [("c", .nothing(type))])
            #expect(batch.rowCount == 3 && (0..<3).allSatisfy { !batch.columns[0].validity.isValue(at: $0) })
            #expect(batch.columns.count == 2, "there is nothing to rescue")
        }
    }

    @Test
    func `texts are masked as they come, other types as the server prints them`() throws {
        for oid in [UInt32(25), 16384] {
            let mapping = try #require(self.mapping(oid, .text(Self.sha256)))
            #expect(mapping.selection == .column && mapping.tupleColumn.acceptsBinary)
            #expect(mapping.type == .leaf(.byteArray, .string) && mapping.tupleColumn.text == .same)
        }
        for (oid, name) in [
            (20, "int8"), (17, "bytea"), (114, "json"), (1007, "_int4"), (3802, "jsonb"), (869, "inet"),
        ] {
            let mapping = try #require(self.mapping(UInt32(oid), .text(Self.sha256)))
            #expect(mapping.selection == .text(outputFunction: "pg_catalog.\(name)out"))
            #expect(mapping.type == .leaf(.byteArray, .string))
            #expect(mapping.tupleColumn == TupleColumn(text: .same, acceptsBinary: false))
        }
    }

    @Test
    func `a type that nobody knows is masked in the form of text`() throws {
        let mapping = try #require(self.mapping(99_999, .text(.prefix(characterCount: 1))))
        #expect(mapping.decoder == .masked(.prefix(characterCount: 1)) && !mapping.tupleColumn.acceptsBinary)
        #expect(self.mapping(99_999, .null)?.decoder == .nothing(.leaf(.byteArray, .string)))
    }

    @Test
    func `the first characters are of texts only`() {
        let prefix = ColumnMask.text(.prefix(characterCount: 3))
        for oid in [UInt32(25), 869, 16384] { #expect(mapping(oid, prefix) != nil) }
        for oid in [UInt32(17), 20, 114, 1007, 1082, 3802] { #expect(mapping(oid, prefix) == nil) }
    }

    @Test
    func `a column of NULLs keeps its type and takes cells in any form`() throws {
        let mapping = try #require(self.mapping(1007, .null))
        #expect(mapping.type == .list(.leaf(.int32, nil)) && mapping.decoder == .nothing(mapping.type))
        #expect(mapping.tupleColumn == TupleColumn(text: .same, acceptsBinary: true))
    }

    @Test
    func `a former key holds what masks leave of it`() throws {
        let key = RowKey([
            .init(0, "id", .int64), .init(1, "email", .masked(Self.sha256)),
            .init(2, "note", .masked(.prefix(characterCount: 2))), .init(3, "day", .nothing(.leaf(.int32, .date))),
        ])
        let cells: [Cell] = [
            bigEndianBytes(Int64(7)), Array("a@example.org".utf8), Array("näh".utf8), bigEndianBytes(Int32(1)),
        ]
        let json = String(decoding: try key.json(0, of: wireBatch([cells])), as: UTF8.self)
        let digest = try #require(Self.digests["a@example.org"])
        #expect(json == #"{"id":"7","email":"\#(digest)","note":"nä","day":null}"#)
        let nulls = String(decoding: try key.json(0, of: wireBatch([[nil, nil, nil, nil]])), as: UTF8.self)
        #expect(nulls == #"{"id":null,"email":null,"note":null,"day":null}"#)
    }

    @Test
    func `changes are masked too`() throws {
        let schema = ChangeSchema(columns: [
            .init(0, "email", .masked(Self.sha256)), .init(1, "day", .nothing(.leaf(.int32, .date))),
        ])
        let forms = [TupleColumn](repeating: TupleColumn(text: .same, acceptsBinary: true), count: 2)
        let rows = ChangeRows(columnCount: 2, rowCapacity: 4)
        for cells: [StreamCell] in [
            [.text("42"), .text("infinity")], [.binary(Array("é".utf8)), .binary([1])], [.unchanged, .null],
        ] {
            try rows.wire.append(cells, columns: forms)
            rows.stamp(ChangeStamp(.update))
        }
        let batch = RowBatch(schema: schema.table)
        try ChangeDecoder(schema: schema).decode(rows, into: batch)
        #expect(texts(batch.columns[8]) == [Self.digests["42"], Self.digests["é"], nil])
        #expect(texts(batch.columns[7]) == [nil, nil, nil])
        #expect((0..<3).allSatisfy { !batch.columns[9].validity.isValue(at: $0) })
    }

    @Test
    func `a salt is shown nowhere`() {
        let decoder = CellDecoder.masked(Self.sha256)
        var dumped = ""
        dump(decoder, to: &dumped)
        for text in ["\(Self.salt)", String(reflecting: Self.salt), "\(decoder)", String(reflecting: decoder), dumped] {
            #expect(!text.contains("grain") && !text.contains("103"), "\(text)")
        }
    }
}
