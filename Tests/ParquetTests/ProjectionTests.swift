import Columnar
import Parquet
import Testing

/// Columns of which some members are read.
@Suite
struct ProjectionTests {
    private static let integer = ColumnType.leaf(.int32, nil)
    private static let text = ColumnType.leaf(.byteArray, .string)
    private static let address = ColumnType.structure([
        Field(name: "city", type: text), Field(name: "zip", type: integer),
        Field(name: "point", type: .structure([Field(name: "x", type: integer), Field(name: "y", type: integer)])),
    ])

    private static let schema = TableSchema(fields: [
        Field(name: "address", type: address),
        Field(
            name: "items",
            type: .list(.structure([Field(name: "name", type: text), Field(name: "price", type: integer)]))
        ),
        Field(name: "places", type: .map(key: text, value: address)),
        Field(name: "address.city", type: integer),
        Field(name: "a.b", type: .structure([Field(name: "c.d", type: integer), Field(name: "e", type: integer)])),
    ])

    /// Three rows.
    private static func reader() throws -> ParquetFileReader {
        let batch = RowBatch(schema: schema)
        let columns = batch.columns
        for row in 0..<3 {
            appendAddress(row, to: columns[0])
            columns[1].append(entryCount: row)
            for item in 0..<row {
                columns[1].children[0].append(structureCount: 1)
                columns[1].children[0].children[0].append("item \(item)")
                columns[1].children[0].children[1].append(Int32(row * 10 + item))
            }
            columns[2].append(entryCount: 1)
            columns[2].children[0].append("key \(row)")
            appendAddress(row, to: columns[2].children[1])
            columns[3].append(Int32(100 + row))
            columns[4].append(structureCount: 1)
            columns[4].children[0].append(Int32(200 + row))
            columns[4].children[1].append(Int32(300 + row))
        }
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, to: sink)
        try writer.append(batch)
        _ = try writer.finish()
        return try ParquetFileReader(MemoryByteSource(sink.bytes))
    }

    private static func appendAddress(_ row: Int, to column: Column) {
        guard row != 1 else { return column.appendNulls(1) }
        column.append(structureCount: 1)
        column.children[0].append("city \(row)")
        column.children[1].append(Int32(row))
        column.children[2].append(structureCount: 1)
        column.children[2].children[0].append(Int32(row))
        column.children[2].children[1].append(Int32(-row))
    }

    private static func read(_ columns: [String]) throws -> [Column] {
        try reader().readRowGroup(0, columns: columns).columns
    }

    @Test
    func `a structure has the members that are asked for, in the order of the file`() throws {
        let columns = try Self.read(["address.zip", "items.price", "address.point.y"])
        #expect(
            columns.map(\.type) == [
                .structure([
                    Field(name: "zip", type: Self.integer),
                    Field(name: "point", type: .structure([Field(name: "y", type: Self.integer)])),
                ]),
                .list(.structure([Field(name: "price", type: Self.integer)])),
            ]
        )
        #expect(ColumnDump.values(columns[0]) == ["[0,[0]]", "null", "[2,[-2]]"])
        #expect(ColumnDump.values(columns[1]) == ["[]", "[[10]]", "[[20],[21]]"])
    }

    @Test
    func `the names of the nodes in between are understood`() throws {
        let short = try Self.read(["items.price"])
        let long = try Self.read(["items.list.element.price"])
        #expect(ColumnDump.values(short[0]) == ColumnDump.values(long[0]) && short[0].type == long[0].type)
    }

    @Test
    func `maps keep their keys`() throws {
        let columns = try Self.read(["places.value.zip"])
        #expect(columns[0].type == .map(key: Self.text, value: .structure([Field(name: "zip", type: Self.integer)])))
        let dump = ColumnDump.values(columns[0])
        #expect(dump.count == 3 && dump[0].hasSuffix(",[0]]]") && dump[1].hasSuffix(",null]]"))
        #expect(try Self.read(["places.key_value.value.zip"])[0].type == columns[0].type)
    }

    @Test
    func `names with points are names first, and parts of paths after that`() throws {
        #expect(try ColumnDump.values(Self.read(["address.city"])[0]) == ["100", "101", "102"])
        #expect(try ColumnDump.values(Self.read(["a.b.c.d"])[0]) == ["[200]", "[201]", "[202]"])
        #expect(try ColumnDump.values(Self.read(["a.b"])[0]) == ["[200,300]", "[201,301]", "[202,302]"])
    }

    @Test
    func `a column and a part of it are the column`() throws {
        let columns = try Self.read(["a.b.e", "a.b"])
        #expect(columns.count == 1 && ColumnDump.values(columns[0])[0] == "[200,300]")
        #expect(try Self.read(["a.b", "a.b"]).count == 2)
    }

    @Test(arguments: ["address.", "address.street", "items.list", "places.zip", "address.city.x", ".city", "", "a"])
    func `paths that lead nowhere are an error`(path: String) throws {
        #expect(throws: ParquetReadError.self) { try Self.read([path]) }
    }

    @Test
    func `only the chunks of the members are fetched`() throws {
        let batch = RowBatch(schema: Self.schema)
        for (field, column) in zip(Self.schema.fields, batch.columns) where field.name != "address" {
            column.appendNulls(500)
        }
        for row in 0..<500 { Self.appendAddress(row, to: batch.columns[0]) }
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: Self.schema, to: sink)
        try writer.append(batch)
        _ = try writer.finish()
        let source = CountingByteSource(sink.bytes)
        let reader = try ParquetFileReader(source)
        _ = source.takeReads()
        _ = try reader.readRowGroup(0, columns: ["address.point"])
        let chunks = reader.metadata.rowGroups[0].columns.filter {
            $0.path.contains("point") && $0.path[0] == "address"
        }
        // Both lie side by side.
        #expect(source.takeReads().map(\.count) == [chunks.reduce(0) { $0 + $1.compressedByteCount }])
    }
}
