/// The text of a UUID: 32 lower-case digits in groups of 8, 4, 4, 4, 12.
enum UUIDText {
    /// Writes a length prefix of 36 and the 36 characters: 40 bytes, and up to 8 bytes of slack behind them.
    @inline(__always)
    static func write(_ uuid: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
        let high = unsafe UInt64(bigEndian: uuid.loadUnaligned(as: UInt64.self))
        let low = unsafe UInt64(bigEndian: uuid.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let dash = UInt8(ascii: "-")
        let text = unsafe target + 4
        unsafe target.storeBytes(of: UInt32(36).littleEndian, as: UInt32.self)
        unsafe text.storeBytes(of: digits(UInt32(truncatingIfNeeded: high >> 32)), as: UInt64.self)
        let second = digits(UInt32(truncatingIfNeeded: high))
        unsafe text.storeBytes(of: dash, toByteOffset: 8, as: UInt8.self)
        unsafe text.storeBytes(of: UInt32(truncatingIfNeeded: second), toByteOffset: 9, as: UInt32.self)
        unsafe text.storeBytes(of: dash, toByteOffset: 13, as: UInt8.self)
        unsafe text.storeBytes(of: UInt32(truncatingIfNeeded: second >> 32), toByteOffset: 14, as: UInt32.self)
        unsafe text.storeBytes(of: dash, toByteOffset: 18, as: UInt8.self)
        let third = digits(UInt32(truncatingIfNeeded: low >> 32))
        unsafe text.storeBytes(of: UInt32(truncatingIfNeeded: third), toByteOffset: 19, as: UInt32.self)
        unsafe text.storeBytes(of: dash, toByteOffset: 23, as: UInt8.self)
        unsafe text.storeBytes(of: UInt32(truncatingIfNeeded: third >> 32), toByteOffset: 24, as: UInt32.self)
        unsafe text.storeBytes(of: digits(UInt32(truncatingIfNeeded: low)), toByteOffset: 28, as: UInt64.self)
    }

    /// Eight hexadecimal digits, the first one in the lowest byte.
    ///
    /// Spreads the nibbles over the bytes of a word, then turns all of them into characters at once.
    @inline(__always)
    private static func digits(_ value: UInt32) -> UInt64 {
        var spread = UInt64(value.byteSwapped)
        spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff
        spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff
        spread = (spread >> 4 & 0x000f_000f_000f_000f) | (spread << 8 & 0x0f00_0f00_0f00_0f00)
        // 1 in each byte whose nibble is above 9.
        let letters = (spread &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return spread &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }
}
