public import Columnar

/// How the binary cells of one column become values.
public indirect enum CellDecoder: Equatable, Sendable {
    case boolean
    /// 16-bit integers, widened.
    case int16
    case int32
    case int64
    case float
    case double
    /// Any type whose cell is the bytes to keep: text of every kind, `bytea`.
    case bytes
    /// A version byte, then the text.
    case jsonb
    /// 16 bytes, as 36 characters.
    case uuidText
    /// 16 bytes, kept.
    case uuidBytes
    case date
    case timestamp(isUTC: Bool)
    /// Microseconds since midnight, kept.
    case timeMicroseconds
    /// Microseconds since midnight, as text.
    case timeText
    /// `numeric` as a scaled integer in the carrier that its precision needs.
    case decimal(precision: Int, scale: Int)
    /// `numeric` as PostgreSQL prints it.
    case numericText
    /// `numeric` as the nearest double.
    case numericDouble
    /// An array whose elements have the given decoder.
    case array(CellDecoder, ElementText)
    /// Pairs of texts.
    case hstore
    /// Texts of which a mask leaves something.
    case masked(TextMask)
    /// Cells of any kind, of which nothing is kept: all are NULL.
    case nothing(ColumnType)

    /// The column that takes the values.
    public var columnType: ColumnType {
        switch self {
        case .boolean: .leaf(.boolean, nil)
        case .int16: .leaf(.int32, .integer(bitWidth: 16))
        case .int32: .leaf(.int32, nil)
        case .int64: .leaf(.int64, nil)
        case .float: .leaf(.float, nil)
        case .double, .numericDouble: .leaf(.double, nil)
        case .bytes: .leaf(.byteArray, .string)
        case .jsonb: .leaf(.byteArray, .json)
        case .uuidText, .timeText, .numericText: .leaf(.byteArray, .string)
        case .uuidBytes: .leaf(.fixedLengthByteArray(16), .uuid)
        case .date: .leaf(.int32, .date)
        case .timestamp(let isUTC): .leaf(.int64, .timestamp(isAdjustedToUTC: isUTC))
        case .timeMicroseconds: .leaf(.int64, .time())
        case .decimal(let precision, let scale):
            .leaf(Self.decimalCarrier(precision: precision), .decimal(precision: precision, scale: scale))
        case .array(let element, _): .list(element.columnType)
        case .hstore: .map(key: .leaf(.byteArray, .string), value: .leaf(.byteArray, .string))
        case .masked: .leaf(.byteArray, .string)
        case .nothing(let type): type
        }
    }

    /// Whether some value of the PostgreSQL type has no place in the column.
    public var canRescue: Bool {
        switch self {
        case .date, .timestamp, .timeMicroseconds, .decimal, .numericDouble, .array: true
        default: false
        }
    }

    /// The carrier of a DECIMAL: the smallest integer, else the fewest bytes that hold the precision.
    public static func decimalCarrier(precision: Int) -> PhysicalType {
        switch precision {
        case ...9: .int32
        case ...18: .int64
        default: .fixedLengthByteArray(decimalByteWidth(precision: precision))
        }
    }

    /// The bytes that a two's complement of so many decimal digits needs.
    static func decimalByteWidth(precision: Int) -> Int {
        // log2(10) bits a digit and one for the sign.
        let widths = [19: 9, 20: 9, 21: 9, 22: 10, 23: 10, 24: 11, 25: 11, 26: 11, 27: 12, 28: 12, 29: 13]
        let wider = [30: 13, 31: 13, 32: 14, 33: 14, 34: 15, 35: 15, 36: 16, 37: 16, 38: 16]
        return widths[precision] ?? wider[precision] ?? 16
    }
}

/// How an array's elements look in the text of the array, which is kept where the list cannot hold it.
public indirect enum ElementText: Equatable, Sendable {
    case boolean, int16, int32, int64, float, double, text, bytea, jsonb, uuid, date, time, numeric, hstore
    case timestamp(isUTC: Bool)
    /// An array within the array, which only a domain over arrays makes possible.
    case array(ElementText)
    /// The one element is the text of the whole array.
    case wholeArray
}

/// A cell that does not have the form of its type.
public struct CellError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The column, counted from 0.
    public var column: Int
    /// What was expected.
    public var expected: String

    /// The error as text; never holds the cell.
    public var description: String { "a cell of column \(column + 1) is not \(expected)" }
}

/// A value that its column cannot hold, as PostgreSQL prints it.
public struct RescuedValue: Equatable, Sendable {
    /// The row within the rows being decoded.
    public var row: Int
    /// The column.
    public var column: Int
    /// The text.
    public var text: [UInt8]
}

extension CellDecoder {
    /// What is kept of the cells, if not all.
    var mask: ColumnMask? {
        switch self {
        case .masked(let mask): .text(mask)
        case .nothing: .null
        default: nil
        }
    }
}
