import CLZ4

/// LZ4 in the frames of Hadoop's block streams, as the deprecated codec 5 has it (Compression.md, "LZ4").
///
/// ```
/// frames  frame*
/// frame   uint32(uncompressed length) chunk*, until that length is reached
/// chunk   uint32(compressed length) and an LZ4 block of that many bytes
/// ```
/// Lengths are big endian. Nothing tells the frames from a block without them but that all lengths are right.
enum HadoopLZ4 {
    /// Decompresses frames of exactly `byteCount` bytes in all.
    ///
    /// - Returns: Whether the bytes are that; if not, `target` holds anything.
    static func decompress(
        _ source: UnsafeRawBufferPointer,
        to target: UnsafeMutableRawPointer,
        byteCount: Int
    ) -> Bool {
        guard let start = source.baseAddress else { return false }
        var position = 0
        var written = 0
        // The part of the frame that is still to come.
        var expected = 0
        // Ends because each turn reads a length at least.
        while position < source.count {
            if expected == 0 {
                guard let length = unsafe length(source, at: position), length <= byteCount - written else {
                    return false
                }
                expected = length
                position += 4
                // An empty frame may have no chunk, or one that is empty.
                if length == 0, position == source.count { break }
            }
            guard let length = unsafe length(source, at: position), length <= source.count - position - 4 else {
                return false
            }
            let decompressed = unsafe LZ4_decompress_safe(
                (start + position + 4).assumingMemoryBound(to: CChar.self),
                (target + written).assumingMemoryBound(to: CChar.self),
                Int32(length),
                Int32(expected)
            )
            guard decompressed >= 0 else { return false }
            position += 4 + length
            written += Int(decompressed)
            expected -= Int(decompressed)
        }
        return expected == 0 && written == byteCount
    }

    private static func length(_ source: UnsafeRawBufferPointer, at position: Int) -> Int? {
        guard source.count - position >= 4 else { return nil }
        return unsafe Int(UInt32(bigEndian: source.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
    }
}
