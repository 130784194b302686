import Bytes

/// Reads byte arrays whose lengths are written as differences (Encodings.md, "Delta-length byte array", "Delta Strings").
///
/// ```
/// DELTA_LENGTH_BYTE_ARRAY  lengths, as INT32 in DELTA_BINARY_PACKED; then all bytes
/// DELTA_BYTE_ARRAY         lengths of the prefixes shared with the value before, as INT32 in DELTA_BINARY_PACKED;
///                          then the suffixes in DELTA_LENGTH_BYTE_ARRAY
/// ```
enum DeltaByteArrayDecoding {
    /// Appends `count` values, each after its length.
    ///
    /// - Returns: How many bytes of the source they took.
    static func decodeLengths(
        _ source: UnsafeRawBufferPointer,
        count: Int,
        into out: ByteBuffer
    ) throws(ParquetReadError) -> Int {
        let lengths = unsafe try Lengths(source, count: count)
        var cursor = unsafe PageCursor(source)
        cursor.skip(lengths.sourceByteCount)
        let bytes = unsafe try cursor.take(lengths.sum)
        let byteCount = try PageLimit.byteCount(count, of: 4, and: lengths.sum)
        var target = unsafe out.reserve(byteCount)
        var rest = unsafe bytes
        let numbers = unsafe lengths.numbers
        for index in 0..<count {
            let length = unsafe Int(numbers[index])
            unsafe target.storeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian, as: UInt32.self)
            unsafe copy(&rest, length, to: target + 4)
            unsafe target += 4 &+ length
        }
        withExtendedLifetime(lengths) { out.advance(by: byteCount) }
        return cursor.position
    }

    /// Appends `count` values, each after its length unless all have `width` bytes; together they take up to `limit`.
    ///
    /// - Returns: How many bytes of the source they took.
    static func decodePrefixes(
        _ source: UnsafeRawBufferPointer,
        width: Int?,
        count: Int,
        limit: Int = .max,
        into out: ByteBuffer
    ) throws(ParquetReadError) -> Int {
        let prefixes = unsafe try Lengths(source, count: count)
        var cursor = unsafe PageCursor(source)
        cursor.skip(prefixes.sourceByteCount)
        let suffixes = unsafe try Lengths(cursor.rest, count: count)
        cursor.skip(suffixes.sourceByteCount)
        let bytes = unsafe try cursor.take(suffixes.sum)
        let headerSize = width == nil ? 4 : 0
        let byteCount = try PageLimit.byteCount(
            count,
            of: headerSize,
            and: prefixes.sum + suffixes.sum,
            within: limit
        )
        var target = unsafe out.reserve(byteCount)
        var rest = unsafe bytes
        var former = unsafe target
        var formerLength = 0
        let (prefixNumbers, suffixNumbers) = unsafe (prefixes.numbers, suffixes.numbers)
        for index in 0..<count {
            let (prefix, suffix) = unsafe (Int(prefixNumbers[index]), Int(suffixNumbers[index]))
            let length = prefix &+ suffix
            guard prefix <= formerLength, width == nil || length == width else {
                throw ParquetReadError(
                    .malformed,
                    "Value \(index) has \(prefix) bytes of the \(formerLength) before it and \(suffix) of its own."
                )
            }
            if headerSize > 0 {
                unsafe target.storeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian, as: UInt32.self)
                unsafe target += 4
            }
            // The blocks may go past the prefix: the suffix, or the slack of the buffer, comes after it.
            if prefix <= 64 {
                unsafe copyBlocks(from: former, to: target, byteCount: prefix)
            } else {
                unsafe target.copyMemory(from: former, byteCount: prefix)
            }
            unsafe copy(&rest, suffix, to: target + prefix)
            unsafe former = unsafe target
            formerLength = length
            unsafe target += length
        }
        withExtendedLifetime((prefixes, suffixes)) { out.advance(by: byteCount) }
        return cursor.position
    }

    /// Moves the next `length` bytes, which are there.
    @inline(__always)
    private static func copy(_ rest: inout UnsafeRawBufferPointer, _ length: Int, to target: UnsafeMutableRawPointer) {
        guard let start = rest.baseAddress, length > 0 else { return }
        if length <= 64, rest.count >= length &+ 16 {
            unsafe copyBlocks(from: start, to: target, byteCount: length)
        } else {
            unsafe target.copyMemory(from: start, byteCount: length)
        }
        unsafe rest = unsafe UnsafeRawBufferPointer(start: start + length, count: rest.count &- length)
    }
}

/// Moves whole blocks of 16 bytes, up to 15 bytes too many, where both sides allow it.
@inline(__always)
func copyBlocks(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, byteCount: Int) {
    var offset = 0
    while offset < byteCount {
        let block = unsafe source.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
        unsafe target.storeBytes(of: block, toByteOffset: offset, as: SIMD16<UInt8>.self)
        offset &+= 16
    }
}

/// Lengths in DELTA_BINARY_PACKED, none of them negative.
@safe
private struct Lengths {
    private let values = ByteBuffer()
    /// The lengths; valid as long as this is.
    let numbers: UnsafePointer<Int32>
    let sourceByteCount: Int
    let sum: Int

    init(_ source: UnsafeRawBufferPointer, count: Int) throws(ParquetReadError) {
        sourceByteCount = unsafe try DeltaDecoding.decode(source, count: count, into: values, as: Int32.self)
        var least: Int32 = 0
        var sum = 0
        unsafe numbers = unsafe UnsafePointer(values.base.assumingMemoryBound(to: Int32.self))
        for index in 0..<count {
            let length = unsafe numbers[index]
            least = min(least, length)
            sum &+= Int(length)
        }
        guard least >= 0 else { throw ParquetReadError(.malformed, "A value claims \(least) bytes.") }
        self.sum = sum
    }
}
