import HTTP

/// The chunks of a payload as the body of a request, one after the other.
struct ChunkSource: HTTPBodySource {
    /// None of them empty.
    private let chunks: [S3Payload.Chunk]
    /// Where each chunk begins in the body, ascending.
    private let starts: [Int]

    init(_ chunks: [S3Payload.Chunk]) {
        var starts: [Int] = []
        starts.reserveCapacity(chunks.count)
        var total = 0
        for chunk in chunks {
            starts.append(total)
            total += chunk.byteCount
        }
        self.chunks = chunks
        self.starts = starts
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard !chunks.isEmpty, offset >= 0 else { return 0 }
        let index = chunkIndex(at: offset)
        let skipped = offset - starts[index]
        let count = min(buffer.count, chunks[index].byteCount - skipped)
        guard count > 0 else { return 0 }
        let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        switch chunks[index] {
        case .memory(let bytes):
            return unsafe bytes.withUnsafeBytes { bytes in
                unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[skipped..<(skipped + count)]))
                return count
            }
        case .file(let file, _, let range):
            return try unsafe file.read(at: range.lowerBound + skipped, into: room)
        }
    }

    /// Finds the chunk that holds the byte at `offset`.
    ///
    /// - Complexity: O(log *n*) in the number of chunks.
    private func chunkIndex(at offset: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
