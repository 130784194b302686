/// The checksum CRC-32C (Castagnoli): reflected polynomial 0x82F63B78, initial value and final xor all ones.
public struct CRC32C: Sendable {
    private var state: UInt32 = ~0

    /// Starts a checksum.
    public init() {}

    /// The checksum of the bytes so far.
    public var value: UInt32 { ~state }

    /// The checksum as S3 writes it: its four bytes, highest first, in Base64.
    public var base64: String {
        let value = value
        return Base64.string([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) })
    }

    /// Adds bytes, eight at a time.
    public mutating func update(_ bytes: borrowing Span<UInt8>) {
        unsafe state = bytes.withUnsafeBytes { bytes in
            unsafe Self.tables.withUnsafeBufferPointer { unsafe Self.advance(state, bytes, $0) }
        }
    }

    /// The checksum of bytes that are in memory.
    public static func checksum(_ bytes: [UInt8]) -> CRC32C {
        var checksum = CRC32C()
        checksum.update(bytes.span)
        return checksum
    }

    /// Table *t* holds, for each byte, its remainder when *t* zero bytes follow it.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var remainder = UInt32(byte)
            for _ in 0..<8 {
                remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1
            }
            tables[byte] = remainder
        }
        for index in 256..<(8 * 256) {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 255)]
        }
        return tables
    }()

    /// The state after the bytes, which are read in the machine's little-endian order.
    private static func advance(
        _ start: UInt32,
        _ bytes: UnsafeRawBufferPointer,
        _ tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        var state = start
        var offset = 0
        let count = bytes.count
        while offset &+ 8 <= count {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ UInt64(state)
            var next: UInt32 = 0
            for position in 0..<8 {
                let byte = Int(truncatingIfNeeded: word >> UInt64(position &* 8)) & 255
                unsafe next ^= tables[(7 &- position) &* 256 &+ byte]
            }
            state = next
            offset &+= 8
        }
        while offset < count {
            unsafe state = state >> 8 ^ tables[Int((state ^ UInt32(bytes[offset])) & 255)]
            offset &+= 1
        }
        return state
    }
}
