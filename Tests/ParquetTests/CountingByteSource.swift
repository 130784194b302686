import Bytes
import Parquet
import Synchronization

/// A file in memory that notes what is read of it, each read as a whole like a request to a store.
final class CountingByteSource: ByteSource {
    private let file: MemoryByteSource
    private let noted = Mutex<[Range<Int>]>([])

    init(_ bytes: [UInt8]) {
        file = MemoryByteSource(bytes)
    }

    var byteCount: Int { file.byteCount }

    func read(_ range: Range<Int>, into buffer: ByteBuffer) {
        noted.withLock { $0.append(range) }
        file.read(range, into: buffer)
    }

    /// What was read since the last call.
    func takeReads() -> [Range<Int>] {
        noted.withLock { reads in
            defer { reads = [] }
            return reads
        }
    }
}
