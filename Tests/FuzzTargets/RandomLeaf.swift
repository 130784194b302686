import Bytes
import Columnar

/// Values of one leaf: how often they come again, how they are ordered, and the odd ones of their type.
struct RandomLeaf {
    enum Shape: CaseIterable { case constant, few, many, ascending, edges }

    private let physicalType: PhysicalType
    private let logicalType: LogicalType?
    private let shape: Shape
    private var position: UInt64 = 0

    init(_ physicalType: PhysicalType, _ logicalType: LogicalType?, _ choices: inout Choices) {
        self.physicalType = physicalType
        self.logicalType = logicalType
        shape = choices.pick(Shape.allCases)
    }

    /// Appends one value.
    mutating func append(to column: Column, _ choices: inout Choices) {
        position += 1
        let number: UInt64 =
            switch shape {
            case .constant: 42
            case .few: choices.next() % 5
            case .many, .edges: choices.next()
            case .ascending: position * 3
            }
        let isEdge = shape == .edges && number & 1 == 0
        switch physicalType {
        case .boolean: append([UInt8(number >> 1 & 1)], to: column)
        case .int32, .int64: append(integer(number, isEdge: isEdge), to: column)
        case .float:
            append(isEdge ? Self.singles[Int(number >> 1) % Self.singles.count] : Float(number).bitPattern, to: column)
        case .double:
            append(
                isEdge ? Self.doubles[Int(number >> 1) % Self.doubles.count] : (Double(number) / 8).bitPattern,
                to: column
            )
        case .fixedLengthByteArray(let width): append(fixed(number, width, isEdge: isEdge), to: column)
        case .byteArray:
            let bytes = variable(number, isEdge: isEdge, &choices)
            bytes.withUnsafeBytes { column.append(bytes: $0) }
        }
    }

    private func append(_ bytes: [UInt8], to column: Column) {
        column.values.append(bytes)
        column.validity.appendValues(1)
    }

    private func append(_ number: some FixedWidthInteger & BitwiseCopyable, to column: Column) {
        column.values.appendLittleEndian(number)
        column.validity.appendValues(1)
    }

    private func append(_ number: Int64, to column: Column) {
        if physicalType == .int32 {
            append(UInt32(truncatingIfNeeded: number), to: column)
        } else {
            append(UInt64(bitPattern: number), to: column)
        }
    }

    /// An integer that the annotation allows.
    private func integer(_ number: UInt64, isEdge: Bool) -> Int64 {
        let range = range
        if isEdge {
            return [range.lowerBound, range.upperBound, range.contains(0) ? 0 : range.lowerBound][Int(number >> 1) % 3]
        }
        guard range != Int64.min...Int64.max else { return Int64(bitPattern: number) }
        let width = UInt64(bitPattern: range.upperBound &- range.lowerBound) &+ 1
        return range.lowerBound &+ Int64(bitPattern: number % width)
    }

    /// What readers can show: the years 1 to 9999, times of a day, decimals of their precision.
    private var range: ClosedRange<Int64> {
        let (firstSecond, lastSecond): (Int64, Int64) = (-62_135_596_800, 253_402_300_799)
        switch logicalType {
        case .date: return -719_162...2_932_896
        case .time(.milliseconds, _): return 0...86_399_999
        case .time(.microseconds, _): return 0...86_399_999_999
        case .time(.nanoseconds, _): return 0...86_399_999_999_999
        case .timestamp(.milliseconds, _): return firstSecond * 1_000...lastSecond * 1_000 + 999
        case .timestamp(.microseconds, _): return firstSecond * 1_000_000...lastSecond * 1_000_000 + 999_999
        case .timestamp(.nanoseconds, _): return -9_223_286_400_000_000_000...9_223_372_036_854_775_806
        case .decimal(let precision, _):
            let greatest = (0..<min(precision, 18)).reduce(Int64(1)) { power, _ in power * 10 } - 1
            return -greatest...greatest
        case .integer(let bitWidth, let isSigned) where bitWidth < 32:
            return isSigned ? -(1 << (bitWidth - 1))...(1 << (bitWidth - 1)) - 1 : 0...(1 << bitWidth) - 1
        default: return physicalType == .int32 ? Int64(Int32.min)...Int64(Int32.max) : .min ... .max
        }
    }

    private func fixed(_ number: UInt64, _ width: Int, isEdge: Bool) -> [UInt8] {
        switch logicalType {
        case .decimal: return Self.bigEndian(integer(number, isEdge: isEdge), width)
        case .float16:
            let value =
                isEdge ? Self.halves[Int(number >> 1) % Self.halves.count] : UInt16(truncatingIfNeeded: number % 0x7c00)
            return [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
        // Months, days and milliseconds of a size that readers can show.
        case .interval:
            return (0..<3).flatMap {
                [
                    UInt8(truncatingIfNeeded: number >> ($0 * 16)), UInt8(truncatingIfNeeded: number >> ($0 * 16 + 8)),
                    0, 0,
                ]
            }
        default:
            if isEdge { return [UInt8](repeating: number & 2 == 0 ? 0 : 0xff, count: width) }
            return (0..<width).map { UInt8(truncatingIfNeeded: number >> (UInt64($0 & 7) * 8)) }
        }
    }

    private func variable(_ number: UInt64, isEdge: Bool, _ choices: inout Choices) -> [UInt8] {
        switch logicalType {
        case .decimal:
            let value = integer(number, isEdge: isEdge)
            return Self.bigEndian(value, (64 - (value < 0 ? ~value : value).leadingZeroBitCount) / 8 + 1)
        case .json: return Array("{\"n\": \(number), \"e\": \(isEdge)}".utf8)
        case nil, .bson:
            if isEdge { return edge(number, of: 0xff) }
            return (0..<Int(number % 23)).map { UInt8(truncatingIfNeeded: number >> (UInt64($0 & 7) * 8)) }
        default:
            if isEdge { return edge(number, of: 0x7a) }
            return Array("/a/path/to/\(number % 1_000_003)/é".utf8)
        }
    }

    /// Nothing, a byte, more than bounds hold, and once in a while a mebibyte.
    private func edge(_ number: UInt64, of byte: UInt8) -> [UInt8] {
        let length = (number >> 1) % 2_000 == 0 ? 1 << 20 : [0, 0, 1, 63, 64, 65, 70, 300][Int(number >> 4) % 8]
        return [UInt8](repeating: byte, count: length)
    }

    private static func bigEndian(_ value: Int64, _ width: Int) -> [UInt8] {
        (0..<width).reversed().map { $0 >= 8 ? (value < 0 ? 0xff : 0) : UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    /// Zeros, infinities, the ends of the range and NaN with and without a payload.
    private static let singles: [UInt32] = [
        0, 0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc0_0123, 0x7fff_ffff, 1, 0x7f7f_ffff, 0xff7f_ffff,
    ]
    private static let doubles: [UInt64] = [
        0, 1 << 63, 0x7ff0 << 48, 0xfff0 << 48, 0x7ff8 << 48, 0xfff8 << 48 | 0x123, .max >> 1, 1,
        0x7fef_ffff_ffff_ffff, 0xffef_ffff_ffff_ffff,
    ]
    private static let halves: [UInt16] = [0, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0xfe12, 1, 0x7bff]
}
