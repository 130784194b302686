import Bytes
import Columnar
import TestSupport
import Testing

@testable import Parquet

@Suite
struct RunLengthEncoderTests {
    @Test(
        arguments: [
            (Array(0..<8), 3, [0x03, 0x88, 0xc6, 0xfa]), ([1, 0, 1], 1, [0x03, 0x05]), ([], 1, []),
            (Array(repeating: 1, count: 8), 1, [0x10, 0x01]), (Array(repeating: 4, count: 100), 3, [0xc8, 0x01, 0x04]),
            (Array(repeating: 0x1234, count: 9), 13, [0x12, 0x34, 0x12]), ([5], 3, [0x03, 0x05, 0x00, 0x00]),
            (Array(repeating: 7, count: 8) + [1, 2], 3, [0x10, 0x07, 0x03, 0x11, 0x00, 0x00]),
        ] as [([UInt32], Int, [UInt8])]
    )
    func `golden vectors`(values: [UInt32], bitWidth: Int, bytes: [UInt8]) {
        #expect(encode(values, bitWidth) == bytes)
    }

    @Test(arguments: 1...32)
    func `what is written reads back, at every width`(bitWidth: Int) throws {
        var generator = SeededGenerator(seed: UInt64(bitWidth))
        let limit: UInt32 = bitWidth == 32 ? .max : (1 << UInt32(bitWidth)) - 1
        for _ in 0..<40 {
            var values: [UInt32] = []
            while values.count < 300 {
                let value = UInt32.random(in: 0...limit, using: &generator)
                values += Array(
                    repeating: value,
                    count: Bool.random(using: &generator) ? 1 : Int.random(in: 1...40, using: &generator)
                )
            }
            values = Array(values.prefix(Int.random(in: 0...300, using: &generator)))
            #expect(decode(encode(values, bitWidth), bitWidth, values.count) == values)
        }
    }

    @Test(arguments: 0..<UInt64(30))
    func `bits read back`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var flags: [UInt8] = []
        for _ in 0..<Int.random(in: 0..<12, using: &generator) {
            let isRun = Bool.random(using: &generator)
            let value = UInt8.random(in: 0...1, using: &generator)
            flags += (0..<Int.random(in: 0..<150, using: &generator)).map { _ in
                isRun ? value : UInt8.random(in: 0...1, using: &generator)
            }
        }
        var bitmap = [UInt8](repeating: 0, count: flags.count / 8 + 1)
        for (index, flag) in flags.enumerated() { bitmap[index / 8] |= flag << UInt8(index % 8) }
        let out = ByteBuffer()
        RunLengthEncoder.writeBits(bitmap, count: flags.count, to: out)
        #expect(decode(out.copyBytes(), 1, flags.count) == flags.map { UInt32($0) })
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (7, 3), (255, 8), (256, 9), (-1, 0)])
    func `the width is that of the largest value`(maximum: Int, bitWidth: Int) {
        #expect(RunLengthEncoder.bitWidth(of: maximum) == bitWidth)
    }

    private func encode(_ values: [UInt32], _ bitWidth: Int) -> [UInt8] {
        let out = ByteBuffer()
        RunLengthEncoder.write(values, count: values.count, bitWidth: bitWidth, to: out)
        return out.copyBytes()
    }

    /// Reads the hybrid as Encodings.md describes it, one bit at a time.
    private func decode(_ bytes: [UInt8], _ bitWidth: Int, _ count: Int) -> [UInt32] {
        var values: [UInt32] = []
        var position = 0
        while values.count < count, position < bytes.count {
            var header = 0
            var shift = 0
            while true {
                header |= Int(bytes[position] & 0x7f) << shift
                shift += 7
                position += 1
                if bytes[position - 1] < 0x80 { break }
            }
            if header & 1 == 0 {
                let width = (bitWidth + 7) / 8
                let value = bytes[position..<(position + width)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                values += Array(repeating: value, count: header >> 1)
                position += width
                continue
            }
            for index in 0..<((header >> 1) * 8) {
                var value: UInt32 = 0
                for bit in 0..<bitWidth {
                    let place = index * bitWidth + bit
                    value |= UInt32(bytes[position + place / 8] >> UInt8(place % 8) & 1) << UInt32(bit)
                }
                values.append(value)
            }
            position += (header >> 1) * bitWidth
        }
        return Array(values.prefix(count))
    }
}

@Suite
struct ThriftWriterTests {
    @Test
    func `fields, lists and structures have the bytes of the compact protocol`() {
        let out = ByteBuffer()
        var thrift = ThriftWriter(out)
        thrift.structureElement { thrift in
            thrift.i32(1, -1)
            thrift.i64(20, 300)
            thrift.bool(21, true)
            thrift.bool(22, false)
            thrift.i8(23, -2)
            thrift.string(24, "é")
            thrift.list(25, .i32, count: 2)
            thrift.integerElement(1)
            thrift.integerElement(-64)
            thrift.list(26, .boolTrue, count: 15)
            for index in 0..<15 { thrift.boolElement(index == 0) }
            thrift.structure(27) { $0.i16(1, .min) }
            thrift.i64(28, .min)
        }
        let expected: [UInt8] =
            [
                0x15, 0x01, 0x06, 0x28, 0xd8, 0x04, 0x11, 0x12, 0x13, 0xfe, 0x18, 0x02, 0xc3, 0xa9, 0x19, 0x25, 0x02,
                0x7f,
            ]
            + [0x19, 0xf1, 0x0f, 0x01] + Array(repeating: 2, count: 14) + [0x1c, 0x14, 0xff, 0xff, 0x03, 0x00, 0x16]
            + Array(repeating: 0xff, count: 9) + [0x01, 0x00]
        #expect(out.copyBytes() == expected)
    }
}

@Suite
struct DictionaryBuilderTests {
    @Test(arguments: [PhysicalType.int32, .int64, .float, .double, .byteArray, .fixedLengthByteArray(5)])
    func `indexes lead back to the values, through every growth of the table`(type: PhysicalType) {
        var generator = SeededGenerator(seed: 7)
        let values = (0..<20_000).map { _ in value(UInt32.random(in: 0..<6_000, using: &generator), type) }
        let dictionary = DictionaryBuilder(physicalType: type)
        // Once more after being emptied: nothing may be left of the first run.
        for _ in 0..<2 {
            let indexes = ByteBuffer()
            for start in stride(from: 0, to: values.count, by: 1_000) {
                let source = ByteBuffer()
                for value in values[start..<(start + 1_000)] {
                    if type == .byteArray { source.appendLittleEndian(UInt32(value.count)) }
                    source.append(value)
                }
                dictionary.encode(source.base, valueCount: 1_000, into: indexes)
            }
            var first: [[UInt8]] = []
            var known: Set<[UInt8]> = []
            for value in values where known.insert(value).inserted { first.append(value) }
            #expect(dictionary.count == first.count)
            #expect((0..<dictionary.count).map { Array(dictionary.value(at: $0)) } == first)
            let read = (0..<values.count).map {
                Array(dictionary.value(at: Int(indexes.base.load(fromByteOffset: $0 * 4, as: UInt32.self))))
            }
            #expect(read == values)
            dictionary.removeAll()
        }
    }

    private func value(_ seed: UInt32, _ type: PhysicalType) -> [UInt8] {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: (UInt64(seed) &* 8) >> UInt64($0 * 8)) }
        if let width = type.byteWidth { return Array(bytes.prefix(width)) }
        return Array(repeating: UInt8(seed & 1), count: Int(seed % 40)) + bytes.prefix(Int(seed % 3) + 2)
    }
}

@Suite
struct LevelShredderTests {
    @Test
    func `null list, empty list and NULL element have levels of their own`() {
        let list = Column(type: .list(.leaf(.int32, nil)))
        list.appendNulls(1)
        list.append(entryCount: 0)
        list.append(entryCount: 3)
        list.children[0].append(Int32(1))
        list.children[0].appendNulls(1)
        list.children[0].append(Int32(2))
        list.append(entryCount: 1)
        list.children[0].append(Int32(3))
        #expect(levels(list) == [[[0, 1, 3, 2, 3, 3], [0, 0, 0, 1, 1, 0]]])
        #expect(levels(list, isNullable: false).first?[0] == [0, 0, 2, 1, 2, 2])
    }

    @Test
    func `keys of a map are never NULL, its values may be`() {
        let map = Column(type: .map(key: .leaf(.byteArray, .string), value: .leaf(.byteArray, .string)))
        map.append(entryCount: 2)
        map.children[0].append("a")
        map.children[0].append("b")
        map.children[1].appendNulls(1)
        map.children[1].append("x")
        map.appendNulls(1)
        map.append(entryCount: 0)
        #expect(levels(map) == [[[2, 2, 0, 1], [0, 1, 0, 0]], [[2, 3, 0, 1], [0, 1, 0, 0]]])
    }

    @Test
    func `lists of lists repeat at the level where they go on`() {
        let outer = Column(type: .list(.list(.leaf(.int32, nil))))
        let inner = outer.children[0]
        // [[1, 2], NULL, [], [NULL]], NULL, [], [[3]]
        outer.append(entryCount: 4)
        inner.append(entryCount: 2)
        inner.children[0].append(Int32(1))
        inner.children[0].append(Int32(2))
        inner.appendNulls(1)
        inner.append(entryCount: 0)
        inner.append(entryCount: 1)
        inner.children[0].appendNulls(1)
        outer.appendNulls(1)
        outer.append(entryCount: 0)
        outer.append(entryCount: 1)
        inner.append(entryCount: 1)
        inner.children[0].append(Int32(3))
        #expect(levels(outer) == [[[5, 5, 2, 3, 4, 0, 1, 5], [0, 2, 1, 1, 1, 0, 0, 0]]])
    }

    private func levels(_ column: Column, isNullable: Bool = true) -> [[[UInt8]]] {
        let field = Field(name: "c", type: column.type, isNullable: isNullable)
        let shredder = LevelShredder()
        return LeafColumn.leaves(of: TableSchema(fields: [field])).map { leaf in
            _ = shredder.shred(column, leaf: leaf)
            return [shredder.definitionLevels.copyBytes(), shredder.repetitionLevels.copyBytes()]
        }
    }
}

@Suite
struct StatisticsTests {
    @Test
    func `zero covers both zeros, and with NaN there are no bounds`() throws {
        let order = ValueOrder(leaf(.double, nil))
        let zeros: [Double] = [0, -0.0]
        let bounds = try #require(self.bounds(zeros.map(\.bitPattern), order))
        #expect(bounds.min == [0, 0, 0, 0, 0, 0, 0, 0x80] && bounds.max == Array(repeating: 0, count: 8))
        for values in [[Double.nan], [1, .nan], [-.nan, 1]] {
            #expect(self.bounds(values.map(\.bitPattern), order) == nil)
        }
        let infinite = try #require(self.bounds([Double.infinity.bitPattern], order))
        #expect(infinite.min == infinite.max && infinite.max == [0, 0, 0, 0, 0, 0, 0xf0, 0x7f])
        let lowest = try #require(self.bounds([(-Double.infinity).bitPattern], order))
        #expect(lowest.min == lowest.max && lowest.max == [0, 0, 0, 0, 0, 0, 0xf0, 0xff])
    }

    @Test
    func `decimals of bytes compare as signed numbers, other bytes as unsigned ones`() {
        let values: [UInt8] = [0, 1, 0xff, 0xff, 0x80, 0, 0x7f, 0xff]
        let decimal = ValueOrder(leaf(.fixedLengthByteArray(2), .decimal(precision: 4, scale: 0)))
        #expect(decimal.bounds(values, count: 4) == ValueBounds(min: [0x80, 0], max: [0x7f, 0xff]))
        let plain = ValueOrder(leaf(.fixedLengthByteArray(2), nil))
        #expect(plain.bounds(values, count: 4) == ValueBounds(min: [0, 1], max: [0xff, 0xff]))
        #expect(decimal.isLess([0xff, 0xfe], [0xff, 0xff]) && !decimal.isLess([0, 0], [0xff, 0xff]))
    }

    @Test(arguments: 0..<UInt64(20))
    func `bounds of texts are the first and the last one in the order of bytes`(seed: UInt64) {
        let alphabet: [UInt8] = [0, 1, 0x7f, 0x80, 0xff]
        var generator = SeededGenerator(seed: seed)
        let values = (0..<30).map { _ -> [UInt8] in
            (0..<Int.random(in: 0...12, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
        }
        let source = ByteBuffer()
        for value in values {
            source.appendLittleEndian(UInt32(value.count))
            source.append(value)
        }
        let sorted = values.sorted { $0.lexicographicallyPrecedes($1) }
        let bounds = ValueOrder(leaf(.byteArray, nil)).bounds(source.base, count: values.count)
        #expect(bounds == ValueBounds(min: sorted.first ?? [], max: sorted.last ?? []))
    }

    @Test
    func `bounds of up to 64 bytes are exact`() throws {
        let value = Array(repeating: UInt8(0xff), count: 64)
        #expect(BoundTruncation.lower(value, isText: false) == (value, true))
        #expect(try #require(BoundTruncation.upper(value, isText: false)) == (value, true))
    }

    @Test
    func `longer bounds are cut, upper ones after an increase`() throws {
        let bytes = Array(repeating: UInt8(1), count: 62) + [0xff, 0xff, 5]
        #expect(BoundTruncation.lower(bytes, isText: false) == (Array(bytes[..<64]), false))
        let upper = try #require(BoundTruncation.upper(bytes, isText: false))
        #expect(upper == (Array(repeating: 1, count: 61) + [2], false))
        #expect(BoundTruncation.upper(Array(repeating: 0xff, count: 65), isText: false) == nil)
    }

    @Test(arguments: [
        (String(repeating: "a", count: 65), String(repeating: "a", count: 64), String(repeating: "a", count: 63) + "b"),
        // The cut falls into a character.
        (
            String(repeating: "a", count: 63) + "éé", String(repeating: "a", count: 63),
            String(repeating: "a", count: 62) + "b"
        ),
        // No longer characters: the one before is increased instead.
        (
            String(repeating: "a", count: 63) + "\u{7f}z", String(repeating: "a", count: 63) + "\u{7f}",
            String(repeating: "a", count: 62) + "b"
        ),
        (
            String(repeating: "\u{d7ff}", count: 22), String(repeating: "\u{d7ff}", count: 21),
            String(repeating: "\u{d7ff}", count: 20) + "\u{e000}"
        ),
    ])
    func `text is cut between characters and stays UTF-8`(text: String, lower: String, upper: String) throws {
        #expect(BoundTruncation.lower(Array(text.utf8), isText: true) == (Array(lower.utf8), false))
        let bound = try #require(BoundTruncation.upper(Array(text.utf8), isText: true))
        #expect(bound == (Array(upper.utf8), false))
    }

    @Test(arguments: 0..<UInt64(200))
    func `cut bounds enclose the value, be it UTF-8 or not`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet: [UInt8] = [0x61, 0x7f, 0x80, 0xbf, 0xc2, 0xe2, 0xed, 0xa0, 0xef, 0xf4, 0x8f, 0xff]
        let value = (0..<80).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
        for isText in [false, true] {
            #expect(BoundTruncation.lower(value, isText: isText).bytes.lexicographicallyPrecedes(value))
            if let upper = BoundTruncation.upper(value, isText: isText) {
                #expect(value.lexicographicallyPrecedes(upper.bytes) && upper.bytes.count <= 64)
            }
        }
    }

    private func leaf(_ physical: PhysicalType, _ logical: LogicalType?) -> LeafColumn {
        LeafColumn.leaves(of: TableSchema(fields: [Field(name: "c", type: .leaf(physical, logical))]))[0]
    }

    private func bounds(_ bits: [UInt64], _ order: ValueOrder) -> ValueBounds? {
        order.bounds(bits, count: bits.count)
    }
}
