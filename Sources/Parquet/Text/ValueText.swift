import Bytes
public import Columnar

/// One value of a leaf as text that says what it means: a day as a day, a decimal as a decimal.
///
/// | type | text |
/// |---|---|
/// | BOOLEAN | `true`, `false` |
/// | integers | digits; unsigned ones as such |
/// | FLOAT, DOUBLE, FLOAT16 | the shortest digits that read back as the same value; `NaN`, `Infinity`, `-Infinity` |
/// | DECIMAL | all digits: `-12.30` |
/// | STRING, ENUM, JSON | the text; what is no UTF-8 is replaced by U+FFFD |
/// | UUID | `123e4567-e89b-12d3-a456-426614174000` |
/// | DATE | `2026-11-22` |
/// | TIME | `10:15:30.123456`, with the decimals of its unit |
/// | TIMESTAMP | `2026-11-22T10:15:30.123456`, with the decimals of its unit, and `Z` where it is in UTC |
/// | INT96 | as a timestamp of nanoseconds, without `Z`, since writers do not say what they mean |
/// | INTERVAL | `P1M2DT3.004S` |
/// | BSON, bytes without meaning | hexadecimal digits |
///
/// Years before 0 and after 9999 have a sign: `+10000-01-01`, `-0044-03-15`; the year 0 is the one before 1 AD.
public struct ValueText: Sendable, Equatable, CustomStringConvertible {
    /// What kind of text it is, which decides how it is written elsewhere.
    public enum Form: Sendable, Equatable {
        /// A number or truth value as JSON has them too.
        case literal
        /// Characters of a fixed form, such as those of a day; none of them needs to be escaped.
        case symbol
        /// What the value itself holds: any characters, control characters among them.
        case text
        /// Hexadecimal digits.
        case bytes
        /// A list, map or structure, as JSON.
        case nested
    }

    /// What kind of text it is.
    public let form: Form
    /// The text.
    public let text: String

    init(_ form: Form, _ text: String) {
        self.form = form
        self.text = text
    }

    /// The text.
    public var description: String { text }

    /// The text of a value; `nil` if it does not have the number of bytes that its type has.
    ///
    /// - Parameters:
    ///   - value: The value as `PhysicalType` lays it out, without the length before a byte array: as it stands in
    ///     memory, and in the bounds of ``ColumnStatistics``.
    ///   - physicalType: How it lies there.
    ///   - logicalType: What it means; one that does not suit the physical type says nothing.
    public init?(_ value: RawSpan, _ physicalType: PhysicalType, _ logicalType: LogicalType?) {
        if let width = physicalType.byteWidth, width != value.byteCount { return nil }
        switch physicalType {
        case .boolean:
            self = unsafe .init(.literal, value.unsafeLoad(as: UInt8.self) == 0 ? "false" : "true")
        case .int32:
            self.init(unsafe value.unsafeLoadUnaligned(as: Int32.self), logicalType)
        case .int64:
            self.init(unsafe value.unsafeLoadUnaligned(as: Int64.self), logicalType)
        case .float:
            self.init(number: unsafe Float(bitPattern: value.unsafeLoadUnaligned(as: UInt32.self)))
        case .double:
            self.init(number: unsafe Double(bitPattern: value.unsafeLoadUnaligned(as: UInt64.self)))
        case .byteArray, .fixedLengthByteArray:
            self.init(bytes: value, logicalType)
        }
    }

    private init<Value: FixedWidthInteger>(_ value: Value, _ logicalType: LogicalType?) {
        switch logicalType {
        case .date? where Value.self == Int32.self: self.init(.symbol, CalendarText.date(Int64(value)))
        case .time(let unit, _)?: self.init(.symbol, CalendarText.time(Int64(value), unit))
        case .timestamp(let unit, let isUTC)?:
            self.init(.symbol, CalendarText.timestamp(Int64(value), unit, isAdjustedToUTC: isUTC))
        case .decimal(_, let scale)?: self.init(.symbol, DecimalText.text(value, scale: scale))
        case .integer(_, isSigned: false)?:
            self.init(.literal, String(Value.Magnitude(truncatingIfNeeded: value)))
        default: self.init(.literal, String(value))
        }
    }

    private init<Value: BinaryFloatingPoint & LosslessStringConvertible>(number value: Value) {
        if value.isFinite {
            self.init(.literal, value.description)
        } else {
            self.init(.symbol, value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
        }
    }

    private init(bytes value: RawSpan, _ logicalType: LogicalType?) {
        switch logicalType {
        case .string?, .json?, .enumeration?:
            self = unsafe value.withUnsafeBytes { unsafe .init(.text, String(decoding: $0, as: UTF8.self)) }
        case .decimal(_, let scale)?:
            self = DecimalText.text(value, scale: scale).map { .init(.symbol, $0) } ?? .init(hexadecimal: value)
        case .uuid? where value.byteCount == 16: self.init(.symbol, Self.uuid(value))
        case .float16? where value.byteCount == 2:
            self.init(number: unsafe Float16(bitPattern: value.unsafeLoadUnaligned(as: UInt16.self)))
        case .int96Timestamp? where value.byteCount == 12:
            let text = unsafe CalendarText.timestamp(
                julianDay: value.unsafeLoadUnaligned(fromByteOffset: 8, as: Int32.self),
                nanoseconds: value.unsafeLoadUnaligned(as: Int64.self)
            )
            self.init(.symbol, text)
        case .interval? where value.byteCount == 12:
            let text = unsafe CalendarText.interval(
                months: value.unsafeLoadUnaligned(as: UInt32.self),
                days: value.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self),
                milliseconds: value.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt32.self)
            )
            self.init(.symbol, text)
        default: self.init(hexadecimal: value)
        }
    }

    private init(hexadecimal value: RawSpan) {
        self.init(.bytes, unsafe value.withUnsafeBytes { unsafe Hexadecimal.string($0) })
    }

    private static func uuid(_ value: RawSpan) -> String {
        let digits = unsafe value.withUnsafeBytes { unsafe Hexadecimal.string($0) }
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }
}
