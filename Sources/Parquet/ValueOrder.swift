import Bytes
import Columnar

/// How the values of a leaf are compared for statistics (parquet.thrift, `ColumnOrder`, TYPE_ORDER).
enum ValueOrder: Sendable {
    case boolean, int32, int64, uint32, uint64, float, double
    /// No order that readers agree upon, so that there are no bounds.
    case none
    /// Unsigned bytes, the order of UTF-8 and of binary.
    case bytes
    /// Unsigned bytes of a fixed number.
    case fixedBytes(Int)
    /// Big endian two's complement of a fixed number of bytes.
    case signedBytes(Int)

    init(_ leaf: LeafColumn) {
        switch leaf.logicalType {
        case .integer(_, isSigned: false)?:
            self = leaf.physicalType == .int32 ? .uint32 : .uint64
            return
        case .interval?, .int96Timestamp?, .float16?:
            self = .none
            return
        default: break
        }
        switch leaf.physicalType {
        case .boolean: self = .boolean
        case .int32: self = .int32
        case .int64: self = .int64
        case .float: self = .float
        case .double: self = .double
        case .byteArray: self = .bytes
        case .fixedLengthByteArray(let width):
            if case .decimal? = leaf.logicalType { self = .signedBytes(width) } else { self = .fixedBytes(width) }
        }
    }

    /// The bounds of values in PLAIN layout (booleans a byte each), or `nil` if there are none or one has no order.
    func bounds(_ values: UnsafeRawPointer, count: Int) -> ValueBounds? {
        guard count > 0 else { return nil }
        switch self {
        case .boolean:
            let bytes = unsafe UnsafeRawBufferPointer(start: values, count: count)
            return unsafe ValueBounds(min: [bytes.contains(0) ? 0 : 1], max: [bytes.contains(1) ? 1 : 0])
        case .int32: return unsafe integerBounds(values, count, as: Int32.self)
        case .int64: return unsafe integerBounds(values, count, as: Int64.self)
        case .uint32: return unsafe integerBounds(values, count, as: UInt32.self)
        case .uint64: return unsafe integerBounds(values, count, as: UInt64.self)
        case .none: return nil
        case .float:
            return unsafe floatBounds(values, count, as: Float.self) { Array(littleEndianBytes($0.bitPattern)) }
        case .double:
            return unsafe floatBounds(values, count, as: Double.self) { Array(littleEndianBytes($0.bitPattern)) }
        case .bytes: return unsafe byteArrayBounds(values, count)
        case .fixedBytes(let width), .signedBytes(let width): return unsafe fixedBounds(values, count, width)
        }
    }

    /// Whether the left value sorts before the right one; both without length prefix.
    func isLess(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        unsafe left.withUnsafeBytes { left in unsafe right.withUnsafeBytes { right in unsafe isLess(left, right) } }
    }

    /// Whether the left value sorts before the right one; both without length prefix.
    func isLess(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .boolean: unsafe left[0] < right[0]
        case .int32: unsafe left.loadUnaligned(as: Int32.self) < right.loadUnaligned(as: Int32.self)
        case .int64: unsafe left.loadUnaligned(as: Int64.self) < right.loadUnaligned(as: Int64.self)
        case .uint32: unsafe left.loadUnaligned(as: UInt32.self) < right.loadUnaligned(as: UInt32.self)
        case .uint64: unsafe left.loadUnaligned(as: UInt64.self) < right.loadUnaligned(as: UInt64.self)
        case .none: false
        case .float: unsafe left.loadUnaligned(as: Float.self) < right.loadUnaligned(as: Float.self)
        case .double: unsafe left.loadUnaligned(as: Double.self) < right.loadUnaligned(as: Double.self)
        case .bytes, .fixedBytes: unsafe compareBytes(left, right) < 0
        case .signedBytes:
            unsafe (left[0] ^ 0x80, compareBytes(left, right)) < (right[0] ^ 0x80, 0)
        }
    }

    private func integerBounds<T: FixedWidthInteger & BitwiseCopyable>(
        _ values: UnsafeRawPointer,
        _ count: Int,
        as type: T.Type
    ) -> ValueBounds {
        var least = T.max
        var greatest = T.min
        for index in 0..<count {
            let value = unsafe values.loadUnaligned(fromByteOffset: index &* MemoryLayout<T>.size, as: T.self)
            least = min(least, value)
            greatest = max(greatest, value)
        }
        return ValueBounds(min: littleEndianBytes(least), max: littleEndianBytes(greatest))
    }

    /// A zero bound is written so that it covers both zeros.
    ///
    /// The format keeps NaN out of the bounds, but readers for which it is greater than any number, as it is for
    /// PostgreSQL, would then skip it (DuckDB, DataFusion). Without bounds nobody does.
    private func floatBounds<T: BinaryFloatingPoint & BitwiseCopyable>(
        _ values: UnsafeRawPointer,
        _ count: Int,
        as type: T.Type,
        encode: (T) -> [UInt8]
    ) -> ValueBounds? {
        var least = T.infinity
        var greatest = -T.infinity
        for index in 0..<count {
            let value = unsafe values.loadUnaligned(fromByteOffset: index &* MemoryLayout<T>.size, as: T.self)
            if value.isNaN { return nil }
            if value < least { least = value }
            if value > greatest { greatest = value }
        }
        return ValueBounds(min: encode(least == 0 ? -T.zero : least), max: encode(greatest == 0 ? T.zero : greatest))
    }

    private func byteArrayBounds(_ values: UnsafeRawPointer, _ count: Int) -> ValueBounds {
        var position = unsafe values
        var least = unsafe value(at: position)
        var greatest = unsafe least
        var leastPrefix = unsafe Self.prefix(least)
        var greatestPrefix = leastPrefix
        for _ in 0..<count {
            let current = unsafe value(at: position)
            let prefix = unsafe Self.prefix(current)
            // Almost every value is decided by its first eight bytes.
            if prefix <= leastPrefix, unsafe prefix < leastPrefix || compareBytes(current, least) < 0 {
                unsafe least = unsafe current
                leastPrefix = prefix
            }
            if prefix >= greatestPrefix, unsafe prefix > greatestPrefix || compareBytes(current, greatest) > 0 {
                unsafe greatest = unsafe current
                greatestPrefix = prefix
            }
            unsafe position += 4 &+ current.count
        }
        return unsafe ValueBounds(min: Array(least), max: Array(greatest))
    }

    private func fixedBounds(_ values: UnsafeRawPointer, _ count: Int, _ width: Int) -> ValueBounds {
        var least = unsafe UnsafeRawBufferPointer(start: values, count: width)
        var greatest = unsafe least
        for index in 1..<max(1, count) {
            let current = unsafe UnsafeRawBufferPointer(start: values + index * width, count: width)
            if unsafe isLess(current, least) { unsafe least = unsafe current }
            if unsafe isLess(greatest, current) { unsafe greatest = unsafe current }
        }
        return unsafe ValueBounds(min: Array(least), max: Array(greatest))
    }

    @inline(__always)
    private func value(at position: UnsafeRawPointer) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: position + 4, count: Int(position.loadUnaligned(as: UInt32.self)))
    }

    /// The first eight bytes as a number that compares as they do; shorter values are padded with zeros.
    @inline(__always)
    private static func prefix(_ value: UnsafeRawBufferPointer) -> UInt64 {
        guard let start = value.baseAddress else { return 0 }
        let word = unsafe UInt64(bigEndian: start.loadUnaligned(as: UInt64.self))
        guard value.count < 8 else { return word }
        return unsafe value.isEmpty ? 0 : word & ~(UInt64.max >> UInt64(truncatingIfNeeded: value.count &* 8))
    }
}

private func littleEndianBytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<MemoryLayout<T>.size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}
