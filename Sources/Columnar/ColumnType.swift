/// How the values of one leaf lie in memory.
public enum PhysicalType: Equatable, Sendable {
    /// One byte a value, 0 or 1.
    case boolean
    /// Four bytes a value, little endian.
    case int32
    /// Eight bytes a value, little endian.
    case int64
    /// IEEE 754 single precision.
    case float
    /// IEEE 754 double precision.
    case double
    /// A 32-bit little-endian length and that many bytes.
    case byteArray
    /// A fixed number of bytes a value.
    case fixedLengthByteArray(Int)

    /// The number of bytes of each value, or `nil` where it varies.
    public var byteWidth: Int? {
        switch self {
        case .boolean: 1
        case .int32, .float: 4
        case .int64, .double: 8
        case .byteArray: nil
        case .fixedLengthByteArray(let width): width
        }
    }
}

/// What times and timestamps are counted in.
public enum TimeUnit: Equatable, Sendable {
    /// Thousandths of a second.
    case milliseconds
    /// Millionths of a second.
    case microseconds
    /// Billionths of a second.
    case nanoseconds
}

/// What the values of a leaf mean.
public enum LogicalType: Equatable, Sendable {
    /// UTF-8 text.
    case string
    /// JSON as UTF-8 text.
    case json
    /// BSON, one document a value.
    case bson
    /// The name of an enumeration's case, as UTF-8 text.
    case enumeration
    /// The 16 bytes of a UUID, most significant first.
    case uuid
    /// An integer times 10 to the power of `-scale`; big endian two's complement where the carrier is bytes.
    case decimal(precision: Int, scale: Int)
    /// Days since 1970-01-01.
    case date
    /// Units since midnight, in UTC or in nobody's zone; milliseconds are 32 bits wide, the other units 64.
    case time(unit: TimeUnit = .microseconds, isAdjustedToUTC: Bool = false)
    /// Units since 1970-01-01 00:00:00, in UTC or in nobody's zone.
    case timestamp(unit: TimeUnit = .microseconds, isAdjustedToUTC: Bool)
    /// An integer of 8, 16, 32 or 64 bits, in a carrier of 32 or 64.
    case integer(bitWidth: Int, isSigned: Bool = true)
    /// IEEE 754 half precision: 2 bytes, little endian.
    case float16
    /// Months, days and milliseconds: three unsigned little-endian integers of 32 bits each.
    case interval
    /// The physical type INT96, a timestamp of old writers: nanoseconds of the day (64 bits) and the Julian day
    /// (32 bits), both little endian, 12 bytes together.
    case int96Timestamp
    /// No values at all: every slot is NULL.
    case null
}

/// The type of a column: a leaf or a container of other columns.
public indirect enum ColumnType: Equatable, Sendable {
    /// Single values.
    case leaf(PhysicalType, LogicalType?)
    /// A list of elements, each of which may be NULL.
    case list(ColumnType)
    /// Pairs of a key, never NULL, and a value that may be NULL.
    case map(key: ColumnType, value: ColumnType)
    /// One value of each field.
    case structure([Field])
}

/// One column of a table, or one member of a structure: its name, its type and whether it may be NULL.
public struct Field: Equatable, Sendable {
    /// The name, exactly as readers are to see it.
    public var name: String
    /// The type.
    public var type: ColumnType
    /// Whether the column may hold NULL.
    public var isNullable: Bool

    /// Creates a field.
    public init(name: String, type: ColumnType, isNullable: Bool = true) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
    }
}

/// The columns of a table, in order.
public struct TableSchema: Equatable, Sendable {
    /// The columns.
    public var fields: [Field]

    /// Creates a schema.
    public init(fields: [Field]) {
        self.fields = fields
    }
}
