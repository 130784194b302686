import Columnar
import Foundation
import Lake
import PostgresWire
import Testing

@Suite
struct SchemaRegistryTests {
    private static let int16 = ColumnType.leaf(.int32, .integer(bitWidth: 16))
    private static let int32 = ColumnType.leaf(.int32, nil)
    private static let int64 = ColumnType.leaf(.int64, nil)
    private static let float = ColumnType.leaf(.float, nil)
    private static let double = ColumnType.leaf(.double, nil)
    private static let text = ColumnType.leaf(.byteArray, .string)
    private static let json = ColumnType.leaf(.byteArray, .json)

    private static func decimal(_ precision: Int, _ scale: Int) -> ColumnType {
        .leaf(.int64, .decimal(precision: precision, scale: scale))
    }

    private var registry = SchemaRegistry()

    private mutating func names(
        _ columns: (source: String, type: ColumnType)...,
        taken: Set<String> = []
    ) -> [String] {
        clock += 10
        return registry.names(for: columns, of: "invoices", at: LSN(rawValue: clock), taken: taken)
    }

    private var clock: UInt64 = 0

    private var types: [String: String] {
        Dictionary((registry.tables["invoices"] ?? []).map { ($0.name, $0.type) }) { first, _ in first }
    }

    @Test
    mutating func `columns keep their names and their order of arrival`() {
        #expect(names(("id", Self.int64), ("note", Self.text)) == ["id", "note"])
        #expect(names(("note", Self.text), ("day", Self.int32), ("id", Self.int64)) == ["note", "day", "id"])
        #expect(registry.tables["invoices"]?.map(\.name) == ["id", "note", "day"])
        // A column that the table has lost is still known.
        #expect(names(("id", Self.int64)) == ["id"])
        #expect(registry.tables["invoices"]?.count == 3)
    }

    @Test(arguments: [
        (int16, int32), (int16, int64), (int32, int64), (float, double), (decimal(9, 2), decimal(12, 2)),
        (decimal(9, 2), decimal(11, 4)), (json, text), (text, json),
    ])
    mutating func `a wider type goes on in the same column`(narrow: ColumnType, wide: ColumnType) {
        #expect(names(("amount", narrow)) == ["amount"])
        #expect(names(("amount", wide)) == ["amount"])
        #expect(types == ["amount": wide.parquetText])
    }

    @Test
    mutating func `what is sent again after a crash has the names that it had`() {
        #expect(names(("amount", Self.int32)) == ["amount"])
        #expect(names(("amount", Self.int64)) == ["amount"])
        // The transaction at 10 comes again, then the one at 20.
        clock = 0
        #expect(names(("amount", Self.int32)) == ["amount"])
        #expect(names(("amount", Self.int64)) == ["amount"])
        #expect(types == ["amount": "INT64"])
    }

    @Test
    mutating func `a type that becomes narrower gets a column of its own`() {
        #expect(names(("amount", Self.int32)) == ["amount"])
        #expect(names(("amount", Self.int64)) == ["amount"])
        #expect(names(("amount", Self.int32)) == ["amount__v2"])
        #expect(types == ["amount": "INT64", "amount__v2": "INT32"])
    }

    @Test(arguments: [
        (int32, text), (text, int32), (int32, double), (int64, decimal(18, 0)), (decimal(9, 2), decimal(9, 3)),
        (decimal(12, 2), decimal(13, 4)), (ColumnType.list(int32), .list(int64)), (text, .list(text)),
        (.leaf(.int64, .timestamp(isAdjustedToUTC: true)), .leaf(.int64, .timestamp(isAdjustedToUTC: false))),
        (int32, .leaf(.int32, .date)), (text, .leaf(.fixedLengthByteArray(16), .uuid)),
        (text, .leaf(.byteArray, nil)), (.map(key: text, value: text), text),
    ])
    mutating func `any other type gets a column of its own, and going back is going back to the former`(
        first: ColumnType,
        second: ColumnType
    ) {
        #expect(names(("amount", first)) == ["amount"])
        #expect(names(("amount", second)) == ["amount__v2"])
        #expect(names(("amount", second)) == ["amount__v2"])
        #expect(names(("amount", first)) == ["amount"])
        #expect(types == ["amount": first.parquetText, "amount__v2": second.parquetText])
    }

    @Test
    mutating func `a third type is the third column, and a former column may grow`() {
        #expect(names(("a", Self.int32)) == ["a"])
        #expect(names(("a", Self.text)) == ["a__v2"])
        #expect(names(("a", Self.double)) == ["a__v3"])
        #expect(names(("a", Self.int64)) == ["a"])
        #expect(types == ["a": "INT64", "a__v2": "STRING", "a__v3": "DOUBLE"])
    }

    @Test
    mutating func `a name that stands for something else is not taken`() {
        let taken: Set<String> = ["_op", "_lsn", "_lsn__v2"]
        #expect(names(("_op", Self.text), ("_lsn", Self.int64), taken: taken) == ["_op__v2", "_lsn__v3"])
        #expect(names(("_op", Self.text), ("_lsn", Self.int64), taken: taken) == ["_op__v2", "_lsn__v3"])
    }

    @Test
    mutating func `no two columns ever share a name`() {
        #expect(names(("a", Self.int32), ("a__v2", Self.int32)) == ["a", "a__v2"])
        #expect(names(("a", Self.text), ("a__v2", Self.text)) == ["a__v3", "a__v2__v2"])
        // Here the name is gone before the column that has it comes.
        var other = SchemaRegistry()
        _ = other.names(for: [("a", Self.int32)], of: "t", at: LSN(rawValue: 1), taken: [])
        #expect(
            other.names(for: [("a", Self.text), ("a__v2", Self.text)], of: "t", at: LSN(rawValue: 1), taken: []) == [
                "a__v2", "a__v2__v2",
            ]
        )
    }

    @Test
    mutating func `tables do not know of each other, and the document is read back`() throws {
        #expect(names(("a", Self.int32)) == ["a"])
        #expect(registry.names(for: [("a", Self.text)], of: "other", at: LSN(rawValue: 1), taken: []) == ["a"])
        let json = try JSONEncoder().encode(registry)
        #expect(try JSONDecoder().decode(SchemaRegistry.self, from: json) == registry)
        #expect(SchemaRegistry.key(slot: "sluice") == "_sluice/sluice/schemas.json")
    }

    @Test
    mutating func `names that differ in their bytes alone are those of two columns`() {
        #expect(
            names(("e\u{301}", Self.text), ("\u{e9}", Self.int32)).map { Array($0.utf8) } == [
                [101, 204, 129], [195, 169],
            ]
        )
        #expect(names(("\u{e9}", Self.int64)).map { Array($0.utf8) } == [[195, 169]])
        #expect(registry.tables["invoices"]?.map(\.type) == ["STRING", "INT64"])
    }

    @Test
    mutating func `the primary key is remembered in any order`() throws {
        #expect(registry.isKey([], of: "invoices") == nil)
        registry.note(key: ["id", "\u{e9}"], of: "invoices")
        let json = try JSONEncoder().encode(registry)
        let read = try JSONDecoder().decode(SchemaRegistry.self, from: json)
        #expect(read.isKey(["\u{e9}", "id"], of: "invoices") == true)
        #expect(read.isKey(["e\u{301}", "id"], of: "invoices") == false && read.isKey(["id"], of: "invoices") == false)
        registry.note(key: [], of: "invoices")
        #expect(registry.isKey([], of: "invoices") == true)
        let older = Data(#"{"tables": {}}"#.utf8)
        #expect(try JSONDecoder().decode(SchemaRegistry.self, from: older).isKey([], of: "invoices") == nil)
    }

    @Test
    mutating func `a primary key is the same from where it was first seen until it is made again`() throws {
        func note(_ key: [String], _ constraint: UInt32?, _ type: String = "20", at position: UInt64) -> UInt64 {
            let position = LSN(rawValue: position)
            return registry.note(key: key, constraint: constraint, types: [type], at: position, of: "invoices").rawValue
        }
        #expect(note(["id"], 7, at: 10) == 10)
        #expect(note(["id"], 7, at: 20) == 10)
        let read = try JSONDecoder().decode(SchemaRegistry.self, from: JSONEncoder().encode(registry))
        #expect(read == registry)
        // The same columns, but a new constraint; then other columns.
        #expect(note(["id"], 8, at: 30) == 30 && note(["id"], 8, at: 40) == 30)
        #expect(note(["code"], 9, at: 50) == 50)
        // Another name of a column, and another type, for which the server makes the constraint again.
        #expect(note(["number"], 9, at: 60) == 50 && note(["number"], 10, "23", at: 70) == 50)
        #expect(note([], nil, at: 80) == 80)
    }

    @Test
    mutating func `it is known which columns a table had when it was last described`() throws {
        #expect(registry.columnsLastSeen(of: "invoices") == nil)
        _ = names(("id", Self.int64), ("note", Self.text))
        _ = names(("id", Self.int64), ("day", Self.int32))
        #expect(registry.columnsLastSeen(of: "invoices")?.map(\.name) == ["id", "day"])
        _ = names(("id", Self.text), ("note", Self.text))
        #expect(registry.columnsLastSeen(of: "invoices")?.map(\.name) == ["note", "id__v2"])
        let older = Data(#"{"tables": {"invoices": [{"name": "id", "source": "id", "versions": []}]}}"#.utf8)
        let read = try JSONDecoder().decode(SchemaRegistry.self, from: older)
        #expect(read.columnsLastSeen(of: "invoices")?.map(\.name) == ["id"])
    }

    @Test(arguments: [
        (int16, "INT16"), (.leaf(.boolean, nil), "BOOLEAN"), (float, "FLOAT"), (.leaf(.byteArray, nil), "BYTE_ARRAY"),
        (.leaf(.fixedLengthByteArray(9), .decimal(precision: 20, scale: 4)), "DECIMAL(20,4)"),
        (.leaf(.fixedLengthByteArray(16), .uuid), "UUID"),
        (.leaf(.fixedLengthByteArray(3), nil), "FIXED_LEN_BYTE_ARRAY(3)"),
        (.leaf(.int32, .date), "DATE"), (.leaf(.int64, .time()), "TIME"),
        (.leaf(.int64, .timestamp(isAdjustedToUTC: true)), "TIMESTAMP(UTC)"),
        (.leaf(.int64, .timestamp(isAdjustedToUTC: false)), "TIMESTAMP"), (.list(.list(text)), "LIST<LIST<STRING>>"),
        (.map(key: text, value: json), "MAP<STRING,STRING>"),
    ])
    func `types have a text`(type: ColumnType, text: String) {
        #expect(type.parquetText == text)
    }
}
