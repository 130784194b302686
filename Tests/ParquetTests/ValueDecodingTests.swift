import Bytes
import Columnar
import TestSupport
import Testing

@testable import Parquet

@Suite
struct ValueDecodingTests {
    @Test(
        arguments: [
            (
                .deltaBinaryPacked, .int32, [1, 2, 3, 4, 5].flatMap { littleEndian(Int32($0)) }, 5,
                [0x80, 0x01, 0x04, 0x05, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00]
            ),
            (
                .deltaBinaryPacked, .int32, [7, 5, 3, 1, 2, 3, 4, 5].flatMap { littleEndian(Int32($0)) }, 8,
                [0x80, 0x01, 0x04, 0x08, 0x0e, 0x03, 0x02, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0]
            ),
            (.deltaBinaryPacked, .int64, littleEndian(Int64(-1)), 1, [0x80, 0x01, 0x04, 0x01, 0x01]),
            (.deltaBinaryPacked, .int64, [], 0, [0x80, 0x01, 0x04, 0x00, 0x00]),
            (
                .deltaLengthByteArray, .byteArray, [2, 0, 0, 0, 0x61, 0x62, 0, 0, 0, 0], 2,
                [0x80, 0x01, 0x04, 0x02, 0x04, 0x03, 0, 0, 0, 0, 0x61, 0x62]
            ),
            (
                .deltaByteArray, .fixedLengthByteArray(2), [0x61, 0x62, 0x61, 0x63], 2,
                [0x80, 0x01, 0x04, 0x02, 0, 0x02, 0, 0, 0, 0]
                    + [0x80, 0x01, 0x04, 0x02, 0x04, 0x01, 0, 0, 0, 0, 0x61, 0x62, 0x63]
            ),
            (.byteStreamSplit, .float, [1, 2, 3, 4, 5, 6, 7, 8], 2, [1, 5, 2, 6, 3, 7, 4, 8]),
            (.byteStreamSplit, .fixedLengthByteArray(3), [1, 2, 3, 4, 5, 6], 2, [1, 4, 2, 5, 3, 6]),
            (.plain, .boolean, [1, 0, 1, 1, 0, 0, 0, 0, 1], 9, [0x0d, 0x01]),
            (.rle, .boolean, Array(repeating: 1, count: 64) + [0, 1], 66, [5, 0, 0, 0, 0x80, 0x01, 0x01, 0x03, 0x02]),
        ] as [(PageEncoding, PhysicalType, [UInt8], Int, [UInt8])]
    )
    func `golden vectors`(
        encoding: PageEncoding,
        type: PhysicalType,
        values: [UInt8],
        count: Int,
        bytes: [UInt8]
    ) throws {
        #expect(try decode(encoding, bytes, type, count: count).values == values)
        guard encoding != .rle else { return }
        let out = ByteBuffer()
        values.withUnsafeBytes {
            ValueEncoding.encode(encoding, values: $0, physicalType: type, count: count, into: out)
        }
        #expect(out.copyBytes() == bytes)
    }

    @Test(arguments: PageValues.encodings, PageValues.Shape.allCases)
    func `what is written reads back`(format: (PageEncoding, PhysicalType), shape: PageValues.Shape) throws {
        for count in [0, 1, 2, 7, 8, 9, 31, 32, 33, 34, 128, 129, 130, 161, 257, 1_000] {
            let values = PageValues(format.1, shape, count: count)
            let bytes = values.encode(format.0)
            let decoded = try decode(format.0, bytes, format.1, count: count)
            #expect(decoded.values == values.bytes, "\(values) as \(format.0)")
            #expect(count == 0 || decoded.byteCount == bytes.count)
        }
    }

    @Test(arguments: PageValues.encodings.filter { $0.encoding != .byteStreamSplit })
    func `bytes behind the values are left alone`(format: (PageEncoding, PhysicalType)) throws {
        let values = PageValues(format.1, .random, count: 150)
        let bytes = values.encode(format.0)
        let decoded = try decode(format.0, bytes + [1, 2, 3], format.1, count: 150)
        #expect(decoded.values == values.bytes)
        #expect(decoded.byteCount == bytes.count)
    }

    @Test(arguments: 0...64)
    func `deltas of every width read back`(bitWidth: Int) throws {
        var generator = SeededGenerator(seed: UInt64(bitWidth))
        let limit: UInt64 = bitWidth == 64 ? .max : (1 << UInt64(bitWidth)) - 1
        var value: Int64 = 0
        let values = (0..<300).flatMap { _ in
            value = value &+ Int64(bitPattern: UInt64.random(in: 0...limit, using: &generator))
            return littleEndian(value)
        }
        let out = ByteBuffer()
        values.withUnsafeBytes {
            ValueEncoding.encode(.deltaBinaryPacked, values: $0, physicalType: .int64, count: 300, into: out)
        }
        #expect(try decode(.deltaBinaryPacked, out.copyBytes(), .int64, count: 300).values == values)
    }

    @Test
    func `blocks of other writers are read`() throws {
        // 256 values a block in two parts of 128, of which the last lacks its padding.
        let header: [UInt8] = [0x80, 0x02, 0x02, 0x83, 0x01, 0x00]
        let block: [UInt8] = [0x02, 0x01, 0x01] + Array(repeating: 0, count: 16) + [0x01]
        let values = (0..<130).flatMap { littleEndian(Int32($0)) } + littleEndian(Int32(130))
        var expected = values
        // The 129th delta is one greater than the least.
        expected.replaceSubrange(129 * 4..<131 * 4, with: [130, 131].flatMap { littleEndian(Int32($0)) })
        #expect(try decode(.deltaBinaryPacked, header + block, .int32, count: 131).values == expected)
    }

    @Test(
        arguments: [
            (.plain, .int32, [1, 2, 3], 1), (.plain, .int64, [], 1), (.plain, .boolean, [1], 9),
            (.plain, .byteArray, [5, 0, 0, 0, 1], 1), (.plain, .byteArray, [0xff, 0xff, 0xff, 0xff], 1),
            (.plain, .fixedLengthByteArray(0), [], 3), (.plain, .fixedLengthByteArray(-4), [1, 2, 3, 4], 1),
            (.plain, .fixedLengthByteArray(.max), [], 3), (.plain, .int32, [], .max), (.plain, .boolean, [], .max),
            (.plain, .int32, [1, 2, 3, 4], -1), (.byteStreamSplit, .double, [], .max),
            (.byteStreamSplit, .float, [1, 2, 3, 4, 5], 1), (.byteStreamSplit, .float, [1, 2, 3, 4], 2),
            (.rle, .boolean, [0xff, 0xff, 0xff, 0xff, 2, 1], 1), (.rle, .boolean, [2, 0, 0, 0, 4, 1], 3),
            (.rle, .boolean, [2, 0, 0, 0, 4, 2], 2), (.rle, .boolean, [0, 0, 0, 0], .max),
            (.rle, .int32, [2, 0, 0, 0, 4, 1], 2), (.bitPacked, .boolean, [1], 1), (.rleDictionary, .int32, [1], 1),
            (.deltaBinaryPacked, .double, [0x80, 0x01, 0x04, 0x01, 0x02], 1),
            (.deltaBinaryPacked, .int32, [], .max),
            // Blocks of nothing, of 100, of 2^63, of no parts, of parts of 16.
            (.deltaBinaryPacked, .int32, [0x00, 0x04, 0x01, 0x02], 1),
            (.deltaBinaryPacked, .int32, [0x64, 0x04, 0x01, 0x02], 1),
            (.deltaBinaryPacked, .int32, Array(repeating: 0x80, count: 9) + [1, 0x04, 0x01, 0x02], 1),
            (.deltaBinaryPacked, .int32, [0x80, 0x01, 0x00, 0x01, 0x02], 1),
            (.deltaBinaryPacked, .int32, [0x80, 0x01, 0x08, 0x01, 0x02], 1),
            // More values and fewer than the page has, a first value of 33 bits, deltas of 65 bits.
            (.deltaBinaryPacked, .int32, [0x80, 0x01, 0x04, 0x02, 0x02, 0, 0, 0, 0, 0], 1),
            (.deltaBinaryPacked, .int32, [0x80, 0x01, 0x04, 0x01, 0x02], 2),
            (.deltaBinaryPacked, .int32, [0x80, 0x01, 0x04, 0x01, 0x80, 0x80, 0x80, 0x80, 0x10], 1),
            (
                .deltaBinaryPacked, .int32,
                [0x80, 0x01, 0x04, 0x02, 0x02, 0, 65, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 0, 0], 2
            ),
            // Two billion values in blocks that would take more bytes than there are.
            (.deltaBinaryPacked, .int64, [0x80, 0x80, 0x04, 0x01, 0xff, 0xff, 0xff, 0x3f, 0x02, 0, 0], 134_217_727),
            // A number without end.
            (.deltaBinaryPacked, .int64, Array(repeating: 0xff, count: 20), 1),
            // A length of -1; a first value with a prefix; a prefix longer than the value before; a wrong width.
            (.deltaLengthByteArray, .byteArray, [0x80, 0x01, 0x04, 0x01, 0x01], 1),
            (.deltaByteArray, .byteArray, [0x80, 0x01, 0x04, 0x01, 0x02, 0x80, 0x01, 0x04, 0x01, 0x00], 1),
            (.deltaByteArray, .byteArray, [0x80, 0x01, 0x04, 0x01, 0x01, 0x80, 0x01, 0x04, 0x01, 0x04, 1, 1], 1),
            (.deltaByteArray, .fixedLengthByteArray(3), [0x80, 1, 4, 1, 0, 0x80, 1, 4, 1, 4, 1, 1], 1),
        ] as [(PageEncoding, PhysicalType, [UInt8], Int)]
    )
    func `what cannot be true is refused`(encoding: PageEncoding, type: PhysicalType, bytes: [UInt8], count: Int) {
        #expect(throws: ParquetReadError.self) { try decode(encoding, bytes, type, count: count) }
    }

    @Test
    func `deltas of 33 bits, which DuckDB writes for 32-bit integers, are read`() throws {
        // From the greatest integer to the least: a difference of -0xffffffff, and then of 0xffffffff.
        let head: [UInt8] =
            [0x80, 0x01, 0x04, 0x03] + [0xfe, 0xff, 0xff, 0xff, 0x0f] + [0xfd, 0xff, 0xff, 0xff, 0x1f]
        let packed: [UInt8] = [0, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff, 0x03]
        let read = try decode(.deltaBinaryPacked, head + [33, 0, 0, 0] + packed, .int32, count: 3)
        #expect(read.values == littleEndian(Int32.max) + littleEndian(Int32.min) + littleEndian(Int32.max))
    }

    @Test
    func `values that grow out of their prefixes are refused before they fill the memory`() {
        // A value of a MiB and 2,000 more that repeat it.
        let count = 2_001
        let prefixes = [0] + Array(repeating: Int32(1 << 20), count: count - 1)
        let suffixes = [Int32(1 << 20)] + Array(repeating: 0, count: count - 1)
        let out = ByteBuffer()
        for lengths in [prefixes, suffixes] {
            lengths.withUnsafeBytes {
                ValueEncoding.encode(.deltaBinaryPacked, values: $0, physicalType: .int32, count: count, into: out)
            }
        }
        out.append([UInt8](repeating: 1, count: 1 << 20))
        let error = #expect(throws: ParquetReadError.self) {
            try decode(.deltaByteArray, out.copyBytes(), .byteArray, count: count)
        }
        #expect(error?.code == .tooLarge)
    }

    @Test(arguments: PageValues.encodings)
    func `a page cut at any byte gives the same values or an error`(format: (PageEncoding, PhysicalType)) {
        for shape in PageValues.Shape.allCases {
            let values = PageValues(format.1, shape, count: 75)
            let bytes = values.encode(format.0)
            for length in 0..<bytes.count {
                guard let decoded = try? decode(format.0, Array(bytes.prefix(length)), format.1, count: values.count)
                else { continue }
                #expect(decoded.values == values.bytes, "\(values) as \(format.0), cut to \(length) bytes")
                #expect(decoded.byteCount <= length)
            }
        }
    }

    @Test(arguments: PageValues.encodings)
    func `flipped bits give values or an error`(format: (PageEncoding, PhysicalType)) {
        var generator = SeededGenerator(seed: 7)
        for shape in PageValues.Shape.allCases {
            for count in [1, 9, 140] {
                let bytes = PageValues(format.1, shape, count: count).encode(format.0)
                for turn in 0..<250 {
                    var flipped = bytes
                    for _ in 0...Int.random(in: 0...2, using: &generator) {
                        // The headers are in front.
                        let range = turn & 1 == 0 ? 0..<min(24, flipped.count) : flipped.indices
                        guard let place = range.randomElement(using: &generator) else { break }
                        flipped[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                    }
                    guard let decoded = try? decode(format.0, flipped, format.1, count: count) else { continue }
                    #expect(isColumnar(decoded.values, format.1, count: count))
                    #expect(decoded.byteCount <= flipped.count)
                }
            }
        }
    }

    @Test(arguments: PageValues.encodings)
    func `random bytes give values or an error`(format: (PageEncoding, PhysicalType)) {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let count = Int.random(in: 0...200, using: &generator)
            guard let decoded = try? decode(format.0, bytes, format.1, count: count) else { continue }
            #expect(isColumnar(decoded.values, format.1, count: count))
        }
    }
}
