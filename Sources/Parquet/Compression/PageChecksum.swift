import CZlib

/// The checksum of a page's stored body: CRC-32 as gzip has it.
struct PageChecksum {
    private var state: UInt

    /// The checksum of some bytes.
    init(_ bytes: UnsafeRawBufferPointer) {
        state = 0
        unsafe append(bytes)
    }

    /// Goes on with the bytes that follow.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        // Given no address, the function begins anew.
        guard unsafe !bytes.isEmpty else { return }
        state = unsafe crc32_z(state, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// The sum, as the page header stores it.
    var value: Int32 { Int32(truncatingIfNeeded: state) }
}
