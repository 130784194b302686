import Bytes
import Columnar
import TestSupport
import Testing

@testable import Parquet

@Suite
struct DictionaryValuesTests {
    @Test(
        arguments: [
            .boolean, .int32, .int64, .float, .double, .byteArray, .fixedLengthByteArray(3), .fixedLengthByteArray(12),
            .fixedLengthByteArray(16),
        ] as [PhysicalType],
        PageValues.Shape.allCases
    )
    func `each index becomes its value`(type: PhysicalType, shape: PageValues.Shape) throws {
        var generator = SeededGenerator(seed: 3)
        let single = (0..<50).map { PageValues(type, shape, count: 1, seed: $0).bytes }
        let values = ByteBuffer()
        for value in single { values.append(value) }
        let dictionary = try DictionaryValues(values, physicalType: type, count: single.count)
        let indexes = (0..<700).map { _ in UInt32.random(in: 0..<50, using: &generator) }
        let out = ByteBuffer()
        out.append(0xee)
        try indexes.withUnsafeBufferPointer { try dictionary.append($0, into: out) }
        #expect(out.copyBytes() == [0xee] + indexes.flatMap { single[Int($0)] })
    }

    @Test
    func `an index beyond the dictionary is refused`() throws {
        for (type, bytes) in [(.int32, [1, 0, 0, 0]), (.byteArray, [1, 0, 0, 0, 7])] as [(PhysicalType, [UInt8])] {
            let values = ByteBuffer()
            values.append(bytes)
            let dictionary = try DictionaryValues(values, physicalType: type, count: 1)
            let out = ByteBuffer()
            for indexes in [[0, 1], [.max], [0, 0, 4]] as [[UInt32]] {
                #expect(throws: ParquetReadError.self) {
                    try indexes.withUnsafeBufferPointer { try dictionary.append($0, into: out) }
                }
                #expect(out.count == 0)
            }
            let empty = try DictionaryValues(ByteBuffer(), physicalType: type, count: 0)
            #expect(throws: ParquetReadError.self) {
                try [UInt32(0)].withUnsafeBufferPointer { try empty.append($0, into: out) }
            }
            try [].withUnsafeBufferPointer { try empty.append($0, into: out) }
        }
    }

    @Test(
        arguments: [
            (.int32, [1, 2, 3], 1), (.int32, [1, 2, 3, 4, 5], 1), (.int64, [], -1), (.byteArray, [1, 0, 0, 0], 1),
            (.byteArray, [0xff, 0xff, 0xff, 0xff, 1], 1), (.byteArray, [0, 0, 0, 0, 0], 1),
            (.byteArray, [0, 0, 0, 0], .max), (.int64, [], .max), (.int64, [], 1 << 61),
        ] as [(PhysicalType, [UInt8], Int)]
    )
    func `a dictionary that is not so many values is refused`(type: PhysicalType, bytes: [UInt8], count: Int) {
        let values = ByteBuffer()
        values.append(bytes)
        #expect(throws: ParquetReadError.self) { try DictionaryValues(values, physicalType: type, count: count) }
    }

    @Test
    func `a few indexes cannot fill the memory`() throws {
        let values = ByteBuffer()
        values.appendLittleEndian(UInt32(1 << 20))
        values.append([UInt8](repeating: 1, count: 1 << 20))
        let dictionary = try DictionaryValues(values, physicalType: .byteArray, count: 1)
        let error = #expect(throws: ParquetReadError.self) {
            try [UInt32](repeating: 0, count: 2_000).withUnsafeBufferPointer {
                try dictionary.append($0, into: ByteBuffer())
            }
        }
        #expect(error?.code == .tooLarge)
    }
}
