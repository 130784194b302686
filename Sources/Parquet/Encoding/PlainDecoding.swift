import Bytes

/// Reads values that are written one after another (Encodings.md, "Plain").
///
/// ```
/// BOOLEAN                               one bit, least significant first, padded to a byte at the end
/// INT32, INT64, FLOAT, DOUBLE           four or eight bytes, little endian
/// BYTE_ARRAY                            a 32-bit little-endian length, then the bytes
/// FIXED_LEN_BYTE_ARRAY, INT96 (12)      the bytes
/// ```
enum PlainDecoding {
    static func fixed(
        _ source: UnsafeRawBufferPointer,
        width: Int,
        count: Int,
        into out: ByteBuffer
    ) throws(ParquetReadError) -> Int {
        let byteCount = try PageLimit.byteCount(count, of: width)
        var cursor = unsafe PageCursor(source)
        unsafe try out.append(cursor.take(byteCount))
        return byteCount
    }

    static func booleans(
        _ source: UnsafeRawBufferPointer,
        count: Int,
        into out: ByteBuffer
    ) throws(ParquetReadError) -> Int {
        var cursor = unsafe PageCursor(source)
        let packed = unsafe try cursor.take((count >> 3) + (count & 7 > 0 ? 1 : 0))
        guard let start = packed.baseAddress else { return 0 }
        let target = unsafe try out.reserve(PageLimit.byteCount(count, of: 1))
        unsafe BitUnpacking.unpack(
            start,
            byteCount: packed.count,
            bitWidth: 1,
            count: count,
            into: target,
            as: UInt8.self
        )
        out.advance(by: count)
        return packed.count
    }

    static func byteArrays(
        _ source: UnsafeRawBufferPointer,
        count: Int,
        into out: ByteBuffer
    ) throws(ParquetReadError) -> Int {
        guard let start = source.baseAddress else {
            throw ParquetReadError(.truncated, "A page of \(count) values is empty.")
        }
        var position = 0
        for index in 0..<count {
            let available = source.count &- position
            var length = -1
            if available >= 4 {
                length = unsafe Int(
                    UInt32(littleEndian: start.loadUnaligned(fromByteOffset: position, as: UInt32.self))
                )
            }
            guard length >= 0, length <= available &- 4 else {
                throw ParquetReadError(.truncated, "A page ends within value \(index) of \(count).")
            }
            position &+= 4 &+ length
        }
        _ = try PageLimit.byteCount(position, of: 1)
        unsafe out.append(UnsafeRawBufferPointer(start: start, count: position))
        return position
    }
}
