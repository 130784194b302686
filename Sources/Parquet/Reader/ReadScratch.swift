import Bytes

/// Buffers that every page needs for a moment.
///
/// Used by one thread at a time.
final class ReadScratch {
    let decompressor = PageDecompressor()
    /// The body of a page before compression.
    let page = ByteBuffer()
    private let words = ByteBuffer()

    /// Room for so many levels or indexes, to be written before it is read.
    ///
    /// - Throws: ``ParquetReadError`` with code `tooLarge` beyond what one page may take.
    func integers(_ count: Int) throws(ParquetReadError) -> UnsafeMutablePointer<UInt32> {
        unsafe words.reserve(try PageLimit.byteCount(count, of: 4)).assumingMemoryBound(to: UInt32.self)
    }
}

extension ParquetReadError {
    /// The same error, with the place where it happened before its message.
    func at(_ place: String) -> ParquetReadError {
        ParquetReadError(code, "\(place): \(message)")
    }
}
