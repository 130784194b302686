/// Reads the small numbers of an encoding, never past the end of the bytes.
///
/// ```
/// varint  seven bits a byte, least significant first; the highest bit says that more follow (ULEB128)
/// zigzag  varint of (n << 1) ^ (n >> 63)
/// ```
@safe
struct PageCursor {
    private let bytes: UnsafeRawBufferPointer
    /// How many bytes have been read.
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = bytes
    }

    /// How many bytes are left.
    var remaining: Int { unsafe bytes.count &- position }

    /// The bytes that are left.
    var rest: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: bytes[position...]) }

    /// Passes over so many bytes, of which there are enough.
    mutating func skip(_ count: Int) {
        precondition(count >= 0 && count <= remaining, "skipped what is not there")
        position &+= count
    }

    /// Passes over so many bytes and returns them.
    mutating func take(_ count: Int) throws(ParquetReadError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw truncated(count) }
        defer { position &+= count }
        return unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<(position &+ count)])
    }

    /// Reads an unsigned integer of up to eight bytes, least significant first.
    mutating func littleEndian(byteCount: Int) throws(ParquetReadError) -> UInt64 {
        guard byteCount <= remaining else { throw truncated(byteCount) }
        var value: UInt64 = 0
        for index in 0..<byteCount {
            unsafe value |= UInt64(bytes[position &+ index]) &<< UInt64(truncatingIfNeeded: index &* 8)
        }
        position &+= byteCount
        return value
    }

    /// Reads an unsigned integer of up to ten bytes.
    mutating func varint() throws(ParquetReadError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard remaining > 0 else { throw truncated(1) }
            let byte = unsafe bytes[position]
            position &+= 1
            guard shift < 63 || byte <= 1 else {
                throw ParquetReadError(.malformed, "A number at byte \(position) of a page exceeds 64 bits.")
            }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
    }

    /// Reads a signed integer.
    mutating func zigzag() throws(ParquetReadError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    private func truncated(_ needed: Int) -> ParquetReadError {
        ParquetReadError(
            .truncated,
            "A page ends at byte \(unsafe bytes.count), \(needed) bytes were wanted from byte \(position) on."
        )
    }
}
