import PostgresWire
import Testing

@Suite
struct WireRowBatchTests {
    private static let row: [UInt8] = [0, 3, 0, 0, 0, 2, 7, 8, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]

    @Test
    func `cells are found by their offsets, across growth of the buffer`() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 40_000)
        for _ in 0..<40_000 { #expect(try Self.append(Self.row, to: batch)) }
        #expect(batch.rowCount == 40_000 && batch.byteCount == 40_000 * Self.row.count)
        for index in [0, 1, 20_000, 39_999] {
            let offset = Int(batch.cellOffsets(ofColumn: 0)[index])
            #expect(offset == index * 16 + 6)
            #expect(batch.bytes.loadUnaligned(fromByteOffset: offset, as: UInt8.self) == 7)
            #expect(batch.cellOffsets(ofColumn: 1)[index] == UInt32(index * 16 + 12))
            #expect(batch.cellOffsets(ofColumn: 2)[index] == UInt32(index * 16 + 16))
        }
        batch.removeAll()
        #expect(batch.rowCount == 0 && batch.byteCount == 0)
    }

    @Test(arguments: 0..<16)
    func `a row that ends early is refused and leaves the batch as it was`(length: Int) throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 4)
        _ = try Self.append(Self.row, to: batch)
        #expect(throws: WireFormatError.truncated) { try Self.append(Array(Self.row[..<length]), to: batch) }
        #expect(batch.rowCount == 1 && batch.byteCount == 16)
    }

    @Test
    func `a row that goes on after its last cell is refused`() {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 4)
        #expect(throws: WireFormatError.truncated) { try Self.append(Self.row + [0], to: batch) }
    }

    @Test
    func `wrong lengths and wrong numbers of cells are refused`() {
        let batch = WireRowBatch(columnCount: 1, rowCapacity: 4)
        #expect(throws: WireFormatError.negativeLength) { try Self.append([0, 1, 0xff, 0xff, 0xff, 0xfe], to: batch) }
        #expect(throws: WireFormatError.truncated) { try Self.append([0, 1, 0x7f, 0xff, 0xff, 0xff], to: batch) }
        #expect(throws: WireFormatError.cellCount(found: 3, expected: 1)) { try Self.append(Self.row, to: batch) }
        #expect(throws: WireFormatError.cellCount(found: -1, expected: 1)) {
            try Self.append([0xff, 0xff, 0], to: batch)
        }
    }

    @Test
    func `the trailer ends the data`() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 4)
        #expect(try !Self.append([0xff, 0xff], to: batch))
        #expect(batch.rowCount == 0)
    }

    @Test
    func `a batch refuses more rows than it was made for`() throws {
        let batch = WireRowBatch(columnCount: 3, rowCapacity: 2)
        _ = try Self.append(Self.row, to: batch)
        _ = try Self.append(Self.row, to: batch)
        #expect(throws: WireFormatError.batchFull) { try Self.append(Self.row, to: batch) }
        batch.removeAll()
        #expect(try Self.append(Self.row, to: batch))
    }

    private static func append(_ bytes: [UInt8], to batch: WireRowBatch) throws -> Bool {
        try bytes.withUnsafeBytes { try batch.append(row: $0) }
    }
}

@Suite
struct CopyBinaryHeaderTests {
    private static let header: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 2, 9, 9]

    @Test
    func `the header ends after its extension`() throws {
        #expect(try Self.byteCount(Self.header + [1, 2, 3]) == 21)
    }

    @Test(arguments: 0..<21)
    func `a header that ends early is refused`(length: Int) {
        #expect(throws: WireFormatError.badHeader) { try Self.byteCount(Array(Self.header[..<length])) }
    }

    @Test(arguments: [(0, 0x70), (7, 0xfe), (11, 1), (13, 1), (15, 0x80)] as [(Int, UInt8)])
    func `other signatures, flags and negative lengths are refused`(position: Int, byte: UInt8) {
        var header = Self.header
        header[position] = byte
        #expect(throws: WireFormatError.badHeader) { try Self.byteCount(header) }
    }

    private static func byteCount(_ bytes: [UInt8]) throws -> Int {
        try bytes.withUnsafeBytes { try CopyBinaryHeader.byteCount(in: $0) }
    }
}
