import Bytes
import Columnar
import Testing

@Suite
struct ColumnPromotionTests {
    @Test
    func `integers and floats keep their values and NULLs in wider columns`() throws {
        let small = Column(type: .leaf(.int32, .integer(bitWidth: 16)))
        for value in [Int32(-32_768), 0, 32_767] { small.append(value) }
        small.appendNulls(1)
        let wide = try #require(small.promoted(to: .leaf(.int64, nil)))
        #expect(
            wide.withValues(as: Int64.self) { values in values.indices.map { values[$0] } } == [-32_768, 0, 32_767]
        )
        #expect((0..<4).map { wide.validity.isValue(at: $0) } == [true, true, true, false])
        let middle = try #require(small.promoted(to: .leaf(.int32, nil)))
        #expect(middle.values.copyBytes() == small.values.copyBytes())

        let floats = Column(type: .leaf(.float, nil))
        for value in [Float.infinity, -0.0, 0.1, .nan] { floats.append(value) }
        let doubles = try #require(floats.promoted(to: .leaf(.double, nil)))
        let values = doubles.withValues(as: Double.self) { values in values.indices.map { values[$0] } }
        #expect(
            values[0] == .infinity && values[1].sign == .minus && values[2] == Double(Float(0.1)) && values[3].isNaN
        )
    }

    @Test
    func `a promoted column shares nothing with the one it was made of`() throws {
        let column = Column(type: .leaf(.byteArray, .json))
        column.append("{}")
        column.appendNulls(1)
        let text = try #require(column.promoted(to: .leaf(.byteArray, .string)))
        column.append("[]")
        text.appendNulls(1)
        #expect(text.texts == ["{}", nil, nil] && column.texts == ["{}", nil, "[]"])
        #expect(column.promoted(to: .leaf(.byteArray, .json)) === column)
    }

    @Test(arguments: [2, 9, 12, 18, 19, 28, 38])
    func `decimals keep their digits in every wider carrier`(precision: Int) throws {
        for wanted in [2, 9, 10, 18, 20, 28, 29, 38] where wanted >= precision {
            for raised in 0...(wanted - precision) {
                let from = Self.decimal(precision, scale: 1)
                let to = Self.decimal(wanted, scale: 1 + raised)
                let limit = Self.power(precision) - 1
                let numbers = [limit, -limit, 0, 1, -1, limit / 3, -(limit / 7)]
                let column = Self.column(from, numbers)
                column.appendNulls(2)
                let promoted = try #require(column.promoted(to: to))
                let expected = Self.column(to, numbers.map { $0 * Self.power(raised) })
                expected.appendNulls(2)
                #expect(NestedColumn.dump(promoted) == NestedColumn.dump(expected))
            }
        }
    }

    @Test
    func `what does not hold every value is refused`() {
        let decimals = Self.column(Self.decimal(5, scale: 2), [1])
        #expect(decimals.promoted(to: Self.decimal(5, scale: 3)) == nil, "a digit fewer before the point")
        #expect(decimals.promoted(to: Self.decimal(6, scale: 1)) == nil)
        #expect(decimals.promoted(to: .leaf(.byteArray, .string)) == nil)
        #expect(Column(type: .leaf(.int64, nil)).promoted(to: .leaf(.int32, nil)) == nil)
        #expect(Column(type: .leaf(.int32, nil)).promoted(to: .leaf(.double, nil)) == nil)
        #expect(Column(type: .leaf(.byteArray, nil)).promoted(to: .leaf(.byteArray, .string)) == nil)
        #expect(Column(type: .leaf(.int32, .date)).promoted(to: .leaf(.int64, nil)) == nil)
        #expect(Column(type: .list(.leaf(.int32, nil))).promoted(to: .list(.leaf(.int64, nil))) == nil)
        // Damaged: a value of more digits than its column states.
        let damaged = Self.column(Self.decimal(38, scale: 0), [.max])
        #expect(damaged.promoted(to: Self.decimal(38, scale: 0)) === damaged)
        let claimed = Self.column(.leaf(.fixedLengthByteArray(16), .decimal(precision: 4, scale: 0)), [.max])
        #expect(claimed.promoted(to: Self.decimal(38, scale: 2)) == nil)
        #expect(claimed.promoted(to: Self.decimal(4, scale: 0)) == nil)
    }

    @Test
    func `lists of text stand for lists of JSON`() throws {
        let column = Column(type: .list(.leaf(.byteArray, .json)))
        column.append(entryCount: 2)
        column.children[0].append("1")
        column.children[0].appendNulls(1)
        let promoted = try #require(column.promoted(to: .list(.leaf(.byteArray, .string))))
        #expect(promoted.slotCount == 1 && promoted.children[0].texts == ["1", nil])
    }

    private static func power(_ exponent: Int) -> Int128 { (0..<exponent).reduce(1) { value, _ in value * 10 } }

    /// The carriers of the lake: 32 bits, 64 bits, the fewest bytes.
    private static func decimal(_ precision: Int, scale: Int) -> ColumnType {
        let logical = LogicalType.decimal(precision: precision, scale: scale)
        switch precision {
        case ...9: return .leaf(.int32, logical)
        case ...18: return .leaf(.int64, logical)
        default:
            let limit = power(precision) - 1
            let width = (1...16).first { (width: Int) in limit >> Int128(width * 8 - 1) == 0 } ?? 16
            return .leaf(.fixedLengthByteArray(width), logical)
        }
    }

    private static func column(_ type: ColumnType, _ numbers: [Int128]) -> Column {
        let column = Column(type: type)
        for number in numbers {
            switch type {
            case .leaf(.int32, _): column.append(Int32(truncatingIfNeeded: number))
            case .leaf(.int64, _): column.append(Int64(truncatingIfNeeded: number))
            case .leaf(.fixedLengthByteArray(let width), _):
                column.append(
                    fixed: (0..<width).map { UInt8(truncatingIfNeeded: number >> ((width - 1 - $0) * 8)) }
                )
            default: break
            }
        }
        return column
    }
}
