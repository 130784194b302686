/// Reads Parquet's hybrid of run lengths and bit packing (Encodings.md, "RLE / Bit-Packing Hybrid"), and the levels of
/// very old files.
///
/// ```
/// runs        run*
/// run         bit-packed | repeated
/// repeated    varint(count << 1) value, in as many bytes as its width needs
/// bit-packed  varint(groups << 1 | 1) and for each group of 8 values `width` bytes, least significant bit first
///
/// old levels  values of `width` bits, most significant bit first, padded to a byte ("Bit-packed (Deprecated)")
/// ```
/// The last run may hold more values than are wanted, and the last group may lack bytes of which no value is wanted.
package enum RunLengthDecoding {
    /// Reads exactly `count` values.
    ///
    /// - Returns: How many bytes they took.
    package static func decode(
        _ source: UnsafeRawBufferPointer,
        bitWidth: Int,
        count: Int,
        into out: UnsafeMutablePointer<UInt32>
    ) throws(ParquetReadError) -> Int {
        unsafe try runs(source, bitWidth: bitWidth, count: count, into: out)
    }

    /// Reads exactly `count` flags, one byte each.
    ///
    /// - Returns: How many bytes they took.
    static func decodeFlags(
        _ source: UnsafeRawBufferPointer,
        count: Int,
        into out: UnsafeMutablePointer<UInt8>
    ) throws(ParquetReadError) -> Int {
        unsafe try runs(source, bitWidth: 1, count: count, into: out)
    }

    /// Reads exactly `count` values of the deprecated encoding, which levels alone had.
    ///
    /// - Returns: How many bytes they took.
    package static func decodeBitPacked(
        _ source: UnsafeRawBufferPointer,
        bitWidth: Int,
        count: Int,
        into out: UnsafeMutablePointer<UInt32>
    ) throws(ParquetReadError) -> Int {
        try check(bitWidth: bitWidth, count: count)
        let byteCount = (count * bitWidth + 7) >> 3
        guard source.count >= byteCount else { throw truncated(count, bitWidth) }
        let width = UInt64(truncatingIfNeeded: bitWidth)
        let mask = (UInt64(1) &<< width) &- 1
        var pending: UInt64 = 0
        var pendingBits: UInt64 = 0
        var position = 0
        for index in 0..<count {
            while pendingBits < width {
                pending = unsafe pending &<< 8 | UInt64(source[position])
                pendingBits &+= 8
                position &+= 1
            }
            pendingBits &-= width
            unsafe out[index] = UInt32(truncatingIfNeeded: pending &>> pendingBits & mask)
        }
        return byteCount
    }

    @inline(__always)
    private static func runs<T: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ source: UnsafeRawBufferPointer,
        bitWidth: Int,
        count: Int,
        into out: UnsafeMutablePointer<T>
    ) throws(ParquetReadError) -> Int {
        try check(bitWidth: bitWidth, count: count)
        guard count > 0 else { return 0 }
        guard let start = source.baseAddress else { throw truncated(count, bitWidth) }
        var cursor = unsafe PageCursor(source)
        var done = 0
        // Ends because every run takes a byte at least.
        while done < count {
            let header = try cursor.varint()
            guard header <= UInt64(UInt32.max) else {
                throw ParquetReadError(.malformed, "A run claims \(header >> 1) values or groups.")
            }
            let length = Int(truncatingIfNeeded: header >> 1)
            if header & 1 == 0 {
                let value = try cursor.littleEndian(byteCount: (bitWidth &+ 7) >> 3)
                guard value &>> UInt64(truncatingIfNeeded: bitWidth) == 0 else {
                    throw ParquetReadError(.malformed, "A run's value \(value) does not fit \(bitWidth) bits.")
                }
                let wanted = min(length, count &- done)
                unsafe (out + done).initialize(repeating: T(truncatingIfNeeded: value), count: wanted)
                done &+= wanted
            } else {
                let wanted = min(length &* 8, count &- done)
                guard cursor.remaining >= (wanted &* bitWidth &+ 7) >> 3 else { throw truncated(count, bitWidth) }
                unsafe BitUnpacking.unpack(
                    start + cursor.position,
                    byteCount: cursor.remaining,
                    bitWidth: bitWidth,
                    count: wanted,
                    into: UnsafeMutableRawPointer(out + done),
                    as: T.self
                )
                cursor.skip(min(length &* bitWidth, cursor.remaining))
                done &+= wanted
            }
        }
        return cursor.position
    }

    private static func check(bitWidth: Int, count: Int) throws(ParquetReadError) {
        guard (0...32).contains(bitWidth) else {
            throw ParquetReadError(.malformed, "Runs cannot have values of \(bitWidth) bits.")
        }
        guard count >= 0 else { throw ParquetReadError(.malformed, "A page claims \(count) values.") }
        _ = try PageLimit.byteCount(count, of: 1)
    }

    private static func truncated(_ count: Int, _ bitWidth: Int) -> ParquetReadError {
        ParquetReadError(.truncated, "Runs end before their \(count) values of \(bitWidth) bits.")
    }
}
