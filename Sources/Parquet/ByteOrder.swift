import Glibc

/// Whether two runs of bytes are the same.
@inline(__always)
func equalBytes(_ left: UnsafeRawPointer?, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
    guard let left = unsafe left, count > 0 else { return count == 0 }
    return unsafe memcmp(left, right, count) == 0
}

/// How two runs of unsigned bytes compare: negative, zero or positive.
func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let shared = min(left.count, right.count)
    if shared > 0, let leftStart = left.baseAddress, let rightStart = right.baseAddress {
        let order = unsafe memcmp(leftStart, rightStart, shared)
        if order != 0 { return Int(order) }
    }
    return left.count - right.count
}
