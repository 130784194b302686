import Bytes
import Columnar

/// Writes the values of one page, one call a page; the counterpart of ``ValueDecoding``, where the formats are listed.
enum ValueEncoding {
    /// Whether values of the type can be written so.
    static func supports(_ encoding: PageEncoding, _ physicalType: PhysicalType) -> Bool {
        switch (encoding, physicalType) {
        case (.plain, _), (.rle, .boolean), (.deltaBinaryPacked, .int32), (.deltaBinaryPacked, .int64),
            (.deltaLengthByteArray, .byteArray), (.deltaByteArray, .byteArray),
            (.deltaByteArray, .fixedLengthByteArray):
            true
        case (.byteStreamSplit, .boolean), (.byteStreamSplit, .byteArray): false
        case (.byteStreamSplit, _): true
        default: false
        }
    }

    /// Appends `count` values, which lie as a column has them, to `out`.
    ///
    /// The encoding is one that the type can have.
    static func encode(
        _ encoding: PageEncoding,
        values: UnsafeRawBufferPointer,
        physicalType: PhysicalType,
        count: Int,
        into out: ByteBuffer
    ) {
        precondition(supports(encoding, physicalType), "the type cannot be encoded so")
        precondition(values.count >= count * (physicalType.byteWidth ?? 4), "there are fewer values than that")
        switch encoding {
        case .plain where physicalType == .boolean: unsafe booleans(values, count: count, to: out)
        case .plain:
            let byteCount = physicalType.byteWidth.map { $0 * count } ?? values.count
            unsafe out.append(UnsafeRawBufferPointer(rebasing: values[..<byteCount]))
        case .rle: unsafe runLengthBooleans(values, count: count, to: out)
        case .deltaBinaryPacked where physicalType == .int32:
            unsafe DeltaEncoding.encode(
                UnsafeRawBufferPointer(rebasing: values[..<(count * 4)]),
                to: out,
                as: Int32.self
            )
        case .deltaBinaryPacked:
            unsafe DeltaEncoding.encode(
                UnsafeRawBufferPointer(rebasing: values[..<(count * 8)]),
                to: out,
                as: Int64.self
            )
        case .deltaLengthByteArray: unsafe DeltaByteArrayEncoding.encodeLengths(values, count: count, to: out)
        case .deltaByteArray:
            unsafe DeltaByteArrayEncoding.encodePrefixes(values, width: physicalType.byteWidth, count: count, to: out)
        case .byteStreamSplit:
            unsafe ByteStreamSplit.encode(values, width: physicalType.byteWidth ?? 0, count: count, to: out)
        case .plainDictionary, .bitPacked, .rleDictionary: preconditionFailure("not an encoding of values")
        }
    }

    /// Eight values a byte, the last one padded.
    private static func booleans(_ values: UnsafeRawBufferPointer, count: Int, to out: ByteBuffer) {
        guard let values = values.baseAddress else { return }
        let byteCount = (count + 7) >> 3
        let target = unsafe out.reserve(byteCount)
        for byte in 0..<(count >> 3) {
            let eight = unsafe UInt64(littleEndian: values.loadUnaligned(fromByteOffset: byte &* 8, as: UInt64.self))
            // Gathers the lowest bit of each byte into the top byte.
            let bits = UInt8(truncatingIfNeeded: ((eight & 0x0101_0101_0101_0101) &* 0x0102_0408_1020_4080) >> 56)
            unsafe target.storeBytes(of: bits, toByteOffset: byte, as: UInt8.self)
        }
        if count & 7 > 0 {
            var bits: UInt8 = 0
            for index in (count & ~7)..<count {
                let flag = unsafe values.load(fromByteOffset: index, as: UInt8.self) & 1
                bits |= flag &<< UInt8(truncatingIfNeeded: index & 7)
            }
            unsafe target.storeBytes(of: bits, toByteOffset: byteCount - 1, as: UInt8.self)
        }
        out.advance(by: byteCount)
    }

    /// A 32-bit length, then runs of bits.
    private static func runLengthBooleans(_ values: UnsafeRawBufferPointer, count: Int, to out: ByteBuffer) {
        let bits = ByteBuffer()
        unsafe booleans(values, count: count, to: bits)
        let start = out.count
        out.appendLittleEndian(UInt32(0))
        unsafe RunLengthEncoder.writeBits(bits.base.assumingMemoryBound(to: UInt8.self), count: count, to: out)
        let length = UInt32(out.count - start - 4)
        unsafe out.base.storeBytes(of: length.littleEndian, toByteOffset: start, as: UInt32.self)
    }
}
