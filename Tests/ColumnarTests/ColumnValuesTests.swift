import Bytes
import Columnar
import Testing

@Suite
struct ColumnValuesTests {
    @Test
    func `numbers come back as they were appended, without NULLs`() {
        let column = Column(type: .leaf(.double, nil))
        column.append(0.5)
        column.appendNulls(2)
        column.append(-1.0)
        #expect(column.slotCount == 4)
        #expect(column.withValues(as: Double.self) { values in values.indices.map { values[$0] } } == [0.5, -1])
        let flags = Column(type: .leaf(.boolean, nil))
        flags.append(true)
        flags.append(false)
        #expect(flags.withValues(as: UInt8.self) { values in values.indices.map { values[$0] } } == [1, 0])
        let empty = Column(type: .leaf(.int32, nil))
        #expect(empty.withValues(as: Int32.self) { $0.count } == 0)
    }

    @Test
    func `texts have one element a slot`() {
        let column = Column(type: .leaf(.byteArray, .string))
        column.append("é")
        column.appendNulls(1)
        column.append("")
        column.append(binary: [0xff])
        #expect(column.texts == ["é", nil, "", "\u{fffd}"])
        #expect(Column(type: .leaf(.byteArray, nil)).texts.isEmpty)
    }

    @Test
    func `bytes of fixed width lie one after another`() {
        let column = Column(type: .leaf(.fixedLengthByteArray(3), nil))
        column.append(fixed: [1, 2, 3])
        column.append(fixed: [4, 5, 6])
        #expect(column.values.copyBytes() == [1, 2, 3, 4, 5, 6])
        #expect(column.validity.slotCount == 2)
    }
}
