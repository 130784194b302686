/// The checksum of RFC 1950, section 8.2: cheap, and it notices order.
struct Adler32 {
    private static let modulus: UInt32 = 65_521
    /// So many bytes cannot make the sums overflow.
    private static let stride = 5_552

    private var sum: UInt32 = 1
    private var sumOfSums: UInt32 = 0

    var value: UInt32 { sumOfSums << 16 | sum }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        while start < bytes.count {
            let end = min(start + Self.stride, bytes.count)
            for index in start..<end {
                sum &+= UInt32(bytes[index])
                sumOfSums &+= sum
            }
            sum %= Self.modulus
            sumOfSums %= Self.modulus
            start = end
        }
    }
}
