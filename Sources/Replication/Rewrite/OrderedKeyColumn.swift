import Glibc

/// The values that keys have in one column, in comparable form and one behind the other.
struct OrderedKeyColumn {
    private var bytes: [UInt8] = []
    /// Where each value ends.
    private var ends: [Int] = []
    private var isValue: [Bool] = []

    /// Prepares for so many keys.
    init(keyCount: Int) {
        bytes.reserveCapacity(keyCount * 8)
        ends.reserveCapacity(keyCount)
        isValue.reserveCapacity(keyCount)
    }

    /// Adds the value of the next key; nil for NULL and what cannot be compared.
    mutating func append(_ value: [UInt8]?) {
        if let value { bytes.append(contentsOf: value) }
        ends.append(bytes.count)
        isValue.append(value != nil)
    }

    /// Whether a key's value lies between two others or is one of them; nil if it has none.
    func lies(_ key: Int, from least: [UInt8], through greatest: [UInt8]) -> Bool? {
        guard isValue[key] else { return nil }
        let range = (key == 0 ? 0 : ends[key - 1])..<ends[key]
        return bytes.withUnsafeBytes { bytes in
            let value = UnsafeRawBufferPointer(rebasing: bytes[range])
            return least.withUnsafeBytes { Self.compare(value, $0) >= 0 }
                && greatest.withUnsafeBytes { Self.compare(value, $0) <= 0 }
        }
    }

    /// Below, at or above zero as the first value comes before, is or comes after the other.
    private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let count = min(left.count, right.count)
        if count > 0, let first = left.baseAddress, let second = right.baseAddress {
            let order = memcmp(first, second, count)
            if order != 0 { return Int(order) }
        }
        return left.count - right.count
    }
}
