import Bytes
import Parquet

/// A file in memory that wants to be asked for so many bytes at a time.
struct PieceByteSource: ByteSource {
    let file: MemoryByteSource
    let preferredReadByteCount: Int

    var byteCount: Int { file.byteCount }

    func read(_ range: Range<Int>, into buffer: ByteBuffer) { file.read(range, into: buffer) }
}
