import Bytes

/// Values of a fixed width, written byte by byte (Encodings.md, "Byte Stream Split").
///
/// ```
/// byte 0 of every value, byte 1 of every value, ...
/// ```
/// For INT32, INT64, FLOAT, DOUBLE and FIXED_LEN_BYTE_ARRAY. Nothing says how many values there are: it follows from the
/// number of bytes.
enum ByteStreamSplit {
    /// Appends `count` values, which are all that the source holds.
    ///
    /// - Returns: How many bytes of the source they took.
    static func decode(
        _ source: UnsafeRawBufferPointer,
        width: Int,
        count: Int,
        into out: ByteBuffer
    ) throws(ParquetReadError) -> Int {
        let byteCount = try PageLimit.byteCount(count, of: width)
        guard source.count == byteCount, let start = source.baseAddress else {
            throw ParquetReadError(
                source.count < byteCount ? .truncated : .malformed,
                "\(count) values of \(width) bytes lie in \(source.count) bytes."
            )
        }
        let target = unsafe out.reserve(byteCount)
        switch width {
        case 4: unsafe join(start, count, target, as: UInt32.self)
        case 8: unsafe join(start, count, target, as: UInt64.self)
        default: unsafe transpose(start, rows: width, columns: count, to: target)
        }
        out.advance(by: byteCount)
        return byteCount
    }

    /// Appends `count` values of `width` bytes as streams of their bytes.
    static func encode(_ values: UnsafeRawBufferPointer, width: Int, count: Int, to out: ByteBuffer) {
        guard let values = values.baseAddress else { return }
        unsafe transpose(values, rows: count, columns: width, to: out.reserve(count * width))
        out.advance(by: count * width)
    }

    @inline(__always)
    private static func join<T: FixedWidthInteger & BitwiseCopyable>(
        _ source: UnsafeRawPointer,
        _ count: Int,
        _ target: UnsafeMutableRawPointer,
        as type: T.Type
    ) {
        let size = MemoryLayout<T>.size
        for index in 0..<count {
            var value: T = 0
            for byte in 0..<size {
                let part = unsafe source.load(fromByteOffset: byte &* count &+ index, as: UInt8.self)
                value |= T(truncatingIfNeeded: part) &<< T(truncatingIfNeeded: byte &* 8)
            }
            unsafe target.storeBytes(of: value.littleEndian, toByteOffset: index &* size, as: T.self)
        }
    }

    private static func transpose(
        _ source: UnsafeRawPointer,
        rows: Int,
        columns: Int,
        to target: UnsafeMutableRawPointer
    ) {
        for row in 0..<rows {
            for column in 0..<columns {
                let byte = unsafe source.load(fromByteOffset: row &* columns &+ column, as: UInt8.self)
                unsafe target.storeBytes(of: byte, toByteOffset: column &* rows &+ row, as: UInt8.self)
            }
        }
    }
}
