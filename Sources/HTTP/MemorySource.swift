/// A body that is in memory in one piece.
struct MemorySource: HTTPBodySource {
    let bytes: ArraySlice<UInt8>

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard offset >= 0, offset < bytes.count else { return 0 }
        return unsafe bytes.withUnsafeBytes { bytes in
            let count = min(buffer.count, bytes.count - offset)
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)]))
            return count
        }
    }
}
