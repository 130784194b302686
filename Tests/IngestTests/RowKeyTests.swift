import Columnar
import Ingest
import PostgresWire
import Testing

@Suite
struct RowKeyTests {
    private func rows(_ cells: [Cell]...) throws -> WireRowBatch { try wireBatch(cells) }

    private func json(_ key: RowKey, _ cells: [Cell]) throws -> String {
        String(decoding: try key.json(0, of: rows(cells)), as: UTF8.self)
    }

    @Test
    func `a key is an object of the texts that PostgreSQL prints`() throws {
        let key = RowKey([.init(0, "id", .int64), .init(2, "day", .date), .init(3, "note", .bytes)])
        let cells: [Cell] = [bigEndianBytes(Int64(-42)), [9], bigEndianBytes(Int32(0)), Array("a b,{}".utf8)]
        #expect(try json(key, cells) == #"{"id":"-42","day":"2000-01-01","note":"a b,{}"}"#)
        #expect(try json(key, [nil, nil, nil, []]) == #"{"id":null,"day":null,"note":""}"#)
    }

    @Test
    func `names and texts are quoted as JSON has it`() throws {
        let key = RowKey([.init(0, "a\"b\\c", .bytes)])
        let expected = #"{"a\"b\\c":"\"\\\u000a\u0000/ü\#u{7f}"}"#
        #expect(try json(key, [Array("\"\\\n\u{0}/ü\u{7f}".utf8)]) == expected)
    }

    @Test(
        arguments: [
            (.boolean, [1], "t"), (.int16, [0x80, 0], "-32768"),
            (.double, bigEndianBytes((1e100).bitPattern), "1e+100"),
            (.jsonb, [1] + Array("{}".utf8), "{}"),
            (.uuidBytes, Array(repeating: 0, count: 16), "00000000-0000-0000-0000-000000000000"),
            (.timestamp(isUTC: true), bigEndianBytes(Int64.max), "infinity"),
            (.timestamp(isUTC: false), bigEndianBytes(Int64(1)), "2000-01-01 00:00:00.000001"),
            (.timeMicroseconds, bigEndianBytes(Int64(0)), "00:00:00"),
            (.decimal(precision: 9, scale: 2), numericCell([1, 5000], weight: 0, scale: 2), "1.50"),
            (.numericText, numericCell([], weight: 0, scale: 0, sign: 0xc000), "NaN"),
            (.array(.int32, .int32), arrayCell([bigEndianBytes(Int32(1)), nil]), "{1,NULL}"),
        ] as [(CellDecoder, [UInt8], String)]
    )
    func `a key of every type has a text, also one that its column cannot hold`(
        decoder: CellDecoder,
        cell: [UInt8],
        text: String
    ) throws {
        #expect(try json(RowKey([.init(0, "k", decoder)]), [cell]) == "{\"k\":\"\(text)\"}")
    }

    @Test
    func `bytea is printed in hexadecimal`() throws {
        let column = ChangeSchema.Column(cell: 0, name: "k", decoder: .bytes, type: .leaf(.byteArray, nil))
        #expect(try json(RowKey([column]), [[0xde, 0xad]]) == #"{"k":"\\xdead"}"#)
    }

    @Test
    func `an array whose elements have commas of their own keeps all of them`() throws {
        let key = RowKey([.init(0, "k", .array(.bytes, .wholeArray))])
        let boxes = ["(1,1),(0,0)", "(3,3),(2,2)"].map { Array($0.utf8) }
        #expect(try json(key, [arrayCell(boxes)]) == #"{"k":"{\"(1,1),(0,0)\",\"(3,3),(2,2)\"}"}"#)
        #expect(try json(key, [arrayCell([])]) == #"{"k":"{}"}"#)
        let whole = Array("[0:0]={(1,1),(0,0)}".utf8)
        #expect(try json(key, [arrayCell([whole], sizes: [1, 1])]) == #"{"k":"[0:0]={(1,1),(0,0)}"}"#)
    }

    @Test
    func `a cell of another form is an error that names it`() throws {
        let key = RowKey([.init(1, "k", .int32)])
        let rows = try rows([nil, [1, 2]])
        let error = try #require(throws: CellError.self) { _ = try key.json(0, of: rows) }
        #expect(error.column == 1)
    }

    @Test
    func `keys compare byte by byte, in their own columns only`() throws {
        let key = RowKey([.init(0, "a", .bytes), .init(2, "b", .bytes)])
        let left = try rows([[1], [1], [2]], [nil, nil, [2]], [[], nil, [2]], [[1], nil, [2, 0]])
        let right = try rows([[1], [9], [2]], [nil, [1], [2]], [[], [], [2]], [[1], nil, [2, 0]])
        for row in 0..<4 {
            for other in 0..<4 {
                #expect(key.isEqual(row, of: left, to: other, of: right) == (row == other))
            }
        }
    }

    @Test
    func `texts that Swift holds equal are different keys`() throws {
        let rows = try rows([Array("é".utf8)], [Array("e\u{301}".utf8)])
        #expect(!RowKey([.init(0, "k", .bytes)]).isEqual(0, of: rows, to: 1, of: rows))
    }

    @Test
    func `a key without columns is empty and equal to itself`() throws {
        let rows = try rows([[1]], [[2]])
        #expect(RowKey([]).isEmpty && !RowKey([.init(0, "k", .bytes)]).isEmpty)
        #expect(RowKey([]).isEqual(0, of: rows, to: 1, of: rows))
        #expect(try RowKey([]).json(0, of: rows) == Array("{}".utf8))
    }
}
