/// How the unscaled integer of a DECIMAL lies in memory.
package enum DecimalCarrier {
    case int32
    case int64
    /// Big-endian two's complement of so many bytes, 1 to 16.
    case bytes(Int)

    /// The carrier of a physical type; nil if it is none, or one of more bytes than 38 digits need.
    package init?(_ type: PhysicalType) {
        switch type {
        case .int32: self = .int32
        case .int64: self = .int64
        case .fixedLengthByteArray(let width) where (1...16).contains(width): self = .bytes(width)
        default: return nil
        }
    }

    /// The bytes of a value.
    package var byteWidth: Int {
        switch self {
        case .int32: 4
        case .int64: 8
        case .bytes(let width): width
        }
    }

    /// The value that stands at a place.
    package func load(_ place: UnsafeRawPointer) -> Int128 {
        switch self {
        case .int32: return unsafe Int128(Int32(littleEndian: place.loadUnaligned(as: Int32.self)))
        case .int64: return unsafe Int128(Int64(littleEndian: place.loadUnaligned(as: Int64.self)))
        case .bytes(let width):
            var value: Int128 = unsafe place.load(as: Int8.self) < 0 ? -1 : 0
            for index in 0..<width {
                value = unsafe value << 8 | Int128(place.load(fromByteOffset: index, as: UInt8.self))
            }
            return value
        }
    }

    /// Puts a value at a place; false if the carrier has not so many bits.
    func store(_ value: Int128, to place: UnsafeMutableRawPointer) -> Bool {
        switch self {
        case .int32:
            guard let value = Int32(exactly: value) else { return false }
            unsafe place.storeBytes(of: value.littleEndian, as: Int32.self)
        case .int64:
            guard let value = Int64(exactly: value) else { return false }
            unsafe place.storeBytes(of: value.littleEndian, as: Int64.self)
        case .bytes(let width):
            let sign = value >> (width &* 8 &- 1)
            guard sign == 0 || sign == -1 else { return false }
            for index in 0..<width {
                let byte = UInt8(truncatingIfNeeded: value >> ((width &- 1 &- index) &* 8))
                unsafe place.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            }
        }
        return true
    }
}
