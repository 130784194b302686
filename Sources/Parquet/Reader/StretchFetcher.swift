import Bytes

/// Fetches what several leaves want of a file, neighbours with one read.
///
/// For sources that want to be asked for much at once. The bytes of a stretch are kept until every segment of it was
/// asked for; a segment that is asked for again is fetched alone.
final class StretchFetcher {
    /// Beyond that, one read of a store takes longer than its answer to another: 16 MiB.
    static let maximumByteCount = 16 << 20

    private struct Stretch {
        let range: Range<Int>
        /// The segments that were not asked for yet.
        var waitingCount: Int
        var bytes: ByteBuffer?
    }

    let source: any ByteSource
    private var stretches: [Stretch] = []

    /// Plans the reads.
    ///
    /// - Parameters:
    ///   - source: The file.
    ///   - segments: What is going to be wanted, in any order.
    ///   - gap: How far apart segments may lie that are fetched together.
    init(_ source: any ByteSource, segments: [Range<Int>] = [], gap: Int = 0) {
        self.source = source
        for segment in segments.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = stretches.last, segment.lowerBound - last.range.upperBound <= gap,
                segment.upperBound - last.range.lowerBound <= Self.maximumByteCount
            {
                let end = max(last.range.upperBound, segment.upperBound)
                stretches[stretches.count - 1] = Stretch(
                    range: last.range.lowerBound..<end,
                    waitingCount: last.waitingCount + 1
                )
            } else {
                stretches.append(Stretch(range: segment, waitingCount: 1))
            }
        }
        // A segment alone has nothing to wait for.
        stretches.removeAll { $0.waitingCount == 1 }
    }

    /// Replaces what the buffer holds by the bytes of the range.
    ///
    /// - Throws: ``ParquetReadError`` as ``ByteSource`` has it.
    func fetch(_ range: Range<Int>, into buffer: ByteBuffer) throws(ParquetReadError) {
        guard
            let place = stretches.firstIndex(where: {
                $0.range.lowerBound <= range.lowerBound && range.upperBound <= $0.range.upperBound
                    && $0.waitingCount > 0
            })
        else { return try source.fetch(range, into: buffer) }
        let stretch = stretches[place]
        let bytes: ByteBuffer
        if let known = stretch.bytes { bytes = known } else { bytes = try source.bytes(stretch.range) }
        stretches[place].waitingCount -= 1
        stretches[place].bytes = stretch.waitingCount > 1 ? bytes : nil
        let start = range.lowerBound - stretch.range.lowerBound
        buffer.removeAll()
        unsafe buffer.append(UnsafeRawBufferPointer(rebasing: bytes.bytes[start..<start + range.count]))
    }
}
