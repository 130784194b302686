import Bytes
import Columnar

/// The levels of one page, as they are encoded.
///
/// ```
/// v1  RLE: uint32(byte count) runs     BIT_PACKED: bits, without a length
/// v2  RLE: runs, whose length is in the page header
/// ```
/// Valid as long as the page that they were taken from.
@safe
struct LevelBytes {
    private let bytes: UnsafeRawBufferPointer
    private let encoding: PageEncoding
    private let maximum: Int
    private let count: Int

    /// Levels of a page of version 2.
    init(_ bytes: UnsafeRawBufferPointer, _ encoding: PageEncoding, maximum: Int, count: Int) {
        unsafe self.bytes = bytes
        self.encoding = encoding
        self.maximum = maximum
        self.count = count
    }

    /// Takes levels from the front of a page of version 1.
    init(
        takenFrom rest: inout UnsafeRawBufferPointer,
        encoding: Int32,
        maximum: Int,
        count: Int
    ) throws(ParquetReadError) {
        let start: Int
        let byteCount: Int
        switch PageEncoding(rawValue: encoding) {
        case .rle:
            guard rest.count >= 4 else { throw ParquetReadError(.truncated, "The page ends before its levels.") }
            start = 4
            byteCount = unsafe Int(UInt32(littleEndian: rest.loadUnaligned(as: UInt32.self)))
        case .bitPacked:
            start = 0
            byteCount = (count * RunLengthEncoder.bitWidth(of: maximum) + 7) >> 3
        default: throw ParquetReadError(.unsupported, "Levels have encoding \(encoding).")
        }
        guard byteCount <= rest.count - start else {
            throw ParquetReadError(.truncated, "The page claims \(byteCount) bytes of levels.")
        }
        let levels = unsafe UnsafeRawBufferPointer(rebasing: rest[start..<start + byteCount])
        unsafe self.init(levels, start == 4 ? .rle : .bitPacked, maximum: maximum, count: count)
        unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[(start + byteCount)...])
    }

    /// Appends a slot for each level, NULL where it is 0; the greatest level is 1.
    ///
    /// - Returns: How many slots hold a value.
    func append(to validity: inout Validity, scratch: ReadScratch) throws(ParquetReadError) -> Int {
        guard encoding == .rle else {
            let levels = ByteBuffer()
            let valueCount = try append(to: levels, scratch: scratch)
            let flags = unsafe UnsafePointer(levels.base.assumingMemoryBound(to: UInt8.self))
            unsafe validity.append(flags: flags, count: count, valueCount: valueCount)
            return valueCount
        }
        return unsafe try RunLengthDecoding.appendFlags(bytes, count: count, to: &validity)
    }

    /// Appends the levels, one byte each.
    ///
    /// - Returns: How many of them are the greatest.
    func append(to target: ByteBuffer, scratch: ReadScratch) throws(ParquetReadError) -> Int {
        let place = unsafe try target.reserve(PageLimit.byteCount(count, of: 1)).assumingMemoryBound(to: UInt8.self)
        let width = RunLengthEncoder.bitWidth(of: maximum)
        if encoding == .rle {
            _ = unsafe try RunLengthDecoding.decodeLevels(bytes, bitWidth: width, count: count, into: place)
        } else {
            let levels = unsafe try scratch.integers(count)
            _ = unsafe try RunLengthDecoding.decodeBitPacked(bytes, bitWidth: width, count: count, into: levels)
            for index in 0..<count { unsafe place[index] = UInt8(truncatingIfNeeded: levels[index]) }
        }
        var greatest: UInt8 = 0
        var count = 0
        let maximum = UInt8(truncatingIfNeeded: maximum)
        for index in 0..<self.count {
            let level = unsafe place[index]
            greatest = max(greatest, level)
            count &+= level == maximum ? 1 : 0
        }
        guard greatest <= maximum else {
            throw ParquetReadError(.malformed, "The page has level \(greatest), where \(maximum) is the greatest.")
        }
        target.advance(by: self.count)
        return count
    }
}
