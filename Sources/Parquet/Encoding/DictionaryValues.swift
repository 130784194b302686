package import Bytes
package import Columnar

/// The values of a dictionary page, looked up by their place in it.
package struct DictionaryValues {
    private let values: ByteBuffer
    private let physicalType: PhysicalType
    /// Where each value of variable width begins, `UInt32` each, and where the last one ends.
    private let offsets: ByteBuffer
    /// How many values there are.
    let count: Int

    /// Takes `count` values in the layout of a column; the buffer is not to change from then on.
    ///
    /// - Throws: ``ParquetReadError`` if the buffer does not hold so many values and nothing else.
    package init(_ values: ByteBuffer, physicalType: PhysicalType, count: Int) throws(ParquetReadError) {
        self.values = values
        self.physicalType = physicalType
        self.count = count
        offsets = ByteBuffer()
        guard count >= 0 else { throw ParquetReadError(.malformed, "A dictionary claims \(count) values.") }
        let byteCount: Int
        if let width = physicalType.byteWidth {
            byteCount = try PageLimit.byteCount(count, of: width)
        } else {
            byteCount = try Self.measure(values, count: count, offsets: offsets)
        }
        guard values.count == byteCount else {
            throw ParquetReadError(.malformed, "A dictionary of \(count) values has \(values.count) bytes.")
        }
    }

    /// Appends the value at each index.
    ///
    /// - Parameters:
    ///   - indexes: Places in the dictionary.
    ///   - limit: The bytes that the values may take.
    ///   - out: Takes the values.
    /// - Throws: ``ParquetReadError`` if an index is beyond the dictionary, or the values take more bytes; `out` is then
    ///   what it was.
    package func append(
        _ indexes: UnsafeBufferPointer<UInt32>,
        limit: Int = .max,
        into out: ByteBuffer
    ) throws(ParquetReadError) {
        var greatest: UInt32 = 0
        for place in 0..<indexes.count { unsafe greatest = max(greatest, indexes[place]) }
        guard indexes.count > 0 else { return }
        guard greatest < count else {
            throw ParquetReadError(.malformed, "A page wants value \(greatest) of a dictionary of \(count).")
        }
        if let width = physicalType.byteWidth { _ = try PageLimit.byteCount(indexes.count, of: width, within: limit) }
        switch physicalType.byteWidth {
        case nil: unsafe try appendVariable(indexes, limit: limit, into: out)
        case 1: unsafe try gather(indexes, into: out, as: UInt8.self)
        case 4: unsafe try gather(indexes, into: out, as: UInt32.self)
        case 8: unsafe try gather(indexes, into: out, as: UInt64.self)
        case 16: unsafe try gather(indexes, into: out, as: SIMD16<UInt8>.self)
        case let width?: unsafe try appendFixed(indexes, width: width, into: out)
        }
    }

    @inline(__always)
    private func gather<T: BitwiseCopyable>(
        _ indexes: UnsafeBufferPointer<UInt32>,
        into out: ByteBuffer,
        as type: T.Type
    ) throws(ParquetReadError) {
        let size = MemoryLayout<T>.size
        let byteCount = try PageLimit.byteCount(indexes.count, of: size)
        let target = unsafe out.reserve(byteCount)
        let base = unsafe UnsafeRawPointer(values.base)
        for position in 0..<indexes.count {
            let index = unsafe Int(indexes[position])
            let value = unsafe base.loadUnaligned(fromByteOffset: index &* size, as: T.self)
            unsafe target.storeBytes(of: value, toByteOffset: position &* size, as: T.self)
        }
        out.advance(by: byteCount)
    }

    private func appendFixed(
        _ indexes: UnsafeBufferPointer<UInt32>,
        width: Int,
        into out: ByteBuffer
    ) throws(ParquetReadError) {
        let byteCount = try PageLimit.byteCount(indexes.count, of: width)
        var target = unsafe out.reserve(byteCount)
        let base = unsafe values.base
        for place in 0..<indexes.count {
            let index = unsafe Int(indexes[place])
            unsafe target.copyMemory(from: base + index &* width, byteCount: width)
            unsafe target += width
        }
        out.advance(by: byteCount)
    }

    private func appendVariable(
        _ indexes: UnsafeBufferPointer<UInt32>,
        limit: Int,
        into out: ByteBuffer
    ) throws(ParquetReadError) {
        let offsets = unsafe offsets.base.assumingMemoryBound(to: UInt32.self)
        var sum = 0
        for place in 0..<indexes.count {
            let index = unsafe Int(indexes[place])
            unsafe sum &+= Int(offsets[index &+ 1] &- offsets[index])
        }
        let byteCount = try PageLimit.byteCount(sum, of: 1, within: limit)
        var target = unsafe out.reserve(byteCount)
        let base = unsafe values.base
        for place in 0..<indexes.count {
            let index = unsafe Int(indexes[place])
            let start = unsafe Int(offsets[index])
            let length = unsafe Int(offsets[index &+ 1]) &- start
            // Both buffers have slack for the last block.
            if length <= 64 {
                unsafe copyBlocks(from: base + start, to: target, byteCount: length)
            } else {
                unsafe target.copyMemory(from: base + start, byteCount: length)
            }
            unsafe target += length
        }
        out.advance(by: byteCount)
    }

    /// Notes where each value begins.
    ///
    /// - Returns: Where the last one ends.
    private static func measure(
        _ values: ByteBuffer,
        count: Int,
        offsets: ByteBuffer
    ) throws(ParquetReadError) -> Int {
        _ = try PageLimit.byteCount(values.count, of: 1)
        let bytes = unsafe values.bytes
        var position = 0
        // No more are noted than the bytes can hold.
        for index in 0..<count {
            offsets.appendLittleEndian(UInt32(truncatingIfNeeded: position))
            let available = bytes.count &- position
            var length = -1
            if available >= 4 {
                length = unsafe Int(
                    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
                )
            }
            guard length >= 0, length <= available &- 4 else {
                throw ParquetReadError(.truncated, "A dictionary ends within value \(index) of \(count).")
            }
            position &+= 4 &+ length
        }
        offsets.appendLittleEndian(UInt32(truncatingIfNeeded: position))
        return position
    }
}
