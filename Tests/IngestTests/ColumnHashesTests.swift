import Columnar
import Ingest
import PostgresWire
import Testing

@Suite
struct ColumnHashesTests {
    /// The type of the table's column decides where the file's does not.
    private static func mapping(_ oid: UInt32, element: UInt32 = 0, modifier: Int32 = -1) throws -> ColumnMapping {
        func type(_ oid: UInt32, element: UInt32 = 0) -> PostgresType {
            PostgresType(
                oid: oid,
                name: "type",
                kind: .base,
                baseOID: 0,
                baseModifier: -1,
                elementOID: element,
                delimiter: element == 603 ? ";" : ",",
                outputFunction: "pg_catalog.typeout"
            )
        }
        let types = TypeCatalog([type(oid, element: element), type(element)])
        return try #require(ColumnMapping(typeOID: oid, modifier: modifier, override: nil, types: types))
    }

    private static func hash(_ text: String, seed: UInt64) -> UInt64 {
        Array(text.utf8).withUnsafeBytes { TextHash.hash($0, seed: seed) }
    }

    /// Expects the texts that the values of a column have, nil for NULL.
    private static func expect(_ texts: [String?], of column: Column, _ form: PrintedValue, _ place: SourceLocation) {
        let seeds = texts.indices.map { UInt64($0) &* 0x9e37_79b9_7f4a_7c15 }
        let hashes = ColumnHashes()
        hashes.hash(column, as: form, seeds: seeds)
        let expected = zip(texts, seeds).map { text, seed in text.map { hash($0, seed: seed) } ?? 0 }
        #expect(hashes.values == expected, sourceLocation: place)
        #expect(hashes.isPresent == texts.map { $0 != nil }, sourceLocation: place)
    }

    private static func expect(
        _ texts: [String?],
        of type: ColumnType,
        as oid: UInt32 = 25,
        element: UInt32 = 0,
        modifier: Int32 = -1,
        decimals: PrintedValue.Decimals? = nil,
        at place: SourceLocation = #_sourceLocation,
        fill: (Column) -> Void
    ) throws {
        let column = Column(type: type)
        fill(column)
        let mapping = try mapping(oid, element: element, modifier: modifier)
        expect(texts, of: column, PrintedValue(of: type, as: mapping, decimals: decimals), place)
    }

    @Test
    func `numbers and truth values are printed as PostgreSQL prints them`() throws {
        try Self.expect(["t", nil, "f"], of: .leaf(.boolean, nil), as: 16) {
            $0.append(true)
            $0.appendNulls(1)
            $0.append(false)
        }
        try Self.expect(["-32768", "7"], of: .leaf(.int32, .integer(bitWidth: 16)), as: 21) {
            $0.append(Int32(-32_768))
            $0.append(Int32(7))
        }
        try Self.expect([nil, "-9223372036854775808"], of: .leaf(.int64, nil), as: 20) {
            $0.appendNulls(1)
            $0.append(Int64.min)
        }
        try Self.expect(["0.1", "NaN"], of: .leaf(.float, nil), as: 700) {
            $0.append(Float(0.1))
            $0.append(Float.nan)
        }
        try Self.expect(["-0", "1e+100"], of: .leaf(.double, nil), as: 701) {
            $0.append(-0.0)
            $0.append(1e100)
        }
    }

    @Test
    func `what was narrower once looks as what has become of it`() throws {
        try Self.expect(["0.10000000149011612"], of: .leaf(.float, nil), as: 701) { $0.append(Float(0.1)) }
        try Self.expect(["5"], of: .leaf(.int32, nil), as: 20) { $0.append(Int32(5)) }
        // numeric(12,4)
        let modifier: Int32 = 12 << 16 | 4 + 4
        try Self.expect(
            ["1.5000", "-3.0000"],
            of: .leaf(.int32, .decimal(precision: 9, scale: 1)),
            as: 1700,
            modifier: modifier
        ) {
            $0.append(Int32(15))
            $0.append(Int32(-30))
        }
        try Self.expect(["7.0000"], of: .leaf(.int64, .decimal(precision: 18, scale: 0)), as: 1700, modifier: modifier)
        {
            $0.append(Int64(7))
        }
    }

    @Test
    func `decimals have the zeros that the table keeps, or none`() throws {
        let type = ColumnType.leaf(.fixedLengthByteArray(9), .decimal(precision: 20, scale: 2))
        let fill = { (column: Column) in
            column.append(fixed: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe])
            column.append(fixed: [0, 0, 0, 0, 0, 0, 0, 0x03, 0xe8])
            column.append(fixed: [0, 0, 0, 0, 0, 0, 0, 0x03, 0xf2])
        }
        try Self.expect(["-0.02", "10.00", "10.10"], of: type, as: 1700, modifier: 20 << 16 | 2 + 4, fill: fill)
        try Self.expect(["-0.02", "10", "10.1"], of: type, as: 1700, decimals: .needed, fill: fill)
    }

    @Test
    func `texts, bytes and identifiers are printed as PostgreSQL prints them`() throws {
        try Self.expect(["", nil, "a\u{0}ü"], of: .leaf(.byteArray, .string)) {
            $0.append("")
            $0.appendNulls(1)
            $0.append("a\u{0}ü")
        }
        try Self.expect(["\\x", "\\x00ff10"], of: .leaf(.byteArray, nil), as: 17) {
            $0.append(binary: [])
            $0.append(binary: [0, 255, 16])
        }
        // A writer that forgets what is text changes nothing.
        try Self.expect(["{}"], of: .leaf(.byteArray, nil), as: 3_802) { $0.append("{}") }
        for type in [LogicalType.uuid, nil] {
            try Self.expect(
                ["00010203-0405-0607-0809-0a0b0c0d0eff"],
                of: .leaf(.fixedLengthByteArray(16), type),
                as: 2_950
            ) {
                $0.append(fixed: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255])
            }
        }
    }

    @Test
    func `days and times are printed as PostgreSQL prints them`() throws {
        try Self.expect(["1970-01-01", "0001-12-31 BC", "5874897-12-31"], of: .leaf(.int32, .date), as: 1_082) {
            $0.append(Int32(0))
            $0.append(Int32(-719_163))
            $0.append(Int32(2_145_042_905))
        }
        try Self.expect(
            ["1970-01-01 00:00:00.5+00", "1969-12-31 23:59:59.999999+00"],
            of: .leaf(.int64, .timestamp(isAdjustedToUTC: true)),
            as: 1_184
        ) {
            $0.append(Int64(500_000))
            $0.append(Int64(-1))
        }
        try Self.expect(
            ["0001-12-31 23:59:59.999999 BC", "294247-01-10 04:00:54.775807"],
            of: .leaf(.int64, .timestamp(isAdjustedToUTC: false)),
            as: 1_114
        ) {
            $0.append(Int64(-62_135_596_800_000_001))
            $0.append(Int64.max)
        }
        try Self.expect(["23:59:59.000001"], of: .leaf(.int64, .time()), as: 1_083) { $0.append(Int64(86_399_000_001)) }
    }

    @Test
    func `arrays are printed with quotes where PostgreSQL puts them`() throws {
        let type = ColumnType.list(.leaf(.byteArray, .string))
        try Self.expect(
            [#"{"",NULL,"null",a,"b c","d,e","{f}","\"g\"","\\h",i;j}"#, nil, "{}"],
            of: type,
            as: 1_009,
            element: 25
        ) {
            $0.append(entryCount: 10)
            for text in ["", nil, "null", "a", "b c", "d,e", "{f}", "\"g\"", "\\h", "i;j"] as [String?] {
                if let text { $0.children[0].append(text) } else { $0.children[0].appendNulls(1) }
            }
            $0.appendNulls(1)
            $0.append(entryCount: 0)
        }
        // Boxes have another delimiter.
        try Self.expect(["{(1,1),(0,0);(2,2),(1,1)}"], of: type, as: 1_020, element: 603) {
            $0.append(entryCount: 2)
            $0.children[0].append("(1,1),(0,0)")
            $0.children[0].append("(2,2),(1,1)")
        }
        try Self.expect([#"{"\\x00","\\x"}"#], of: .list(.leaf(.byteArray, nil)), as: 1_001, element: 17) {
            $0.append(entryCount: 2)
            $0.children[0].append(binary: [0])
            $0.children[0].append(binary: [])
        }
        try Self.expect(
            [#"{"1970-01-01 00:00:00",NULL}"#],
            of: .list(.leaf(.int64, .timestamp(isAdjustedToUTC: false))),
            as: 1_115,
            element: 1_114
        ) {
            $0.append(entryCount: 2)
            $0.children[0].append(Int64(0))
            $0.children[0].appendNulls(1)
        }
        try Self.expect([#"{"{1,NULL}",NULL,"{}"}"#], of: .list(.list(.leaf(.int32, nil))), as: 1_009, element: 25) {
            $0.append(entryCount: 3)
            let inner = $0.children[0]
            inner.append(entryCount: 2)
            inner.children[0].append(Int32(1))
            inner.children[0].appendNulls(1)
            inner.appendNulls(1)
            inner.append(entryCount: 0)
        }
    }

    @Test
    func `maps are printed as hstore in the order that they have`() throws {
        let text = ColumnType.leaf(.byteArray, .string)
        try Self.expect([#""b"=>NULL, "a \"q\""=>"\\""#, ""], of: .map(key: text, value: text)) {
            $0.append(entryCount: 2)
            $0.children[0].append("b")
            $0.children[0].append("a \"q\"")
            $0.children[1].appendNulls(1)
            $0.children[1].append("\\")
            $0.append(entryCount: 0)
        }
    }

    @Test
    func `values of types that the lake never has are like none of PostgreSQL`() throws {
        try Self.expect(["\u{0}", nil], of: .leaf(.fixedLengthByteArray(12), .int96Timestamp)) {
            $0.append(fixed: Array(repeating: 1, count: 12))
            $0.appendNulls(1)
        }
        try Self.expect(["\u{0}"], of: .structure([Field(name: "a", type: .leaf(.int32, nil))])) {
            $0.append(structureCount: 1)
            $0.children[0].append(Int32(1))
        }
        try Self.expect(["{\u{0}}"], of: .list(.structure([Field(name: "a", type: .leaf(.int32, nil))]))) {
            $0.append(entryCount: 1)
            $0.children[0].append(structureCount: 1)
            $0.children[0].children[0].append(Int32(1))
        }
        try Self.expect(["\u{0}"], of: .leaf(.int64, .timestamp(unit: .nanoseconds, isAdjustedToUTC: false)), as: 1_114)
        { $0.append(Int64(1)) }
    }

    @Test
    func `of values that must not be seen only their presence counts`() throws {
        let column = Column(type: .leaf(.byteArray, .string))
        column.append("secret")
        column.appendNulls(1)
        Self.expect(["", nil], of: column, .presence, #_sourceLocation)
    }

    @Test
    func `rows are hashed by the hashes of their columns`() {
        let numbers = Column(type: .leaf(.int32, nil))
        numbers.append(Int32(1))
        numbers.appendNulls(1)
        let first = ColumnHashes()
        first.hash(numbers, as: .int32, seeds: [0, 0])
        let second = ColumnHashes()
        second.hashNothing(count: 2)
        second.set(1, Array("x".utf8), seed: 0)
        second.set(1, Array("ignored".utf8), seed: 0)
        let rows = ColumnHashes()
        rows.hashRows(of: [first, second], count: 2)
        let one = Int64(bitPattern: Self.hash("1", seed: 0))
        let letter = Int64(bitPattern: Self.hash("x", seed: 0))
        #expect(rows.values == [Self.hash("{\(one),NULL}", seed: 0), Self.hash("{NULL,\(letter)}", seed: 0)])
        #expect(rows.sum == rows.values[0] &+ rows.values[1])
        #expect(rows.sum(where: [false, true]) == rows.values[1])
        rows.hashRows(of: [], count: 1)
        #expect(rows.values == [Self.hash("{}", seed: 0)])
    }

    @Test(arguments: [
        ("1.500", "1.5"), ("-0.10", "-0.1"), ("10", "10"), ("100.000", "100"), ("NaN", "NaN"), ("0.0", "0"),
        ("1.05", "1.05"),
        ("{1.50,NULL,-3.0,20}", "{1.5,NULL,-3,20}"), ("[0:1]={1.0,10.010}", "[0:1]={1,10.01}"), ("", ""),
    ])
    func `zeros at the end of decimals are taken off`(text: String, trimmed: String) {
        #expect(String(decoding: PrintedValue.trimmed(Array(text.utf8)), as: UTF8.self) == trimmed)
    }
}
