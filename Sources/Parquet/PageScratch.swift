import Bytes

/// Buffers that every page needs for a moment, shared by all columns of a writer.
///
/// Used by one thread at a time.
public final class PageScratch {
    let compressor: PageCompressor
    let body = ByteBuffer()
    let compressed = ByteBuffer()
    let output = ByteBuffer()
    let stamps = ByteBuffer()
    let shredder = LevelShredder()

    /// Creates the buffers and the compressor that the options ask for.
    public init(options: WriterOptions) {
        compressor = PageCompressor(options: options)
    }
}
