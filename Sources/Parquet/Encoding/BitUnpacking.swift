/// Unpacks values of the same number of bits: value `i` takes the bits from `i * bitWidth` on of the little-endian
/// stream (Encodings.md, "RLE / Bit-Packing Hybrid").
///
/// ```
/// 0, 1, ... 7 in three bits each   88 c6 fa
/// ```
enum BitUnpacking {
    /// Unpacks `count` values of 0 to 64 bits, no more than `T` has, to `out`, which need not be aligned.
    ///
    /// The source has at least `(count * bitWidth + 7) / 8` bytes; nothing past `byteCount` is touched.
    @inline(__always)
    static func unpack<T: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ source: UnsafeRawPointer,
        byteCount: Int,
        bitWidth: Int,
        count: Int,
        into out: UnsafeMutableRawPointer,
        as type: T.Type
    ) {
        var done = 0
        switch bitWidth {
        case 0:
            unsafe out.initializeMemory(as: UInt8.self, repeating: 0, count: count &* MemoryLayout<T>.size)
            return
        case 1 where MemoryLayout<T>.size == 1: done = unsafe flags(source, count, out)
        case 8: done = unsafe widen(source, count, out, from: UInt8.self, to: T.self)
        case 16: done = unsafe widen(source, count, out, from: UInt16.self, to: T.self)
        case 32: done = unsafe widen(source, count, out, from: UInt32.self, to: T.self)
        case 64: done = unsafe widen(source, count, out, from: UInt64.self, to: T.self)
        case ..<8: done = unsafe eights(source, byteCount, bitWidth, count, out, T.self)
        case ..<57: done = unsafe words(source, byteCount, bitWidth, count, out, T.self)
        default: break
        }
        while done < count {
            let value = unsafe value(source, byteCount, bitWidth, at: done)
            unsafe out.storeBytes(
                of: T(truncatingIfNeeded: value),
                toByteOffset: done &* MemoryLayout<T>.size,
                as: T.self
            )
            done &+= 1
        }
    }

    /// One byte for each bit, 0 or 1, for as many as come in whole bytes.
    ///
    /// - Returns: How many that are.
    @inline(__always)
    static func flags(_ source: UnsafeRawPointer, _ count: Int, _ out: UnsafeMutableRawPointer) -> Int {
        for byte in 0..<(count >> 3) {
            let bits = unsafe UInt64(source.load(fromByteOffset: byte, as: UInt8.self))
            // A copy of the byte in each byte, of which one bit is kept; the sum carries it to the top.
            let kept = (bits &* 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201
            let flags = ((kept &+ 0x7f7f_7f7f_7f7f_7f7f) | kept) >> 7 & 0x0101_0101_0101_0101
            unsafe out.storeBytes(of: flags.littleEndian, toByteOffset: byte &* 8, as: UInt64.self)
        }
        return count & ~7
    }

    /// Values of whole bytes.
    @inline(__always)
    private static func widen<From: FixedWidthInteger & BitwiseCopyable, To: FixedWidthInteger & BitwiseCopyable>(
        _ source: UnsafeRawPointer,
        _ count: Int,
        _ out: UnsafeMutableRawPointer,
        from: From.Type,
        to: To.Type
    ) -> Int {
        for index in 0..<count {
            let value = unsafe source.loadUnaligned(fromByteOffset: index &* MemoryLayout<From>.size, as: From.self)
            unsafe out.storeBytes(
                of: To(truncatingIfNeeded: From(littleEndian: value)),
                toByteOffset: index &* MemoryLayout<To>.size,
                as: To.self
            )
        }
        return count
    }

    /// Eight values from one word, while a word can be loaded.
    @inline(__always)
    private static func eights<T: FixedWidthInteger & BitwiseCopyable>(
        _ source: UnsafeRawPointer,
        _ byteCount: Int,
        _ bitWidth: Int,
        _ count: Int,
        _ out: UnsafeMutableRawPointer,
        _ type: T.Type
    ) -> Int {
        let width = UInt64(truncatingIfNeeded: bitWidth)
        let mask = (UInt64(1) &<< width) &- 1
        var done = 0
        var position = 0
        while done &+ 8 <= count, position &+ 8 <= byteCount {
            var word = unsafe UInt64(littleEndian: source.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let target = unsafe out + done &* MemoryLayout<T>.size
            for index in 0..<8 {
                unsafe target.storeBytes(
                    of: T(truncatingIfNeeded: word & mask),
                    toByteOffset: index &* MemoryLayout<T>.size,
                    as: T.self
                )
                word &>>= width
            }
            done &+= 8
            position &+= bitWidth
        }
        return done
    }

    /// One value from each word, while a word can be loaded.
    @inline(__always)
    private static func words<T: FixedWidthInteger & BitwiseCopyable>(
        _ source: UnsafeRawPointer,
        _ byteCount: Int,
        _ bitWidth: Int,
        _ count: Int,
        _ out: UnsafeMutableRawPointer,
        _ type: T.Type
    ) -> Int {
        let mask = (UInt64(1) &<< UInt64(truncatingIfNeeded: bitWidth)) &- 1
        // Words that start before this bit lie within the bytes.
        let endBit = (byteCount &- 7) &* 8
        var done = 0
        var bit = 0
        while done < count, bit < endBit {
            let word = unsafe UInt64(littleEndian: source.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
            unsafe out.storeBytes(
                of: T(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: bit & 7) & mask),
                toByteOffset: done &* MemoryLayout<T>.size,
                as: T.self
            )
            done &+= 1
            bit &+= bitWidth
        }
        return done
    }

    /// One value, byte by byte.
    private static func value(_ source: UnsafeRawPointer, _ byteCount: Int, _ bitWidth: Int, at index: Int) -> UInt64 {
        let bit = index &* bitWidth
        let start = bit >> 3
        let shift = UInt64(truncatingIfNeeded: bit & 7)
        let end = min(byteCount, (bit &+ bitWidth &+ 7) >> 3)
        var value: UInt64 = 0
        for byte in start..<max(start, min(end, start &+ 8)) {
            unsafe value |=
                UInt64(source.load(fromByteOffset: byte, as: UInt8.self))
                &<< UInt64(truncatingIfNeeded: (byte &- start) &* 8)
        }
        value &>>= shift
        if end &- start > 8 {
            unsafe value |= UInt64(source.load(fromByteOffset: start &+ 8, as: UInt8.self)) &<< (64 &- shift)
        }
        return bitWidth == 64 ? value : value & ((UInt64(1) &<< UInt64(truncatingIfNeeded: bitWidth)) &- 1)
    }
}
