import Bytes

/// Buffers that every page needs for a moment, shared by all columns of a writer.
///
/// Used by one thread at a time.
public final class PageScratch {
    let compressor = PageCompressor()
    /// Levels as a page stores them.
    let levels = ByteBuffer()
    /// Encoded values.
    let values = ByteBuffer()
    let compressed = ByteBuffer()
    let output = ByteBuffer()
    let stamps = ByteBuffer()
    let shredder = LevelShredder()

    /// Creates empty buffers.
    public init() {}
}
