import Bytes

/// Reads integers that are written as differences (Encodings.md, "Delta Encoding").
///
/// ```
/// delta      header block*
/// header     varint(values of a block) varint(miniblocks of a block) varint(count) zigzag(first value)
/// block      zigzag(least delta) width{miniblocks, a byte each} miniblock*
/// miniblock  deltas less the least one, in `width` bits each, least significant bit first
/// ```
/// All arithmetic wraps. A block has 128 values or a multiple, a miniblock 32 or a multiple. The last miniblock that
/// holds a value is padded; those after it have a width, which says nothing, and no bytes.
enum DeltaDecoding {
    /// Appends `count` integers, little endian.
    ///
    /// - Returns: How many bytes of the source they took.
    static func decode<T: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        _ source: UnsafeRawBufferPointer,
        count: Int,
        into out: ByteBuffer,
        as type: T.Type
    ) throws(ParquetReadError) -> Int where T.Magnitude: BitwiseCopyable {
        guard count > 0, let start = source.baseAddress else {
            guard count <= 0 else { throw ParquetReadError(.truncated, "A page of \(count) values is empty.") }
            return 0
        }
        var cursor = unsafe PageCursor(source)
        let header = try Header(&cursor, count: count, limit: Int64(T.max))
        let size = MemoryLayout<T>.size
        let byteCount = try PageLimit.byteCount(count, of: size)
        let target = unsafe out.reserve(byteCount)
        var value = T(truncatingIfNeeded: header.first)
        unsafe target.storeBytes(of: value, as: T.self)
        var done = 1
        while done < count {
            let least = T(truncatingIfNeeded: try cursor.zigzag())
            let widths = unsafe try cursor.take(header.miniblockCount)
            for miniblock in 0..<header.miniblockCount where done < count {
                let width = unsafe Int(widths[miniblock])
                // DuckDB writes differences of INT32 in 33 bits where they need it; the upper ones say nothing.
                guard width <= 64 else {
                    throw ParquetReadError(.malformed, "Deltas cannot have \(width) bits.")
                }
                let wanted = min(header.miniblockSize, count &- done)
                guard cursor.remaining >= (wanted &* width &+ 7) >> 3 else {
                    throw ParquetReadError(.truncated, "Deltas end before value \(done + wanted) of \(count).")
                }
                let deltas = unsafe target + done &* size
                unsafe BitUnpacking.unpack(
                    start + cursor.position,
                    byteCount: cursor.remaining,
                    bitWidth: width,
                    count: wanted,
                    into: deltas,
                    as: T.Magnitude.self
                )
                for index in 0..<wanted {
                    let delta = unsafe deltas.loadUnaligned(fromByteOffset: index &* size, as: T.self)
                    value = value &+ least &+ delta
                    unsafe deltas.storeBytes(of: value, toByteOffset: index &* size, as: T.self)
                }
                cursor.skip(min((header.miniblockSize &* width) >> 3, cursor.remaining))
                done &+= wanted
            }
        }
        out.advance(by: byteCount)
        return cursor.position
    }

    private struct Header {
        /// More than any writer has; with it, how much memory a byte can ask for is bounded.
        private static let maximumBlockSize: UInt64 = 65_536

        let miniblockCount: Int
        let miniblockSize: Int
        let first: Int64

        init(_ cursor: inout PageCursor, count: Int, limit: Int64) throws(ParquetReadError) {
            let blockSize = try cursor.varint()
            let miniblocks = try cursor.varint()
            let announced = try cursor.varint()
            first = try cursor.zigzag()
            guard blockSize > 0, blockSize <= Self.maximumBlockSize, blockSize % 128 == 0 else {
                throw ParquetReadError(.malformed, "Deltas come in blocks of \(blockSize).")
            }
            guard miniblocks > 0, blockSize % miniblocks == 0, (blockSize / miniblocks) % 32 == 0 else {
                throw ParquetReadError(.malformed, "A block of \(blockSize) deltas has \(miniblocks) parts.")
            }
            guard announced == UInt64(count) else {
                throw ParquetReadError(.malformed, "There are \(announced) deltas for \(count) values.")
            }
            guard first <= limit, first >= -limit - 1 else {
                throw ParquetReadError(.malformed, "The first value does not fit the type of its column.")
            }
            miniblockCount = Int(miniblocks)
            miniblockSize = Int(blockSize / miniblocks)
            // Every block takes a byte and its widths, whatever its deltas are.
            let blockCount = (count - 1) / Int(blockSize) + ((count - 1) % Int(blockSize) > 0 ? 1 : 0)
            guard blockCount <= cursor.remaining / (1 + miniblockCount) else {
                throw ParquetReadError(.truncated, "\(cursor.remaining) bytes cannot hold \(count) deltas.")
            }
        }
    }
}
