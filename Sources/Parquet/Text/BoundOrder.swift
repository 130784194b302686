import Columnar

/// How the bounds of a leaf's statistics compare, and whether they may be relied upon (parquet.thrift, `Statistics`,
/// `ColumnOrder`).
struct BoundOrder {
    /// A bound in a form that compares as the values do.
    enum Key: Comparable {
        case integer(Int128)
        case number(Double)
        case bytes([UInt8])

        static func < (left: Key, right: Key) -> Bool {
            switch (left, right) {
            case (.integer(let left), .integer(let right)): left < right
            case (.number(let left), .number(let right)): left < right
            case (.bytes(let left), .bytes(let right)): left.lexicographicallyPrecedes(right)
            default: false
            }
        }
    }

    /// What the bytes of a bound are.
    private enum Reading {
        case unordered, boolean, signed, unsigned, float16, float, double, bytes, bigEndian, int96
    }

    private let reading: Reading
    private let order: FileMetadata.ColumnOrder?
    private let width: Int?

    init(_ leaf: SchemaLeaf, _ order: FileMetadata.ColumnOrder?) {
        self.order = order
        width = leaf.physicalType.byteWidth
        reading =
            switch (leaf.physicalType, leaf.logicalType) {
            case (_, .interval?), (_, .null?): .unordered
            case (_, .int96Timestamp?): order == .int96Timestamp ? .int96 : .unordered
            case (_, .integer(_, isSigned: false)?): .unsigned
            case (_, .float16?): .float16
            case (.boolean, _): .boolean
            case (.int32, _), (.int64, _): .signed
            case (.float, _): .float
            case (.double, _): .double
            case (.byteArray, .decimal?), (.fixedLengthByteArray, .decimal?): .bigEndian
            case (.byteArray, _), (.fixedLengthByteArray, _): .bytes
            }
    }

    func min(_ statistics: ColumnStatistics?) -> (key: Key, bound: ColumnSummary.Bound)? {
        bound(statistics?.min, statistics?.isMinExact, older: statistics?.deprecatedMin)
    }

    func max(_ statistics: ColumnStatistics?) -> (key: Key, bound: ColumnSummary.Bound)? {
        bound(statistics?.max, statistics?.isMaxExact, older: statistics?.deprecatedMax)
    }

    private func bound(
        _ bytes: [UInt8]?,
        _ isExact: Bool?,
        older: [UInt8]?
    ) -> (key: Key, bound: ColumnSummary.Bound)? {
        if let bytes, order != .unknown, order != nil || isSigned, let key = key(bytes) {
            return (key, .init(bytes: bytes, isExact: isExact))
        }
        // The older fields follow the order of signed numbers, whatever the type.
        guard bytes == nil, isSigned, let older, let key = key(older) else { return nil }
        return (key, .init(bytes: older, isExact: nil))
    }

    private var isSigned: Bool {
        switch reading {
        case .boolean, .signed, .float, .double: true
        case .unordered, .unsigned, .float16, .bytes, .bigEndian, .int96: false
        }
    }

    private func key(_ bytes: [UInt8]) -> Key? {
        if let width, width != bytes.count { return nil }
        let unsigned = { bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        switch reading {
        case .unordered: return nil
        case .boolean, .unsigned: return .integer(Int128(unsigned()))
        case .signed:
            let value = bytes.count == 4 ? Int64(Int32(truncatingIfNeeded: unsigned())) : Int64(bitPattern: unsigned())
            return .integer(Int128(value))
        case .float16: return number(Double(Float16(bitPattern: UInt16(truncatingIfNeeded: unsigned()))))
        case .float: return number(Double(Float(bitPattern: UInt32(truncatingIfNeeded: unsigned()))))
        case .double: return number(Double(bitPattern: unsigned()))
        case .bytes: return .bytes(bytes)
        case .bigEndian: return bigEndian(bytes)
        case .int96:
            let nanoseconds = Int64(bitPattern: bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
            let day = Int32(bitPattern: bytes[8...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
            return .integer(Int128(day) * 86_400_000_000_000 + Int128(nanoseconds))
        }
    }

    /// A bound that is no number bounds nothing.
    private func number(_ value: Double) -> Key? {
        value.isNaN ? nil : .number(value)
    }

    private func bigEndian(_ bytes: [UInt8]) -> Key? {
        guard let first = bytes.first else { return nil }
        if bytes.count <= 16 {
            return .integer(bytes.reduce(first < 0x80 ? 0 : -1) { $0 << 8 | Int128($1) })
        }
        // With the sign turned around, bytes of equal number compare as the numbers do.
        return width == nil ? nil : .bytes([first ^ 0x80] + bytes.dropFirst())
    }
}
