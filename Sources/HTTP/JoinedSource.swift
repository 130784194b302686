/// Several bodies as one, the one after the other.
struct JoinedSource: HTTPBodySource {
    /// None of them empty.
    private let parts: [HTTPBody]
    /// Where each part begins in the whole, ascending.
    private let starts: [Int]
    let byteCount: Int

    init(_ bodies: [HTTPBody]) {
        parts = bodies.filter { $0.byteCount > 0 }
        var starts: [Int] = []
        starts.reserveCapacity(parts.count)
        var total = 0
        for part in parts {
            starts.append(total)
            total += part.byteCount
        }
        self.starts = starts
        byteCount = total
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard offset >= 0, offset < byteCount else { return 0 }
        let index = partIndex(at: offset)
        let skipped = offset - starts[index]
        let count = min(buffer.count, parts[index].byteCount - skipped)
        let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        return try unsafe parts[index].source.read(at: skipped, into: room)
    }

    /// Finds the part that holds the byte at `offset`.
    ///
    /// - Complexity: O(log *n*) in the number of parts.
    private func partIndex(at offset: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
