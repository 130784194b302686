import Bytes

/// Writes Parquet's hybrid of run lengths and bit packing (Encodings.md, "RLE / Bit-Packing Hybrid").
///
/// ```
/// runs        run*
/// run         bit-packed | repeated
/// repeated    varint(count << 1) value, in as many bytes as its width needs
/// bit-packed  varint(groups << 1 | 1) and for each group of 8 values `width` bytes, least significant bit first
/// ```
/// Bit-packed runs hold multiples of 8 values; only the last may be padded.
enum RunLengthEncoder {
    /// The bits that values up to `maximum` need.
    static func bitWidth(of maximum: Int) -> Int {
        Int.bitWidth - max(0, maximum).leadingZeroBitCount
    }

    /// Writes a run of one value.
    static func writeRun(value: UInt32, count: Int, bitWidth: Int, to out: ByteBuffer) {
        out.appendVarint(UInt64(count) << 1)
        var rest = value
        for _ in 0..<((bitWidth + 7) >> 3) {
            out.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// Writes single bits, of which `bitmap` holds eight a byte.
    static func writeBits(_ bitmap: UnsafePointer<UInt8>, count: Int, to out: ByteBuffer) {
        // Runs shorter than this cost more as runs than they save.
        let minimumRunByteCount = 4
        let wholeByteCount = count >> 3
        var index = 0
        var literalStart = 0
        while index < wholeByteCount {
            let byte = unsafe bitmap[index]
            guard byte == 0 || byte == 0xff else {
                index += 1
                continue
            }
            var end = index + 1
            while end < wholeByteCount, unsafe bitmap[end] == byte { end += 1 }
            if end - index >= minimumRunByteCount {
                unsafe writeLiteralBits(bitmap, from: literalStart, to: index, to: out)
                writeRun(value: byte == 0 ? 0 : 1, count: (end - index) << 3, bitWidth: 1, to: out)
                literalStart = end
            }
            index = end
        }
        unsafe writeLiteralBits(bitmap, from: literalStart, to: (count + 7) >> 3, to: out)
    }

    private static func writeLiteralBits(
        _ bitmap: UnsafePointer<UInt8>,
        from start: Int,
        to end: Int,
        to out: ByteBuffer
    ) {
        guard end > start else { return }
        out.appendVarint(UInt64(end - start) << 1 | 1)
        unsafe out.append(UnsafeRawBufferPointer(start: bitmap + start, count: end - start))
    }

    /// Writes values of up to 32 bits.
    ///
    /// - Complexity: O(`count`), with one pass over the values.
    static func write(_ values: UnsafePointer<UInt32>, count: Int, bitWidth: Int, to out: ByteBuffer) {
        var index = 0
        var literalStart = 0
        while index + 8 <= count {
            let eight = unsafe UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<UInt32>.self)
            guard unsafe eight == SIMD8(repeating: values[index]) else {
                index += 8
                continue
            }
            let value = unsafe values[index]
            var end = index + 8
            while end < count, unsafe values[end] == value { end += 1 }
            unsafe writeLiterals(values, from: literalStart, to: index, bitWidth: bitWidth, to: out)
            writeRun(value: value, count: end - index, bitWidth: bitWidth, to: out)
            index = end
            literalStart = end
        }
        unsafe writeLiterals(values, from: literalStart, to: count, bitWidth: bitWidth, to: out)
    }

    private static func writeLiterals(
        _ values: UnsafePointer<UInt32>,
        from start: Int,
        to end: Int,
        bitWidth: Int,
        to out: ByteBuffer
    ) {
        guard end > start else { return }
        let groupCount = (end - start + 7) >> 3
        out.appendVarint(UInt64(groupCount) << 1 | 1)
        let byteCount = groupCount * bitWidth
        var target = unsafe out.reserve(byteCount + 8)
        var pending: UInt64 = 0
        var pendingBits: UInt64 = 0
        let width = UInt64(bitWidth)
        var index = start
        while index < end {
            unsafe pending |= UInt64(values[index]) &<< pendingBits
            pendingBits &+= width
            if pendingBits >= 32 {
                unsafe target.storeBytes(of: UInt32(truncatingIfNeeded: pending).littleEndian, as: UInt32.self)
                unsafe target += 4
                pending &>>= 32
                pendingBits &-= 32
            }
            index &+= 1
        }
        // Whatever is left, then zeros up to the end of the last group.
        var written = unsafe target - out.base - out.count
        while written < byteCount {
            unsafe target.storeBytes(of: UInt8(truncatingIfNeeded: pending), as: UInt8.self)
            pending >>= 8
            unsafe target += 1
            written += 1
        }
        out.advance(by: byteCount)
    }
}
