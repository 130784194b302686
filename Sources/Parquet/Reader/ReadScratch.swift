import Bytes

/// Buffers that every page needs for a moment.
///
/// Used by one thread at a time.
final class ReadScratch {
    let decompressor = PageDecompressor()
    /// The body of a page before compression.
    let page = ByteBuffer()
    /// The slots of a column on their way to a validity.
    let flags = ByteBuffer()
    /// The numbers of entries of lists on their way to a column.
    let counts = ByteBuffer()
    /// One byte, the level of everything that has no levels.
    let zero = ByteBuffer()
    private let words = ByteBuffer()

    init() {
        zero.append(0 as UInt8)
    }

    /// Room for so many levels or indexes, to be written before it is read.
    ///
    /// - Throws: ``ParquetReadError`` with code `tooLarge` beyond what one page may take.
    func integers(_ count: Int) throws(ParquetReadError) -> UnsafeMutablePointer<UInt32> {
        let byteCount = try PageLimit.byteCount(count, of: 4)
        words.removeAll()
        return unsafe words.reserve(byteCount).assumingMemoryBound(to: UInt32.self)
    }
}

extension ParquetReadError {
    /// The same error, with the place where it happened before its message.
    func at(_ place: String) -> ParquetReadError {
        ParquetReadError(code, "\(place): \(message)")
    }
}
