import Bytes
import Columnar

extension PageBuffer {
    /// Replaces what `out` holds by the repetition levels and then the definition levels of the page.
    ///
    /// - Returns: The bytes of both, which in version 1 have their length before them.
    func writeLevels(
        of leaf: LeafColumn,
        version: DataPageVersion,
        to out: ByteBuffer
    ) -> (repetition: Int, definition: Int) {
        out.removeAll()
        if leaf.maxRepetitionLevel > 0 {
            withLength(version, out) { write(repetitionLevels, maximum: leaf.maxRepetitionLevel, to: out) }
        }
        let repetitionByteCount = out.count
        if leaf.maxDefinitionLevel > 0 {
            withLength(version, out) {
                if leaf.isFlat {
                    writeValidity(to: out)
                } else {
                    write(definitionLevels, maximum: leaf.maxDefinitionLevel, to: out)
                }
            }
        }
        return (repetitionByteCount, out.count - repetitionByteCount)
    }

    private func writeValidity(to out: ByteBuffer) {
        if let bitmap = unsafe validity.bitmap {
            let bits = unsafe bitmap.assumingMemoryBound(to: UInt8.self)
            unsafe RunLengthEncoder.writeBits(bits, count: validity.slotCount, to: out)
        } else {
            RunLengthEncoder.writeRun(value: 1, count: validity.slotCount, bitWidth: 1, to: out)
        }
    }

    private func write(_ levels: ByteBuffer, maximum: Int, to out: ByteBuffer) {
        let widened = ByteBuffer(capacity: levels.count * 4)
        let bytes = unsafe levels.bytes
        for index in 0..<bytes.count { widened.appendLittleEndian(UInt32(unsafe bytes[index])) }
        unsafe RunLengthEncoder.write(
            widened.base.assumingMemoryBound(to: UInt32.self),
            count: levels.count,
            bitWidth: RunLengthEncoder.bitWidth(of: maximum),
            to: out
        )
    }

    private func withLength(_ version: DataPageVersion, _ out: ByteBuffer, _ write: () -> Void) {
        guard version == .v1 else { return write() }
        let start = out.count
        out.appendLittleEndian(UInt32(0))
        write()
        let length = UInt32(out.count - start - 4)
        unsafe out.base.storeBytes(of: length.littleEndian, toByteOffset: start, as: UInt32.self)
    }
}
