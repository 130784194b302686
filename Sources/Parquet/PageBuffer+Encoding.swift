import Bytes
import Columnar

extension PageBuffer {
    /// Appends repetition and definition levels, each with its length before it (data pages of version 1).
    func writeLevels(of leaf: LeafColumn, to body: ByteBuffer) {
        if leaf.maxRepetitionLevel > 0 { write(repetitionLevels, maximum: leaf.maxRepetitionLevel, to: body) }
        guard leaf.maxDefinitionLevel > 0 else { return }
        guard leaf.isFlat else { return write(definitionLevels, maximum: leaf.maxDefinitionLevel, to: body) }
        withLengthPrefix(body) {
            if let bitmap = unsafe validity.bitmap {
                let bits = unsafe bitmap.assumingMemoryBound(to: UInt8.self)
                unsafe RunLengthEncoder.writeBits(bits, count: validity.slotCount, to: body)
            } else {
                RunLengthEncoder.writeRun(value: 1, count: validity.slotCount, bitWidth: 1, to: body)
            }
        }
    }

    /// Appends BOOLEAN values, eight a byte (Encodings.md, "Plain").
    func writeBooleans(to body: ByteBuffer) {
        let flags = unsafe UnsafePointer(values.base.assumingMemoryBound(to: UInt8.self))
        for start in stride(from: 0, to: valueCount, by: 8) {
            var byte: UInt8 = 0
            for index in start..<min(start + 8, valueCount) {
                unsafe byte |= (flags[index] & 1) &<< UInt8(truncatingIfNeeded: index - start)
            }
            body.append(byte)
        }
    }

    private func write(_ levels: ByteBuffer, maximum: Int, to body: ByteBuffer) {
        let widened = ByteBuffer(capacity: levels.count * 4)
        let bytes = unsafe levels.bytes
        for index in 0..<bytes.count { widened.appendLittleEndian(UInt32(unsafe bytes[index])) }
        withLengthPrefix(body) {
            unsafe RunLengthEncoder.write(
                widened.base.assumingMemoryBound(to: UInt32.self),
                count: levels.count,
                bitWidth: RunLengthEncoder.bitWidth(of: maximum),
                to: body
            )
        }
    }

    private func withLengthPrefix(_ body: ByteBuffer, _ write: () -> Void) {
        let start = body.count
        body.appendLittleEndian(UInt32(0))
        write()
        let length = UInt32(body.count - start - 4)
        unsafe body.base.storeBytes(of: length.littleEndian, toByteOffset: start, as: UInt32.self)
    }
}
