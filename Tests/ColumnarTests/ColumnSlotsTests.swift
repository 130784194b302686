import Bytes
import Columnar
import TestSupport
import Testing

@Suite
struct ColumnSlotsTests {
    @Test(arguments: 0..<UInt64(80))
    func `slots are found in any order as a walk from the front finds them`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let column = Column(type: NestedColumn.type(depth: 3, &generator))
        let withNulls = seed % 3 > 0
        let count = Int.random(in: 0...200, using: &generator)
        for _ in 0..<count { NestedColumn.append(to: column, withNulls: withNulls, &generator) }
        let slots = ColumnSlots(column)
        let order = Array(0..<count).shuffled(using: &generator)
        let copies = Column(type: column.type)
        let expected = Column(type: column.type)
        for slot in order {
            slots.copy(slot, to: copies)
            var cursor = ColumnCursor(column)
            cursor.skip(slot)
            cursor.copy(1, to: expected)
        }
        #expect(NestedColumn.dump(copies) == NestedColumn.dump(expected))

        for _ in 0..<20 {
            let start = Int.random(in: 0...count, using: &generator)
            let end = Int.random(in: start...count, using: &generator)
            slots.copy(start..<end, to: copies)
            var cursor = ColumnCursor(column)
            cursor.skip(start)
            cursor.copy(end - start, to: expected)
        }
        #expect(NestedColumn.dump(copies) == NestedColumn.dump(expected))
    }

    @Test
    func `a value is its bytes without a length, NULL is nil`() {
        let texts = Column(type: .leaf(.byteArray, .string))
        let numbers = Column(type: .leaf(.int32, nil))
        for slot in 0..<1_000 {
            if slot % 3 == 1 {
                texts.appendNulls(1)
                numbers.appendNulls(1)
            } else {
                texts.append(String(repeating: "é", count: slot % 7))
                numbers.append(Int32(slot))
            }
        }
        let textSlots = ColumnSlots(texts)
        let numberSlots = ColumnSlots(numbers)
        for slot in (0..<1_000).reversed() {
            let text = textSlots.withValue(at: slot) { $0.map { String(decoding: $0, as: UTF8.self) } }
            #expect(text == (slot % 3 == 1 ? nil : String(repeating: "é", count: slot % 7)))
            let number = numberSlots.withValue(at: slot) { $0.map { $0.loadUnaligned(as: Int32.self) } }
            #expect(number == (slot % 3 == 1 ? nil : Int32(slot)))
            #expect(numberSlots.isValue(slot) == (slot % 3 != 1))
        }
    }

    @Test
    func `a column without slots has none to copy`() {
        let column = Column(type: .list(.leaf(.byteArray, nil)))
        let target = Column(type: column.type)
        ColumnSlots(column).copy(0..<0, to: target)
        #expect(target.slotCount == 0 && target.valueByteCount == 0)
    }
}
