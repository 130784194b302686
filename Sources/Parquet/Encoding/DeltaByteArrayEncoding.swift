import Bytes

/// Writes byte arrays whose lengths are differences; ``DeltaByteArrayDecoding`` has the grammar.
enum DeltaByteArrayEncoding {
    /// Appends `count` values, each of which lies after its length, in DELTA_LENGTH_BYTE_ARRAY.
    static func encodeLengths(_ values: UnsafeRawPointer, count: Int, to out: ByteBuffer) {
        let lengths = ByteBuffer(capacity: count * 4)
        let bytes = ByteBuffer()
        var position = unsafe values
        for _ in 0..<count {
            let value = unsafe value(at: position, width: nil)
            lengths.appendLittleEndian(UInt32(truncatingIfNeeded: value.count))
            unsafe bytes.append(value)
            unsafe position += 4 &+ value.count
        }
        unsafe DeltaEncoding.encode(lengths.base, count: count, to: out, as: Int32.self)
        unsafe out.append(bytes.bytes)
    }

    /// Appends `count` values, each of which lies after its length unless all have `width` bytes, in DELTA_BYTE_ARRAY.
    static func encodePrefixes(_ values: UnsafeRawPointer, width: Int?, count: Int, to out: ByteBuffer) {
        let prefixes = ByteBuffer(capacity: count * 4)
        let lengths = ByteBuffer(capacity: count * 4)
        let bytes = ByteBuffer()
        var position = unsafe values
        var former = unsafe UnsafeRawBufferPointer(start: values, count: 0)
        for _ in 0..<count {
            let value = unsafe value(at: position, width: width)
            let shared = unsafe sharedPrefix(former, value)
            prefixes.appendLittleEndian(UInt32(truncatingIfNeeded: shared))
            lengths.appendLittleEndian(UInt32(truncatingIfNeeded: value.count &- shared))
            unsafe bytes.append(UnsafeRawBufferPointer(rebasing: value[shared...]))
            unsafe former = unsafe value
            unsafe position += value.count &+ (width == nil ? 4 : 0)
        }
        unsafe DeltaEncoding.encode(prefixes.base, count: count, to: out, as: Int32.self)
        unsafe DeltaEncoding.encode(lengths.base, count: count, to: out, as: Int32.self)
        unsafe out.append(bytes.bytes)
    }

    @inline(__always)
    private static func value(at position: UnsafeRawPointer, width: Int?) -> UnsafeRawBufferPointer {
        if let width { return unsafe UnsafeRawBufferPointer(start: position, count: width) }
        let length = unsafe Int(UInt32(littleEndian: position.loadUnaligned(as: UInt32.self)))
        return unsafe UnsafeRawBufferPointer(start: position + 4, count: length)
    }

    /// How many bytes both begin with.
    private static func sharedPrefix(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let limit = min(left.count, right.count)
        var shared = 0
        while shared &+ 8 <= limit {
            let difference =
                unsafe UInt64(littleEndian: left.loadUnaligned(fromByteOffset: shared, as: UInt64.self))
                ^ UInt64(littleEndian: right.loadUnaligned(fromByteOffset: shared, as: UInt64.self))
            if difference != 0 { return shared &+ difference.trailingZeroBitCount >> 3 }
            shared &+= 8
        }
        while shared < limit, unsafe left[shared] == right[shared] { shared &+= 1 }
        return shared
    }
}
