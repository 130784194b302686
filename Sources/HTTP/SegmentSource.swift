/// A body made of byte segments in memory.
struct SegmentSource: HTTPBodySource {
    private let segments: [ArraySlice<UInt8>]
    /// Where each segment begins in the body, ascending.
    private let starts: [Int]
    let byteCount: Int

    init(_ segments: [ArraySlice<UInt8>]) {
        let filled = segments.filter { !$0.isEmpty }
        var starts: [Int] = []
        starts.reserveCapacity(filled.count)
        var total = 0
        for segment in filled {
            starts.append(total)
            total += segment.count
        }
        self.segments = filled
        self.starts = starts
        byteCount = total
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard offset >= 0, offset < byteCount else { return 0 }
        let index = segmentIndex(at: offset)
        return unsafe segments[index].withUnsafeBytes { segment in
            let skipped = offset - starts[index]
            let count = min(buffer.count, segment.count - skipped)
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: segment[skipped..<(skipped + count)]))
            return count
        }
    }

    /// Finds the segment that holds the byte at `offset`.
    ///
    /// - Complexity: O(log *n*) in the number of segments.
    private func segmentIndex(at offset: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
