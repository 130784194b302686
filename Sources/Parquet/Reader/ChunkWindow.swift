import Bytes

/// The part of a column chunk that is in memory: a stretch that moves on as pages are read.
///
/// The stretch grows to whatever a page needs, and no further than the segment that it lies in: what lies between
/// segments is never fetched.
final class ChunkWindow {
    private let fetcher: StretchFetcher
    private let buffer: ByteBuffer
    /// Where the buffer's bytes lie in the file.
    private var range = 0..<0
    /// The stretches of the file that may be read, in ascending order.
    private let segments: [Range<Int>]
    private var segment = 0

    /// Reads nothing yet.
    ///
    /// - Parameters:
    ///   - segments: The stretches of the file that may be read, in ascending order, none of them empty.
    ///   - fetcher: Fetches them.
    ///   - buffer: Takes the bytes; nobody else writes to it in the meantime.
    init(_ segments: [Range<Int>], from fetcher: StretchFetcher, buffer: ByteBuffer) {
        self.segments = segments
        self.fetcher = fetcher
        self.buffer = buffer
    }

    /// The bytes from `offset` on: `count` or more, or fewer where the segment ends; valid until the next call.
    ///
    /// Offsets never descend.
    func bytes(from offset: Int, count: Int) throws(ParquetReadError) -> UnsafeRawBufferPointer {
        while segment < segments.count, offset >= segments[segment].upperBound { segment += 1 }
        guard segment < segments.count, offset >= segments[segment].lowerBound else {
            return unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        }
        let end = segments[segment].upperBound
        let wanted = max(1, min(count, end - offset))
        if offset < range.lowerBound || wanted > range.upperBound - offset {
            let step = max(wanted, fetcher.source.preferredReadByteCount)
            range = offset..<(step < end - offset ? offset + step : end)
            do throws(ParquetReadError) {
                try fetcher.fetch(range, into: buffer)
            } catch {
                range = 0..<0
                throw error
            }
        }
        return unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[(offset - range.lowerBound)...])
    }

    /// Whether the bytes from `offset` on, so many, are all that the segment has.
    func isEnd(_ offset: Int, count: Int) -> Bool {
        segment >= segments.count || offset < segments[segment].lowerBound
            || segments[segment].upperBound - offset <= count
    }
}
