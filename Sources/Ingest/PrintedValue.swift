import Bytes
public import Columnar
import PostgresWire

/// How the values of a column of a file look to PostgreSQL: the text that it prints of what they were made from.
public indirect enum PrintedValue: Equatable, Sendable {
    case boolean, int32, int64, float, double
    /// Single precision that has become double precision in the table since.
    case widenedFloat
    /// The bytes as they are.
    case text
    case bytea, uuid, date, time
    case timestamp(isUTC: Bool)
    /// With so many decimals, and zeros after them up to another number; or without the zeros at the end.
    case decimal(scale: Int, decimals: Decimals)
    case list(PrintedValue, delimiter: UInt8)
    /// Pairs of texts, `"a"=>"1", "b"=>NULL`.
    case map
    /// An empty text for each value.
    case presence
    /// A zero byte, which no text of PostgreSQL has, for each value of a type that the lake has no columns of.
    case unknown

    /// How many decimals a `numeric` is printed with.
    public enum Decimals: Equatable, Sendable {
        /// So many at least.
        case atLeast(Int)
        /// As many as it needs.
        case needed
    }

    /// What the values of a file's column look like.
    ///
    /// - Parameters:
    ///   - type: The column's type in the file: that of the mapping or one that was its own before.
    ///   - mapping: How values of the table's column get into the lake now.
    ///   - decimals: How decimals are printed; nil for as many as the mapping has.
    public init(of type: ColumnType, as mapping: ColumnMapping, decimals: Decimals? = nil) {
        self.init(type, mapping.type, delimiter: mapping.delimiter, decimals)
    }

    private init(_ type: ColumnType, _ wanted: ColumnType?, delimiter: UInt8, _ decimals: Decimals?) {
        switch type {
        case .list(let element):
            var wantedElement: ColumnType?
            if case .list(let type)? = wanted { wantedElement = type }
            // Only arrays of domains over arrays have lists within lists, and those have a comma between.
            let inner = PrintedValue(element, wantedElement, delimiter: UInt8(ascii: ","), decimals)
            self = .list(inner, delimiter: delimiter)
        case .map(.leaf(.byteArray, _), .leaf(.byteArray, _)): self = .map
        case .map, .structure: self = .unknown
        case .leaf(let physicalType, let logicalType):
            self = Self.leaf(physicalType, logicalType, wanted, decimals)
        }
    }

    private static func leaf(
        _ carrier: PhysicalType,
        _ type: LogicalType?,
        _ wanted: ColumnType?,
        _ decimals: Decimals?
    ) -> PrintedValue {
        switch (carrier, type) {
        case (.boolean, nil): .boolean
        case (.int32, nil), (.int32, .integer(_, isSigned: true)): .int32
        case (.int64, nil), (.int64, .integer(_, isSigned: true)): .int64
        case (.float, nil): wanted == .leaf(.double, nil) ? .widenedFloat : .float
        case (.double, nil): .double
        case (.int32, .date): .date
        case (.int64, .timestamp(.microseconds, let isUTC)): .timestamp(isUTC: isUTC)
        case (.int64, .time(.microseconds, false)): .time
        case (_, .decimal(_, let scale)): decimal(carrier, scale, wanted, decimals)
        // A writer that knows no UUIDs keeps their bytes.
        case (.fixedLengthByteArray(16), .uuid), (.fixedLengthByteArray(16), nil): .uuid
        case (.byteArray, nil), (.byteArray, .string), (.byteArray, .json), (.byteArray, .enumeration):
            wanted == .leaf(.byteArray, nil) ? .bytea : .text
        default: .unknown
        }
    }

    private static func decimal(
        _ carrier: PhysicalType,
        _ scale: Int,
        _ wanted: ColumnType?,
        _ decimals: Decimals?
    ) -> PrintedValue {
        guard DecimalCarrier(carrier) != nil, (0...38).contains(scale) else { return .unknown }
        if let decimals { return .decimal(scale: scale, decimals: decimals) }
        guard case .leaf(_, .decimal(_, let wantedScale))? = wanted else {
            return .decimal(scale: scale, decimals: .atLeast(scale))
        }
        return .decimal(scale: scale, decimals: .atLeast(min(wantedScale, 38)))
    }
}

// MARK: - Values

extension PrintedValue {
    /// Whether the text never needs quotes within an array.
    var isPlain: Bool {
        switch self {
        case .boolean, .int32, .int64, .float, .double, .widenedFloat, .uuid, .time, .decimal: true
        default: false
        }
    }

    /// Appends the text of a leaf's value.
    ///
    /// - Parameters:
    ///   - value: The value's bytes, as many as the column's type has; without the length that stands before those of
    ///     variable width.
    ///   - carrier: Of a decimal, what its bytes are.
    ///   - out: Takes the text.
    @inline(__always)
    func append(_ value: UnsafeRawBufferPointer, _ carrier: DecimalCarrier?, to out: ByteBuffer) {
        guard let place = value.baseAddress else { return }
        switch self {
        case .boolean: unsafe out.append(UInt8(ascii: place.load(as: UInt8.self) == 0 ? "f" : "t"))
        case .int32: unsafe IntegerText.append(Int64(littleEndian(place, Int32.self)), to: out)
        case .int64: unsafe IntegerText.append(littleEndian(place, Int64.self), to: out)
        case .float: unsafe FloatText.append(Float(bitPattern: littleEndian(place, UInt32.self)), to: out)
        case .widenedFloat:
            unsafe FloatText.append(Double(Float(bitPattern: littleEndian(place, UInt32.self))), to: out)
        case .double: unsafe FloatText.append(Double(bitPattern: littleEndian(place, UInt64.self)), to: out)
        case .text: unsafe out.append(value)
        case .bytea: unsafe Self.appendHexadecimal(value, to: out)
        case .uuid:
            let start = unsafe out.reserve(40 + 8)
            unsafe UUIDText.write(place, to: start)
            unsafe start.copyMemory(from: start + 4, byteCount: 36)
            out.advance(by: 36)
        case .date: unsafe CalendarText.appendDate(Int(littleEndian(place, Int32.self)), to: out)
        case .time: unsafe CalendarText.appendTime(littleEndian(place, Int64.self), to: out)
        case .timestamp(let isUTC):
            unsafe CalendarText.appendTimestamp(
                sinceEpoch: littleEndian(place, Int64.self),
                isUTC: isUTC,
                to: out
            )
        case .decimal(let scale, let decimals):
            guard let carrier else { return out.append(0) }
            unsafe Self.append(carrier.load(place), scale, decimals, to: out)
        case .list, .map, .presence: break
        case .unknown: out.append(0)
        }
    }

    private static func append(_ value: Int128, _ scale: Int, _ decimals: Decimals, to out: ByteBuffer) {
        IntegerText.append(value, scale: scale, to: out)
        switch decimals {
        case .atLeast(let count):
            guard count > scale else { return }
            if scale == 0 { out.append(UInt8(ascii: ".")) }
            for _ in scale..<count { out.append(UInt8(ascii: "0")) }
        case .needed:
            guard scale > 0 else { return }
            while unsafe out.bytes.last == UInt8(ascii: "0") { out.truncate(to: out.count - 1) }
            if unsafe out.bytes.last == UInt8(ascii: ".") { out.truncate(to: out.count - 1) }
        }
    }

    /// `\x` and two digits for each byte.
    private static func appendHexadecimal(_ value: UnsafeRawBufferPointer, to out: ByteBuffer) {
        out.append(UInt8(ascii: "\\"))
        out.append(UInt8(ascii: "x"))
        let start = unsafe out.reserve(value.count * 2)
        for index in 0..<value.count {
            let byte = unsafe value[index]
            let digits = UInt16(digit(byte >> 4)) | UInt16(digit(byte & 15)) << 8
            unsafe start.storeBytes(of: digits.littleEndian, toByteOffset: index &* 2, as: UInt16.self)
        }
        out.advance(by: value.count * 2)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value &+ (value < 10 ? 48 : 87) }
}

@inline(__always)
private func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(_ place: UnsafeRawPointer, _ type: T.Type) -> T {
    unsafe T(littleEndian: place.loadUnaligned(as: T.self))
}

extension PrintedValue {
    /// A text of numbers without the zeros that end their decimals, as a `numeric` or an array of them is compared where
    /// the lake does not keep how many there were.
    public static func trimmed(_ text: [UInt8]) -> [UInt8] {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: ".") else {
                result.append(text[index])
                index += 1
                continue
            }
            var end = index + 1
            while end < text.count, digits.contains(text[end]) { end += 1 }
            let fraction = text[index..<end]
            var last = end
            while last > index + 1, text[last - 1] == UInt8(ascii: "0") { last -= 1 }
            if last > index + 1 { result += fraction[..<last] }
            index = end
        }
        return result
    }
}
