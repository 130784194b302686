package import Bytes
package import Columnar

/// Turns the values of one page into the layout of a column, one call a page.
///
/// ```
/// PLAIN                    all types
/// RLE                      BOOLEAN
/// DELTA_BINARY_PACKED      INT32, INT64
/// DELTA_LENGTH_BYTE_ARRAY  BYTE_ARRAY
/// DELTA_BYTE_ARRAY         BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY
/// BYTE_STREAM_SPLIT        INT32, INT64, FLOAT, DOUBLE, FIXED_LEN_BYTE_ARRAY
/// ```
/// The two dictionary encodings are ``RunLengthDecoding`` and then ``DictionaryValues``. INT96 is passed as 12 bytes of
/// fixed length.
package enum ValueDecoding {
    /// Appends exactly `count` values to `out`, NULLs not counted; none take no bytes in any encoding.
    ///
    /// What follows the values in `source` is left alone, except that BYTE_STREAM_SPLIT takes all bytes.
    ///
    /// - Parameters:
    ///   - encoding: How they are written.
    ///   - source: The page's values.
    ///   - physicalType: What they are.
    ///   - count: How many they are.
    ///   - limit: The bytes that they may take in `out`.
    ///   - out: Takes the values.
    /// - Returns: How many bytes of the source they took.
    /// - Throws: ``ParquetReadError``; `out` is then what it was.
    package static func decode(
        _ encoding: PageEncoding,
        _ source: UnsafeRawBufferPointer,
        physicalType: PhysicalType,
        count: Int,
        limit: Int = .max,
        into out: ByteBuffer
    ) throws(ParquetReadError) -> Int {
        guard count >= 0 else { throw ParquetReadError(.malformed, "A page claims \(count) values.") }
        if case .fixedLengthByteArray(let width) = physicalType, width <= 0 {
            throw ParquetReadError(.malformed, "A column claims values of \(width) bytes.")
        }
        guard count > 0 else { return 0 }
        // A value of variable width has its length.
        _ = try PageLimit.byteCount(count, of: physicalType.byteWidth ?? 4, within: limit)
        switch (encoding, physicalType) {
        case (.plain, .boolean): return unsafe try PlainDecoding.booleans(source, count: count, into: out)
        case (.plain, .byteArray): return unsafe try PlainDecoding.byteArrays(source, count: count, into: out)
        case (.plain, _):
            return unsafe try PlainDecoding.fixed(source, width: physicalType.byteWidth ?? 0, count: count, into: out)
        case (.rle, .boolean): return unsafe try runLengthBooleans(source, count: count, into: out)
        case (.deltaBinaryPacked, .int32):
            return unsafe try DeltaDecoding.decode(source, count: count, into: out, as: Int32.self)
        case (.deltaBinaryPacked, .int64):
            return unsafe try DeltaDecoding.decode(source, count: count, into: out, as: Int64.self)
        case (.deltaLengthByteArray, .byteArray):
            return unsafe try DeltaByteArrayDecoding.decodeLengths(source, count: count, into: out)
        case (.deltaByteArray, .byteArray):
            return unsafe try DeltaByteArrayDecoding.decodePrefixes(
                source,
                width: nil,
                count: count,
                limit: limit,
                into: out
            )
        case (.deltaByteArray, .fixedLengthByteArray(let width)):
            return unsafe try DeltaByteArrayDecoding.decodePrefixes(source, width: width, count: count, into: out)
        case (.byteStreamSplit, .int32), (.byteStreamSplit, .int64), (.byteStreamSplit, .float),
            (.byteStreamSplit, .double), (.byteStreamSplit, .fixedLengthByteArray):
            return unsafe try ByteStreamSplit.decode(
                source,
                width: physicalType.byteWidth ?? 0,
                count: count,
                into: out
            )
        default:
            throw ParquetReadError(.unsupported, "Values of type \(physicalType) cannot be encoded as \(encoding).")
        }
    }

    /// A 32-bit length, then runs of bits.
    private static func runLengthBooleans(
        _ source: UnsafeRawBufferPointer,
        count: Int,
        into out: ByteBuffer
    ) throws(ParquetReadError) -> Int {
        var cursor = unsafe PageCursor(source)
        let byteCount = try cursor.littleEndian(byteCount: 4)
        let runs = unsafe try cursor.take(Int(byteCount))
        let target = unsafe try out.reserve(PageLimit.byteCount(count, of: 1))
        _ = unsafe try RunLengthDecoding.decodeFlags(
            runs,
            count: count,
            into: target.assumingMemoryBound(to: UInt8.self)
        )
        out.advance(by: count)
        return cursor.position
    }
}
