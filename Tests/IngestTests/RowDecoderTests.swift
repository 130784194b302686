import Bytes
import Columnar
import Ingest
import PostgresWire
import Testing

@Suite
struct RowDecoderTests {
    @Test
    func `integers of every width keep their borders and their NULLs`() throws {
        let short = try decoded([bigEndianBytes(Int16.min), nil, bigEndianBytes(Int16.max)], .int16)
        #expect(integers(short.column, Int32.self) == [-32_768, nil, 32_767])
        let int = try decoded([bigEndianBytes(Int32.min), nil, bigEndianBytes(Int32.max)], .int32)
        #expect(integers(int.column, Int32.self) == [.min, nil, .max])
        let long = try decoded([nil, bigEndianBytes(Int64.min), bigEndianBytes(Int64.max)], .int64)
        #expect(integers(long.column, Int64.self) == [nil, .min, .max])
        let flags = try decoded([[1], nil, [0], [7]], .boolean)
        #expect(integers(flags.column, UInt8.self) == [1, nil, 0, 1])
        let float = try decoded(
            [bigEndianBytes(Float.nan.bitPattern), bigEndianBytes((-Float.zero).bitPattern)],
            .float
        )
        #expect(integers(float.column, UInt32.self) == [Float.nan.bitPattern, (-Float.zero).bitPattern])
    }

    @Test(
        arguments: [
            (.boolean, 1), (.int16, 2), (.int32, 4), (.int64, 8), (.float, 4), (.double, 8), (.uuidText, 16),
            (.uuidBytes, 16), (.date, 4), (.timestamp(isUTC: true), 8), (.timeMicroseconds, 8), (.timeText, 8),
            (.numericText, 8), (.numericDouble, 8), (.decimal(precision: 9, scale: 0), 8),
            (.decimal(precision: 18, scale: 0), 8), (.decimal(precision: 38, scale: 0), 8), (.hstore, 4),
            (.array(.int32, .int32), 12),
        ] as [(CellDecoder, Int)]
    )
    func `a cell of another length is refused`(decoder: CellDecoder, length: Int) throws {
        _ = try decoded([Array(repeating: 0, count: length)], decoder)
        for wrong in [0, length - 1, length + 1] where wrong != length {
            #expect(throws: CellError.self) { try decoded([nil, Array(repeating: 0, count: wrong)], decoder) }
        }
    }

    @Test
    func `an empty text is no NULL and long texts are whole`() throws {
        let samples = [0, 1, 15, 16, 17, 255, 256, 257, 100_000].map { String(repeating: "x", count: $0) }
        let cells: [Cell] = samples.map { Array($0.utf8) } + [nil]
        #expect(try texts(decoded(cells, .bytes).column) == samples + [nil])
    }

    @Test
    func `jsonb loses its version byte, and another version is refused`() throws {
        #expect(try texts(decoded([[1] + Array("{}".utf8), nil, [1]], .jsonb).column) == ["{}", nil, ""])
        #expect(throws: CellError.self) { try decoded([[]], .jsonb) }
        #expect(throws: CellError.self) { try decoded([[2] + Array("{}".utf8)], .jsonb) }
    }

    @Test
    func `a uuid is 36 lower-case characters`() throws {
        let uuid = (0..<16).map { UInt8(truncatingIfNeeded: 0xf0 &- $0 * 0x0f) }
        let all = [UInt8](repeating: 0xff, count: 16)
        let expected = "f0e1d2c3-b4a5-9687-7869-5a4b3c2d1e0f"
        let zero = "00000000-0000-0000-0000-000000000000"
        let column = try decoded([uuid, nil, Array(repeating: 0, count: 16), all, Array(0x90..<0xa0)], .uuidText).column
        #expect(
            texts(column) == [
                expected, nil, zero, "ffffffff-ffff-ffff-ffff-ffffffffffff", "90919293-9495-9697-9899-9a9b9c9d9e9f",
            ]
        )
    }

    @Test
    func `infinite dates and times are rescued, the rest is counted from 1970`() throws {
        let dates = try decoded(
            [bigEndianBytes(Int32.max), bigEndianBytes(Int32.min), bigEndianBytes(Int32(0)), nil],
            .date
        )
        #expect(integers(dates.column, Int32.self) == [nil, nil, 10_957, nil])
        #expect(dates.rescued == [#"{"c":"infinity"}"#, #"{"c":"-infinity"}"#, nil, nil])
        let values: [Int64] = [
            .max, .min, 0, 9_223_371_331_199_999_999, 9_222_425_352_054_775_807, 9_222_425_352_054_775_808,
        ]
        let times = try decoded(values.map { bigEndianBytes($0) }, .timestamp(isUTC: true))
        #expect(integers(times.column, Int64.self) == [nil, nil, 946_684_800_000_000, nil, .max, nil])
        #expect(times.rescued[3] == #"{"c":"294276-12-31 23:59:59.999999+00"}"#)
        #expect(times.rescued[5] == #"{"c":"294247-01-10 04:00:54.775808+00"}"#)
    }

    @Test
    func `a time beyond 24 hours is refused where it would become text`() throws {
        #expect(try texts(decoded([bigEndianBytes(Int64(86_400_000_000))], .timeText).column) == ["24:00:00"])
        for value in [Int64.min, -1, 86_400_000_001, .max] {
            #expect(throws: CellError.self) { try decoded([bigEndianBytes(value)], .timeText) }
        }
    }

    @Test
    func `decimals go into the carrier of their precision, and what does not fit is rescued`() throws {
        let cells: [Cell] = [
            numericCell([123, 4500], weight: 0, scale: 2), numericCell([123, 4500], weight: 0, scale: 2, sign: 0x4000),
            numericCell([], weight: 0, scale: 2), nil, numericCell([], weight: 0, scale: 0, sign: 0xc000),
            numericCell([1, 2345], weight: 0, scale: 4), numericCell([1], weight: 5, scale: 0),
        ]
        let rescued: [String?] = [
            nil, nil, nil, nil, #"{"c":"NaN"}"#, #"{"c":"1.2345"}"#, #"{"c":"100000000000000000000"}"#,
        ]
        let small = try decoded(cells, .decimal(precision: 9, scale: 2))
        #expect(integers(small.column, Int32.self) == [12_345, -12_345, 0, nil, nil, nil, nil])
        #expect(small.rescued == rescued)
        let middle = try decoded(cells, .decimal(precision: 18, scale: 2))
        #expect(integers(middle.column, Int64.self) == [12_345, -12_345, 0, nil, nil, nil, nil])
        #expect(middle.rescued == rescued)
        let wide = try decoded(cells, .decimal(precision: 38, scale: 2))
        #expect(wide.rescued == rescued.dropLast() + [nil])
        #expect(Array(wide.column.values.copyBytes()[16..<32]) == Array(repeating: 0xff, count: 14) + [0xcf, 0xc7])
    }

    @Test(arguments: [(9, Int128(999_999_999)), (18, 999_999_999_999_999_999)])
    func `the largest decimal fits and the next one is rescued`(precision: Int, largest: Int128) throws {
        let digits = limbs(largest)
        let next = limbs(largest + 1)
        for sign in [UInt16(0), 0x4000] {
            let cells: [Cell] = [
                numericCell(digits, weight: Int16(digits.count - 1), scale: 0, sign: sign),
                numericCell(next, weight: Int16(next.count - 1), scale: 0, sign: sign),
            ]
            let result = try decoded(cells, .decimal(precision: precision, scale: 0))
            #expect(result.column.validity.isValue(at: 0) && !result.column.validity.isValue(at: 1))
            #expect(result.rescued == [nil, #"{"c":"\#(sign == 0 ? "" : "-")\#(largest + 1)"}"#])
        }
    }

    @Test
    func `a numeric beyond 128 bits is rescued, whatever the carrier`() throws {
        let cell = numericCell([170, 1411, 8346, 469, 2317, 3168, 7303, 7158, 8410, 9999], weight: 9, scale: 0)
        for precision in [9, 18, 38] {
            let result = try decoded([cell], .decimal(precision: precision, scale: 0))
            #expect(result.rescued == [#"{"c":"170141183460469231731687303715884109999"}"#])
        }
    }

    @Test
    func `numerics become doubles, and those too large for one are rescued`() throws {
        let cells: [Cell] = [
            numericCell([1, 5000], weight: 0, scale: 1), numericCell([], weight: 0, scale: 0, sign: 0xc000),
            numericCell([], weight: 0, scale: 0, sign: 0xf000), numericCell([1], weight: 100, scale: 0),
        ]
        let result = try decoded(cells, .numericDouble)
        let values = integers(result.column, UInt64.self).map { $0.map { Double(bitPattern: $0) } }
        #expect(values[0] == 1.5 && values[1]?.isNaN == true && values[2] == -.infinity && values[3] == nil)
        #expect(result.rescued[3] == "{\"c\":\"1" + String(repeating: "0", count: 400) + "\"}")
    }

    @Test
    func `rescued values of a row share one JSON object, in the order of the columns`() throws {
        let infinity = bigEndianBytes(Int32.max)
        let rows: [[Cell]] = [[infinity, nil], [nil, nil], [infinity, infinity], [nil, nil]]
        let batch = try decodedRows(rows, [("a\"b\\\n", .date), ("ü", .date)])
        #expect(
            texts(batch.columns[3]) == [
                #"{"a\"b\\\u000a":"infinity"}"#, nil, #"{"a\"b\\\u000a":"infinity","ü":"infinity"}"#, nil,
            ]
        )
        #expect(integers(batch.columns[2], Int64.self) == [42, 42, 42, 42])
    }

    @Test(arguments: [[2, 0, 3, 1], [1, 2], [3], [0, 2], []] as [[UInt32]])
    func `rows are taken in the order asked for`(order: [UInt32]) throws {
        let rows: [[Cell]] = (0..<4).map { [bigEndianBytes(Int32($0)), Array("r\($0)".utf8)] }
        let batch = try decodedRows(rows, [("a", .int32), ("b", .bytes)], order: order)
        #expect(integers(batch.columns[0], Int32.self) == order.map { Int32($0) })
        #expect(texts(batch.columns[1]) == order.map { "r\($0)" })
    }

    private func limbs(_ value: Int128) -> [UInt16] {
        var limbs: [UInt16] = []
        var rest = value
        while rest > 0 {
            limbs.insert(UInt16(rest % 10_000), at: 0)
            rest /= 10_000
        }
        return limbs
    }
}

@Suite
struct NestedDecodingTests {
    @Test
    func `null array, empty array and NULL element are three things`() throws {
        let cells: [Cell] = [nil, arrayCell([]), arrayCell([nil]), arrayCell([[0x61], nil, []])]
        let column = try decoded(cells, .array(.bytes, .text)).column
        #expect(integers(column, UInt32.self) == [nil, 0, 1, 3])
        #expect(texts(column.children[0]) == [nil, "a", nil, ""])
    }

    @Test
    func `what is no list is rescued as PostgreSQL prints it`() throws {
        let one = bigEndianBytes(Int32(1))
        let cells: [Cell] = [
            arrayCell([one, nil], lowerBound: 2), arrayCell([one, one, nil, one], sizes: [2, 2]),
            arrayCell([one, one], sizes: [2, 1], lowerBound: 0), arrayCell([one]),
        ]
        let result = try decoded(cells, .array(.int32, .int32))
        #expect(integers(result.column, UInt32.self) == [nil, nil, nil, 1])
        #expect(
            result.rescued == [
                #"{"c":"[2:3]={1,NULL}"}"#, #"{"c":"{{1,1},{NULL,1}}"}"#, #"{"c":"[0:1][0:0]={{1},{1}}"}"#, nil,
            ]
        )
        #expect(integers(result.column.children[0], Int32.self) == [1])
    }

    @Test(arguments: [
        ("", #""""#), ("a", "a"), ("a b", #""a b""#), ("nUlL", #""nUlL""#), ("a,b", #""a,b""#), ("{}", #""{}""#),
        (#"a"b\"#, #""a\"b\\""#), ("ä", "ä"), ("\u{0b}", "\"\u{0b}\""), ("NULLs", "NULLs"),
    ])
    func `elements are quoted where PostgreSQL quotes them`(element: String, text: String) throws {
        let result = try decoded([arrayCell([Array(element.utf8)], lowerBound: 0)], .array(.bytes, .text))
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing(
            "\u{0b}",
            with: "\\u000b"
        )
        #expect(result.rescued == ["{\"c\":\"[0:0]={\(escaped)}\"}"])
    }

    @Test(
        arguments: [
            (.boolean, .boolean, [1], "t"), (.int16, .int16, [0xff, 0xff], "-1"),
            (.int64, .int64, bigEndianBytes(Int64(5)), "5"),
            (.float, .float, bigEndianBytes(Float(0.5).bitPattern), "0.5"),
            (.double, .double, bigEndianBytes(Double.nan.bitPattern), "NaN"),
            (.bytes, .bytea, [0xde, 0xad], #"\"\\\\xdead\""#), (.jsonb, .jsonb, [1, 0x31], "1"),
            (.uuidText, .uuid, Array(repeating: 0, count: 16), "00000000-0000-0000-0000-000000000000"),
            (.date, .date, bigEndianBytes(Int32(0)), "2000-01-01"),
            (.timeText, .time, bigEndianBytes(Int64(0)), "00:00:00"),
            (
                .timestamp(isUTC: true), .timestamp(isUTC: true), bigEndianBytes(Int64(0)),
                #"\"2000-01-01 00:00:00+00\""#
            ),
            (.numericText, .numeric, numericCell([1, 5000], weight: 0, scale: 2), "1.50"),
        ] as [(CellDecoder, ElementText, [UInt8], String)]
    )
    func `elements of every type have a text`(
        decoder: CellDecoder,
        element: ElementText,
        cell: [UInt8],
        text: String
    ) throws {
        let result = try decoded([arrayCell([cell], lowerBound: 0), arrayCell([cell])], .array(decoder, element))
        #expect(result.rescued == ["{\"c\":\"[0:0]={\(text)}\"}", nil])
        #expect(result.column.children[0].slotCount == 1)
        if decoder != .bytes && decoder != .jsonb {
            #expect(throws: CellError.self) { try decoded([arrayCell([[]], lowerBound: 0)], .array(decoder, element)) }
        }
    }

    @Test
    func `an array with an element that its column cannot hold is rescued whole`() throws {
        let nan = numericCell([], weight: 0, scale: 0, sign: 0xc000)
        let one = numericCell([1], weight: 0, scale: 0)
        let huge = numericCell([1], weight: 100, scale: 0)
        let decimals = try decoded(
            [arrayCell([one, nan]), arrayCell([one])],
            .array(.decimal(precision: 9, scale: 0), .numeric)
        )
        #expect(decimals.rescued == [#"{"c":"{1,NaN}"}"#, nil])
        let dates = try decoded([arrayCell([bigEndianBytes(Int32.max)])], .array(.date, .date))
        #expect(dates.rescued == [#"{"c":"{infinity}"}"#])
        let doubles = try decoded(
            [arrayCell([one]), arrayCell([one, one, nan, huge]), nil],
            .array(.numericDouble, .numeric)
        )
        #expect(integers(doubles.column, UInt32.self) == [1, nil, nil])
        #expect(doubles.rescued == [nil, "{\"c\":\"{1,1,NaN,1" + String(repeating: "0", count: 400) + "}\"}", nil])
    }

    @Test
    func `an array cut anywhere is refused`() throws {
        let one = bigEndianBytes(Int32(1))
        for cell in [arrayCell([one, nil, one]), arrayCell([one, nil, one, one], sizes: [2, 2]), arrayCell([])] {
            _ = try decoded([cell], .array(.int32, .int32))
            for length in 0..<cell.count {
                #expect(throws: CellError.self) { try decoded([Array(cell[..<length])], .array(.int32, .int32)) }
            }
            #expect(throws: CellError.self) { try decoded([cell + [0]], .array(.int32, .int32)) }
        }
    }

    @Test(arguments: [
        [Int32.max], [-1], [Int32.min], [Int32.max, Int32.max], [65_536, 65_536, 65_536, 65_536], [0, Int32.max, 2],
        [1, 1, 1, 1, 1, 1, 1],
    ])
    func `dimensions that promise more than there is are refused`(sizes: [Int32]) {
        #expect(throws: CellError.self) { try decoded([arrayCell([nil], sizes: sizes)], .array(.int32, .int32)) }
    }

    @Test
    func `single bytes of an array may be anything`() throws {
        let one = bigEndianBytes(Int32(1))
        let cell = arrayCell([one, nil, one, one], sizes: [2, 2])
        for position in cell.indices {
            for byte in [UInt8(0), 1, 0x7f, 0x80, 0xff] {
                var cell = cell
                cell[position] = byte
                _ = try? decoded([cell], .array(.int32, .int32))
                _ = try? decoded([cell], .array(.numericText, .numeric))
            }
        }
    }

    @Test
    func `hstore becomes keys and values, and is refused when cut anywhere`() throws {
        let cell = hstoreCell([("a", "1"), ("b", nil), ("", "")])
        let column = try decoded([nil, cell, hstoreCell([])], .hstore).column
        #expect(integers(column, UInt32.self) == [nil, 3, 0])
        #expect(texts(column.children[0]) == ["a", "b", ""])
        #expect(texts(column.children[1]) == ["1", nil, ""])
        for length in 0..<cell.count {
            #expect(throws: CellError.self) { try decoded([Array(cell[..<length])], .hstore) }
        }
        #expect(throws: CellError.self) { try decoded([cell + [0]], .hstore) }
        #expect(throws: CellError.self) { try decoded([bigEndianBytes(Int32(1)) + framed(nil) + framed(nil)], .hstore) }
        #expect(throws: CellError.self) { try decoded([bigEndianBytes(Int32.max) + framed([]) + framed([])], .hstore) }
    }
}
