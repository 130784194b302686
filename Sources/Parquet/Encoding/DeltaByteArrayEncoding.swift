import Bytes

/// Writes byte arrays whose lengths are differences; ``DeltaByteArrayDecoding`` has the grammar.
enum DeltaByteArrayEncoding {
    /// Appends `count` values, each of which lies after its length, in DELTA_LENGTH_BYTE_ARRAY.
    static func encodeLengths(_ values: UnsafeRawBufferPointer, count: Int, to out: ByteBuffer) {
        guard let start = values.baseAddress else { return unsafe encode(nil, count: 0, to: out) }
        let lengths = UnsafeMutablePointer<Int32>.allocate(capacity: count)
        defer { unsafe lengths.deallocate() }
        var position = unsafe start
        var sum = 0
        for index in 0..<count {
            let value = unsafe value(at: position, width: nil)
            unsafe lengths[index] = Int32(truncatingIfNeeded: value.count)
            sum &+= value.count
            unsafe position += 4 &+ value.count
        }
        unsafe encode(lengths, count: count, to: out)
        var target = unsafe out.reserve(sum)
        unsafe position = unsafe start
        for index in 0..<count {
            let length = unsafe Int(lengths[index])
            unsafe target.copyMemory(from: position + 4, byteCount: length)
            unsafe target += length
            unsafe position += 4 &+ length
        }
        out.advance(by: sum)
    }

    /// Appends `count` values, each of which lies after its length unless all have `width` bytes, in DELTA_BYTE_ARRAY.
    static func encodePrefixes(_ values: UnsafeRawBufferPointer, width: Int?, count: Int, to out: ByteBuffer) {
        guard let start = values.baseAddress else {
            unsafe encode(nil, count: 0, to: out)
            return unsafe encode(nil, count: 0, to: out)
        }
        // The prefixes, then the suffixes.
        let lengths = UnsafeMutablePointer<Int32>.allocate(capacity: count * 2)
        defer { unsafe lengths.deallocate() }
        let suffixes = unsafe lengths + count
        var position = unsafe start
        var former = unsafe UnsafeRawBufferPointer(start: start, count: 0)
        var sum = 0
        for index in 0..<count {
            let value = unsafe value(at: position, width: width)
            let shared = unsafe sharedPrefix(former, value)
            unsafe lengths[index] = Int32(truncatingIfNeeded: shared)
            unsafe suffixes[index] = Int32(truncatingIfNeeded: value.count &- shared)
            sum &+= value.count &- shared
            unsafe former = unsafe value
            unsafe position += value.count &+ (width == nil ? 4 : 0)
        }
        unsafe encode(lengths, count: count, to: out)
        unsafe encode(suffixes, count: count, to: out)
        var target = unsafe out.reserve(sum)
        unsafe position = unsafe start
        for index in 0..<count {
            let (shared, length) = unsafe (Int(lengths[index]), Int(suffixes[index]))
            unsafe position += shared &+ (width == nil ? 4 : 0)
            unsafe target.copyMemory(from: position, byteCount: length)
            unsafe target += length
            unsafe position += length
        }
        out.advance(by: sum)
    }

    private static func encode(_ lengths: UnsafePointer<Int32>?, count: Int, to out: ByteBuffer) {
        unsafe DeltaEncoding.encode(UnsafeRawBufferPointer(start: lengths, count: count * 4), to: out, as: Int32.self)
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
