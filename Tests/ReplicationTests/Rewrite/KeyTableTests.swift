import Columnar
import Testing

@testable import Replication

@Suite
struct KeyTableTests {
    @Test
    func `keys have numbers in the order in which they came`() {
        var table = KeyTable()
        var keys: [[UInt8]] = [[]]
        for number in 0..<5_000 { keys.append(Array("key \(number)".utf8)) }
        for (index, key) in keys.enumerated() {
            let inserted = table.insert(key)
            #expect(inserted == (index, true))
        }
        for (index, key) in keys.enumerated() {
            #expect(table.find(key) == index && Array(table.bytes(of: index)) == key)
            let again = table.insert(key)
            #expect(again == (index, false))
        }
        #expect(table.find(Array("key".utf8)) == nil)
    }

    @Test
    func `texts that Swift takes for equal are different keys`() {
        let columns = [RowLayout.Column(name: "id", type: .leaf(.byteArray, .string))]
        let values = Column(type: columns[0].type)
        for text in ["caf\u{e9}", "cafe\u{301}", "", " "] { values.append(text) }
        values.appendNulls(1)
        let encoder = KeyEncoder([(columns[0], values)], rescued: nil)
        var table = KeyTable()
        var key: [UInt8] = []
        for row in 0..<5 {
            encoder.encode(row, into: &key)
            #expect(table.insert(key).isNew)
        }
        #expect(KeyEncoder.values(of: table.bytes(of: 1), columns: columns) == [Array("cafe\u{301}".utf8)])
        #expect(KeyEncoder.values(of: table.bytes(of: 4), columns: columns) == [nil])
    }

    @Test
    func `what a column cannot hold tells keys apart by its text`() {
        let columns = [
            RowLayout.Column(name: "id", type: .leaf(.int64, nil)),
            RowLayout.Column(name: "day", type: .leaf(.int32, .date)),
        ]
        let (ids, days) = (Column(type: columns[0].type), Column(type: columns[1].type))
        let rescued = Column(type: .leaf(.byteArray, .json))
        for json in [#"{"day":"infinity"}"#, #"{"day":"-infinity"}"#, #"{"note":"x"}"#] {
            ids.append(Int64(1))
            days.appendNulls(1)
            rescued.append(json)
        }
        let encoder = KeyEncoder([(columns[0], ids), (columns[1], days)], rescued: rescued)
        var table = KeyTable()
        var key: [UInt8] = []
        for row in 0..<3 {
            encoder.encode(row, into: &key)
            #expect(table.insert(key).isNew)
        }
    }

    @Test
    func `bounds are compared in the order of the values`() throws {
        func ordered(_ value: Int64) throws -> [UInt8] {
            let bytes = withUnsafeBytes(of: value.littleEndian) { Array($0) }
            return try #require(OrderedKey.bytes(bytes, of: .leaf(.int64, nil)))
        }
        let numbers: [Int64] = [.min, -70_000, -1, 0, 1, 255, 256, .max]
        var column = OrderedKeyColumn(keyCount: numbers.count)
        for number in numbers { column.append(try ordered(number)) }
        for (key, number) in numbers.enumerated() {
            let (least, greatest) = (try ordered(-1), try ordered(255))
            #expect(column.lies(key, from: least, through: greatest) == (-1...255).contains(number))
        }
        column.append(nil)
        column.sort()
        #expect(column.places(from: try ordered(-1), through: try ordered(255)) == 2..<6)
        #expect(column.places(from: try ordered(2), through: try ordered(254)) == 5..<5)
        #expect(column.order == Array(0..<9))
        #expect(column.valueCount == 8)
        #expect(OrderedKey.bytes([1, 2], of: .leaf(.int64, nil)) == nil)
        #expect(!OrderedKey.isPossible(.leaf(.double, nil)))
    }
}
