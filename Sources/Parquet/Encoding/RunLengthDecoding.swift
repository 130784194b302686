import Columnar

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

    /// Reads exactly `count` values of at most eight bits, one byte each.
    ///
    /// - Returns: How many bytes they took.
    static func decodeLevels(
        _ source: UnsafeRawBufferPointer,
        bitWidth: Int,
        count: Int,
        into out: UnsafeMutablePointer<UInt8>
    ) throws(ParquetReadError) -> Int {
        precondition(bitWidth <= 8, "a level of more than a byte")
        return unsafe try runs(source, bitWidth: bitWidth, count: count, into: out)
    }

    /// Appends exactly `count` slots, NULL where the flag is 0, a run or a group at a time.
    ///
    /// - Returns: How many of them hold a value.
    static func appendFlags(
        _ source: UnsafeRawBufferPointer,
        count: Int,
        to validity: inout Validity
    ) throws(ParquetReadError) -> Int {
        try check(bitWidth: 1, count: count)
        var cursor = unsafe PageCursor(source)
        var done = 0
        var valueCount = 0
        // Ends because every run takes a byte at least.
        while done < count {
            let header = try cursor.varint()
            guard header <= UInt64(UInt32.max) else { throw tooLong(header) }
            let length = Int(truncatingIfNeeded: header >> 1)
            if header & 1 == 0 {
                let wanted = min(length, count &- done)
                let value = try cursor.littleEndian(byteCount: 1)
                guard value <= 1 else { throw misfit(value, 1) }
                if value == 1 { validity.appendValues(wanted) } else { validity.appendNulls(wanted) }
                valueCount &+= value == 1 ? wanted : 0
                done &+= wanted
            } else {
                let wanted = min(length &* 8, count &- done)
                guard cursor.remaining >= (wanted &+ 7) >> 3 else { throw truncated(count, 1) }
                if let bits = unsafe cursor.rest.baseAddress {
                    unsafe valueCount &+= validity.append(bits: bits, from: 0, count: wanted)
                }
                cursor.skip(min(length, cursor.remaining))
                done &+= wanted
            }
        }
        return valueCount
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
            guard header <= UInt64(UInt32.max) else { throw tooLong(header) }
            let length = Int(truncatingIfNeeded: header >> 1)
            if header & 1 == 0 {
                let value = try cursor.littleEndian(byteCount: (bitWidth &+ 7) >> 3)
                guard value &>> UInt64(truncatingIfNeeded: bitWidth) == 0 else { throw misfit(value, bitWidth) }
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

    private static func tooLong(_ header: UInt64) -> ParquetReadError {
        ParquetReadError(.malformed, "A run claims \(header >> 1) values or groups.")
    }

    private static func misfit(_ value: UInt64, _ bitWidth: Int) -> ParquetReadError {
        ParquetReadError(.malformed, "A run's value \(value) does not fit \(bitWidth) bits.")
    }

    private static func truncated(_ count: Int, _ bitWidth: Int) -> ParquetReadError {
        ParquetReadError(.truncated, "Runs end before their \(count) values of \(bitWidth) bits.")
    }
}
