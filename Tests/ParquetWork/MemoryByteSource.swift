import Bytes
import Parquet

/// A file that lies in memory.
struct MemoryByteSource: ByteSource {
    let bytes: [UInt8]

    var byteCount: Int { bytes.count }

    func read(_ range: Range<Int>, into buffer: ByteBuffer) {
        bytes.withUnsafeBytes { buffer.append(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
