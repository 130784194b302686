import Columnar

/// A value that leaves are compared with.
///
/// Literals will do: `5`, `0.5`, `"paid"`, `true`. Whether a value suits a leaf is found out when the filter is used.
///
/// | The leaf | The value |
/// |---|---|
/// | integers, dates, times, timestamps | an integer, in the leaf's own unit |
/// | decimals | an integer, the decimal times 10 to the power of its scale |
/// | floating point | a number that the type has exactly |
/// | text and bytes | text, as UTF-8 |
/// | UUID | text of 36 characters |
/// | any | ``init(plain:)`` |
public struct FilterValue: Sendable, Equatable {
    private enum Kind: Sendable, Equatable {
        case plain([UInt8])
        case boolean(Bool)
        case integer(Int128)
        case number(Double)
        case text(String)
    }

    private let kind: Kind

    /// A value in PLAIN encoding, byte arrays without the length before them, booleans as one byte.
    public init(plain bytes: [UInt8]) { kind = .plain(bytes) }

    /// A boolean.
    public init(_ value: Bool) { kind = .boolean(value) }

    /// An integer.
    public init(_ value: some FixedWidthInteger) { kind = .integer(Int128(clamping: value)) }

    /// A number in single precision.
    public init(_ value: Float) { kind = .number(Double(value)) }

    /// A number in double precision.
    public init(_ value: Double) { kind = .number(value) }

    /// Text.
    public init(_ value: String) { kind = .text(value) }

    /// The value in PLAIN encoding, as the leaf would have it.
    ///
    /// - Throws: ``ParquetReadError`` with code `malformed` if the leaf cannot have it.
    func encoded(for leaf: SchemaLeaf) throws(ParquetReadError) -> [UInt8] {
        guard let bytes = bytes(for: leaf) else {
            throw ParquetReadError(
                .malformed,
                "Column \(leaf.path.joined(separator: ".")) of type \(leaf.physicalType) cannot have the value \(kind)."
            )
        }
        return bytes
    }

    private func bytes(for leaf: SchemaLeaf) -> [UInt8]? {
        switch (kind, leaf.physicalType) {
        case (.plain(let bytes), let type): return bytes.count == type.byteWidth ?? bytes.count ? bytes : nil
        case (.boolean(let value), .boolean): return [value ? 1 : 0]
        case (.integer(let value), .int32):
            if case .integer(_, isSigned: false)? = leaf.logicalType { return UInt32(exactly: value).map(Self.bytes) }
            return Int32(exactly: value).map(Self.bytes)
        case (.integer(let value), .int64):
            if case .integer(_, isSigned: false)? = leaf.logicalType { return UInt64(exactly: value).map(Self.bytes) }
            return Int64(exactly: value).map(Self.bytes)
        case (.integer(let value), .float): return Float(exactly: value).map { Self.bytes($0.bitPattern) }
        case (.integer(let value), .double): return Double(exactly: value).map { Self.bytes($0.bitPattern) }
        case (.integer(let value), .fixedLengthByteArray(let width)):
            guard case .decimal? = leaf.logicalType else { return nil }
            return Self.bigEndian(value, width)
        case (.number(let value), .float):
            let narrow = Float(value)
            return Double(narrow) == value || value.isNaN ? Self.bytes(narrow.bitPattern) : nil
        case (.number(let value), .double): return Self.bytes(value.bitPattern)
        case (.text(let value), .byteArray): return Array(value.utf8)
        case (.text(let value), .fixedLengthByteArray(let width)):
            if leaf.logicalType == .uuid { return Self.uuid(value) }
            return value.utf8.count == width ? Array(value.utf8) : nil
        default: return nil
        }
    }

    private static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) }
    }

    /// Two's complement in so many bytes; `nil` if it does not fit them.
    private static func bigEndian(_ value: Int128, _ width: Int) -> [UInt8]? {
        let bytes = (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> Int128(min($0 * 8, 127))) }
        guard width < 16 else { return bytes }
        let unused = Int128(128 - width * 8)
        return (value << unused) >> unused == value ? bytes : nil
    }

    /// The bytes of `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
    private static func uuid(_ text: String) -> [UInt8]? {
        let hyphens = [8, 13, 18, 23]
        var digits: [UInt8] = []
        for (place, character) in text.utf8.enumerated() {
            if hyphens.contains(place) {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Character(Unicode.Scalar(character)).hexDigitValue else { return nil }
            digits.append(UInt8(digit))
        }
        guard text.utf8.count == 36 else { return nil }
        return (0..<16).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
    }
}

extension FilterValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral
{
    /// An integer.
    public init(integerLiteral value: Int64) { self.init(value) }

    /// A number in double precision.
    public init(floatLiteral value: Double) { self.init(value) }

    /// Text.
    public init(stringLiteral value: String) { self.init(value) }

    /// A boolean.
    public init(booleanLiteral value: Bool) { self.init(value) }
}
