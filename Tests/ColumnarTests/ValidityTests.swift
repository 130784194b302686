import Bytes
import Columnar
import TestSupport
import Testing

@Suite
struct ValidityTests {
    @Test(arguments: 0..<UInt64(60))
    func `appends in any order and at any offset mean what an array of flags would`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var validity = Validity()
        var model: [Bool] = []
        for _ in 0..<60 {
            let count = Int.random(in: 0...300, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0:
                validity.appendValues(count)
                model += Array(repeating: true, count: count)
            case 1:
                validity.appendNulls(count)
                model += Array(repeating: false, count: count)
            case 2:
                let flags = (0..<count).map { _ in UInt8.random(in: 0...1, using: &generator) }
                validity.append(flags: flags, count: count, valueCount: flags.count { $0 == 1 })
                model += flags.map { $0 == 1 }
            default:
                let (other, flags) = Self.random(Int.random(in: 0...400, using: &generator), &generator)
                let start = Int.random(in: 0...flags.count, using: &generator)
                let taken = Int.random(in: 0...(flags.count - start), using: &generator)
                let slice = flags[start..<(start + taken)]
                #expect(other.valueCount(from: start, count: taken) == slice.count { $0 })
                #expect(validity.append(other, from: start, count: taken) == slice.count { $0 })
                model += slice
            }
            Self.check(validity, model)
            if Int.random(in: 0..<25, using: &generator) == 0 {
                validity.removeAll()
                model = []
            }
        }
    }

    private static func random(_ count: Int, _ generator: inout SeededGenerator) -> (Validity, [Bool]) {
        var validity = Validity()
        let everySlotIsValid = Bool.random(using: &generator)
        let flags = (0..<count).map { _ in everySlotIsValid || Bool.random(using: &generator) }
        for flag in flags {
            if flag { validity.appendValues(1) } else { validity.appendNulls(1) }
        }
        return (validity, flags)
    }

    private static func check(_ validity: Validity, _ model: [Bool]) {
        #expect(validity.slotCount == model.count)
        #expect(validity.valueCount == model.count { $0 })
        #expect(validity.nullCount == model.count { !$0 })
        #expect(model.indices.allSatisfy { validity.isValue(at: $0) == model[$0] })
        guard let bitmap = validity.bitmap else {
            #expect(!model.contains(false))
            return
        }
        let bytes = UnsafeRawBufferPointer(start: bitmap, count: (model.count + 7) / 8)
        var expected = [UInt8](repeating: 0, count: bytes.count)
        for (index, isValue) in model.enumerated() where isValue { expected[index / 8] |= 1 << UInt8(index % 8) }
        #expect(Array(bytes) == expected, "bits past the last slot are zero")
    }
}

@Suite
struct ColumnTests {
    @Test
    func `values lie one after another and NULLs take no room`() {
        let column = Column(type: .leaf(.int32, nil))
        column.append(Int32(1))
        column.appendNulls(2)
        column.append(Int32(-1))
        #expect(column.slotCount == 4)
        #expect(column.values.copyBytes() == [1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
        #expect([0, 1, 2, 3].map { column.validity.isValue(at: $0) } == [true, false, false, true])
        column.removeAll()
        #expect(column.slotCount == 0 && column.valueByteCount == 0)
    }

    @Test
    func `texts have a length before them, lists the number of their entries`() {
        let column = Column(type: .list(.leaf(.byteArray, .string)))
        column.append(entryCount: 2)
        column.children[0].append("é")
        column.children[0].append("")
        column.append(entryCount: 0)
        #expect(column.values.copyBytes() == [2, 0, 0, 0, 0, 0, 0, 0])
        #expect(column.children[0].values.copyBytes() == [2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0])
        #expect(column.valueByteCount == 18)
    }
}
