import Bytes

/// Writes integers as differences; ``DeltaDecoding`` has the grammar.
///
/// Blocks of 128 values in four miniblocks, as parquet-java has them, so that the same values become the same bytes.
enum DeltaEncoding {
    private static let blockSize = 128
    private static let miniblockCount = 4
    private static let miniblockSize = blockSize / miniblockCount

    /// Appends integers, which need not be aligned.
    static func encode<T: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        _ values: UnsafeRawBufferPointer,
        to out: ByteBuffer,
        as type: T.Type
    ) where T.Magnitude: BitwiseCopyable {
        let size = MemoryLayout<T>.size
        let count = values.count / size
        out.appendVarint(UInt64(blockSize))
        out.appendVarint(UInt64(miniblockCount))
        out.appendVarint(UInt64(count))
        guard count > 0, let values = values.baseAddress else { return out.append(0) }
        var former = unsafe values.loadUnaligned(as: T.self)
        zigzag(Int64(former), to: out)
        unsafe withUnsafeTemporaryAllocation(of: T.self, capacity: blockSize) { deltas in
            var done = 1
            while done < count {
                let wanted = min(blockSize, count - done)
                var least = T.max
                for index in 0..<wanted {
                    let value = unsafe values.loadUnaligned(fromByteOffset: (done &+ index) &* size, as: T.self)
                    let delta = value &- former
                    unsafe deltas[index] = delta
                    least = min(least, delta)
                    former = value
                }
                for index in 0..<wanted { unsafe deltas[index] = unsafe deltas[index] &- least }
                for index in wanted..<blockSize { unsafe deltas[index] = 0 }
                zigzag(Int64(least), to: out)
                unsafe block(UnsafeBufferPointer(deltas), wanted, to: out)
                done += wanted
            }
        }
    }

    /// Writes the widths and the miniblocks that hold a value.
    private static func block<T: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        _ deltas: UnsafeBufferPointer<T>,
        _ count: Int,
        to out: ByteBuffer
    ) where T.Magnitude: BitwiseCopyable {
        let widths = out.count
        out.appendLittleEndian(UInt32(0))
        for miniblock in 0..<miniblockCount where miniblock * miniblockSize < count {
            let start = miniblock * miniblockSize
            var union: T.Magnitude = 0
            for index in 0..<miniblockSize {
                unsafe union |= T.Magnitude(truncatingIfNeeded: deltas[start &+ index])
            }
            let width = T.bitWidth - union.leadingZeroBitCount
            unsafe out.base.storeBytes(of: UInt8(width), toByteOffset: widths + miniblock, as: UInt8.self)
            let byteCount = (miniblockSize * width) >> 3
            let target = unsafe out.reserve(byteCount)
            unsafe pack(deltas, from: start, width: width, to: target)
            out.advance(by: byteCount)
        }
    }

    /// Packs one miniblock, which takes whole words of 32 bits whatever the width is.
    @inline(__always)
    private static func pack<T: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        _ deltas: UnsafeBufferPointer<T>,
        from start: Int,
        width: Int,
        to target: UnsafeMutableRawPointer
    ) where T.Magnitude: BitwiseCopyable {
        var target = unsafe target
        var pending: UInt64 = 0
        var pendingBits: UInt64 = 0
        for index in start..<(start + miniblockSize) {
            var value = unsafe UInt64(truncatingIfNeeded: T.Magnitude(truncatingIfNeeded: deltas[index]))
            // In halves, so that what is pending and what comes fit a word together.
            var bits = UInt64(truncatingIfNeeded: width)
            while bits > 0 {
                let part = min(bits, 32)
                pending |= (value & 0xffff_ffff) &<< pendingBits
                pendingBits &+= part
                value &>>= part
                bits &-= part
                if pendingBits >= 32 {
                    unsafe target.storeBytes(of: UInt32(truncatingIfNeeded: pending).littleEndian, as: UInt32.self)
                    unsafe target += 4
                    pending &>>= 32
                    pendingBits &-= 32
                }
            }
        }
    }

    private static func zigzag(_ value: Int64, to out: ByteBuffer) {
        out.appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }
}
