import Bytes
import Columnar
import Ingest
import PostgresWire
import Testing

@testable import Replication

@Suite
struct OldKeyReaderTests {
    /// A column of a key, and cells as the server sends them.
    struct Case: Sendable {
        var decoder: CellDecoder
        var type: ColumnType
        var typeName: String?
        var cells: [[UInt8]?]

        init(_ decoder: CellDecoder, _ cells: [[UInt8]?], type: ColumnType? = nil, typeName: String? = nil) {
            self.decoder = decoder
            self.type = type ?? decoder.columnType
            self.typeName = typeName
            self.cells = cells
        }
    }

    private static func bytes<T: FixedWidthInteger>(_ values: [T]) -> [[UInt8]?] {
        values.map { value in
            stride(from: T.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> T($0)) }
        }
    }

    private static func numeric(
        _ digits: [UInt16],
        weight: Int16,
        scale: UInt16,
        sign: UInt16 = 0
    ) -> [UInt8]? {
        ([UInt16(digits.count), UInt16(bitPattern: weight), sign, scale] + digits).flatMap { bytes([$0])[0] ?? [] }
    }

    private static func array(_ elements: [[UInt8]?], lowerBound: Int32 = 1) -> [UInt8]? {
        let header: [Int32] = elements.isEmpty ? [0, 0, 25] : [1, 1, 25, Int32(elements.count), lowerBound]
        return header.flatMap { bytes([$0])[0] ?? [] } + elements.flatMap { framed($0) }
    }

    private static func framed(_ cell: [UInt8]?) -> [UInt8] {
        (bytes([Int32(cell?.count ?? -1)])[0] ?? []) + (cell ?? [])
    }

    private static let numerics: [[UInt8]?] = [
        numeric([12], weight: 0, scale: 2), numeric([1, 2345, 6700], weight: 1, scale: 2, sign: 0x4000),
        numeric([], weight: 0, scale: 0), numeric([], weight: 0, scale: 0, sign: 0xc000),
        numeric([], weight: 0, scale: 0x20, sign: 0xd000), numeric([1], weight: 90, scale: 0), nil,
    ]

    private static let texts: [[UInt8]?] =
        ["", "a", "é \"q\" \\ \n\u{1}", "null", "{1,2}"].map { Array($0.utf8) } + [nil]

    static let cases = plainCases + calendarCases + decimalCases + nestedCases

    private static let plainCases: [Case] = [
        Case(.boolean, [[1], [0], nil]),
        Case(.int16, bytes([Int16.min, 0, .max])),
        Case(.int32, bytes([Int32.min, -1, .max])),
        Case(.int64, bytes([Int64.min, 42, .max]) + [nil]),
        Case(.float, bytes([Float(0.1), .infinity, -0.0].map(\.bitPattern))),
        Case(.double, bytes([0.1, -0.0, 1e300].map(\.bitPattern)), typeName: "double precision"),
        Case(.bytes, texts), Case(.bytes, texts, type: .leaf(.byteArray, .json)),
        Case(.bytes, [[], [0, 0xff, 0x22], nil], type: .leaf(.byteArray, nil), typeName: "bytea"),
        Case(.jsonb, texts.map { text in text.map { [1] + $0 } }),
        Case(.uuidText, [Array(0..<16), nil]),
        Case(.uuidBytes, [Array(16..<32), nil]),
    ]

    private static let calendarCases: [Case] = [
        Case(.date, bytes([Int32.min, -700_000, 0, 9_000, .max])),
        Case(.timestamp(isUTC: true), bytes([Int64.min, -63_000_000_000_000_001, 0, 1, .max, .max - 1])),
        Case(.timestamp(isUTC: false), bytes([Int64.min, 800_000_000_000_001, .max])),
        Case(.timeText, bytes([Int64(0), 86_400_000_000])),
        Case(.timeMicroseconds, bytes([Int64(1), 86_400_000_000])),
    ]

    private static let decimalCases: [Case] = [
        Case(.decimal(precision: 9, scale: 2), numerics),
        Case(.decimal(precision: 18, scale: 4), numerics),
        Case(.decimal(precision: 38, scale: 6), numerics),
        Case(.numericText, numerics),
        Case(.numericDouble, numerics, typeName: "numeric(20,3)"),
    ]

    private static let nestedCases: [Case] = [
        Case(.hstore, [(bytes([Int32(1)])[0] ?? []) + framed(Array("a".utf8)) + framed(nil), nil]),
        Case(.array(.int32, .int32), [array(bytes([Int32(1), -2]) + [nil]), array([]), nil]),
        Case(.array(.int32, .int32), [array(bytes([Int32(3)]), lowerBound: 5)]),
        Case(.array(.bytes, .text), [array(texts), array([])]),
        Case(
            .array(.bytes, .bytea),
            [array([[], [0xff], nil])],
            type: .list(.leaf(.byteArray, nil)),
            typeName: "bytea[]"
        ),
        Case(.array(.bytes, .text), [array(texts)], type: .list(.leaf(.byteArray, .json))),
        Case(.array(.decimal(precision: 9, scale: 2), .numeric), [array([numerics[0], nil]), array(numerics)]),
        Case(.array(.numericDouble, .numeric), [array([numerics[0], numerics[4]])], typeName: "numeric[]"),
        Case(
            .array(.timestamp(isUTC: true), .timestamp(isUTC: true)),
            [array(bytes([Int64(5)])), array(bytes([Int64.max]))]
        ),
        Case(.array(.uuidBytes, .uuid), [array([Array(0..<16)])]),
        Case(.array(.bytes, .wholeArray), [array([Array("(1,1),(0,0)".utf8), nil]), array([])], typeName: "box[]"),
    ]

    private static func wire(_ rows: [[[UInt8]?]]) throws -> WireRowBatch {
        let wire = WireRowBatch(columnCount: rows[0].count, rowCapacity: rows.count)
        for row in rows {
            let bytes = (bytes([Int16(row.count)])[0] ?? []) + row.flatMap { framed($0) }
            _ = try bytes.withUnsafeBytes { try wire.append(row: $0) }
        }
        return wire
    }

    @Test(arguments: cases)
    func `a key of every type comes back as it was decoded from the stream`(key: Case) throws {
        let column = ChangeSchema.Column(cell: 0, name: "k\"", decoder: key.decoder, type: key.type)
        let wire = try Self.wire(key.cells.map { [$0] })
        let rows = (0..<UInt32(key.cells.count)).map { $0 }
        let decoder = RowDecoder(columns: [(column.name, key.decoder)])
        let expected = [key.type, .leaf(.int64, nil), .leaf(.byteArray, .json)].map { Column(type: $0) }
        try rows.withUnsafeBufferPointer {
            try decoder.decode($0, of: wire, lsn: 1, into: RowBatch(columns: expected))
        }
        if !decoder.hasRescuedColumn { expected[2].appendNulls(key.cells.count) }

        let keys = try rows.map { try RowKey([column]).json(Int($0), of: wire) }
        let reader = try OldKeyReader(
            columns: [.init(name: column.name, type: key.type, typeName: key.typeName)],
            file: "f"
        )
        let (columns, rescued) = try reader.read(keys)
        #expect(columns.count == 1 && Self.dump(columns[0]) == Self.dump(expected[0]))
        #expect(rescued.texts == expected[2].texts)
    }

    @Test
    func `columns are found by name, and others are left out`() throws {
        let reader = try OldKeyReader(
            columns: [
                .init(name: "b", type: .leaf(.int64, nil)), .init(name: "e\u{301}", type: .leaf(.byteArray, .string)),
            ],
            file: "f"
        )
        let keys = [#"{"a":"x","b":"1","é":"no","e\#u{301}":"yes"}"#, #"{"b":null,"e\#u{301}":""}"#].map {
            Array($0.utf8)
        }
        let (columns, rescued) = try reader.read(keys)
        #expect(columns[1].texts == ["yes", ""])
        #expect((0..<2).map { columns[0].validity.isValue(at: $0) } == [true, false])
        #expect(rescued.texts == [nil, nil])
        #expect(try reader.read([]).columns.allSatisfy { $0.slotCount == 0 })
    }

    @Test(arguments: ["", "{}", #"{"k":"x"}"#, #"{"k":1}"#, #"{"K":"1"}"#, #"{"k":"1"} "1""#, #"{"k":"99999999999"}"#])
    func `a key that is none is an error that names the file and no value`(key: String) throws {
        let reader = try OldKeyReader(columns: [.init(name: "k", type: .leaf(.int32, nil))], file: "a/file")
        let error = #expect(throws: ReplicationError.self) { try reader.read([Array(key.utf8)]) }
        #expect(error?.description.contains("a/file") == true && error?.description.contains("99999") == false)
    }

    @Test
    func `a column of a type that changes never have is refused`() {
        for type in [
            ColumnType.leaf(.fixedLengthByteArray(12), .interval), .leaf(.int64, .decimal(precision: 3, scale: 0)),
        ] {
            #expect(throws: ReplicationError.self) {
                try OldKeyReader(columns: [.init(name: "k", type: type)], file: "f")
            }
        }
    }

    private static func dump(_ column: Column) -> [String] {
        let flags = (0..<column.slotCount).map { column.validity.isValue(at: $0) ? "1" : "0" }.joined()
        return ["\(column.type) \(flags) \(column.values.copyBytes())"] + column.children.flatMap { dump($0) }
    }
}
