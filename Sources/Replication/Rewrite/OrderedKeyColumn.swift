import Glibc

/// The values that keys have in one column, in comparable form and one behind the other, and the keys in their order.
struct OrderedKeyColumn {
    private var bytes: [UInt8] = []
    /// Where each value ends.
    private var ends: [Int] = []
    private var isValue: [Bool] = []
    /// The numbers of the keys by their values; those without one come last.
    private(set) var order: [Int32] = []
    /// For each key its place in ``order``.
    private(set) var ranks: [Int32] = []
    /// How many keys have a value.
    private(set) var valueCount = 0

    /// Prepares for so many keys.
    init(keyCount: Int) {
        bytes.reserveCapacity(keyCount * 8)
        ends.reserveCapacity(keyCount)
        isValue.reserveCapacity(keyCount)
    }

    /// Adds the value of the next key; nil for NULL and what cannot be compared.
    mutating func append(_ value: [UInt8]?) {
        if let value {
            bytes.append(contentsOf: value)
            valueCount += 1
        }
        ends.append(bytes.count)
        isValue.append(value != nil)
    }

    /// Brings the keys into order, once all are there.
    mutating func sort() {
        let keys = Int32(truncatingIfNeeded: ends.count)
        var order = (0..<keys).filter { isValue[Int($0)] }
        bytes.withUnsafeBytes { bytes in
            order.sort { left, right in
                let left = UnsafeRawBufferPointer(rebasing: bytes[range(of: Int(left))])
                return Self.compare(left, UnsafeRawBufferPointer(rebasing: bytes[range(of: Int(right))])) < 0
            }
        }
        order += (0..<keys).lazy.filter { !isValue[Int($0)] }
        self.order = order
        ranks = Array(repeating: 0, count: order.count)
        for (rank, key) in order.enumerated() { ranks[Int(key)] = Int32(truncatingIfNeeded: rank) }
    }

    /// Whether a key's value lies between two others or is one of them; nil if it has none.
    func lies(_ key: Int, from least: [UInt8], through greatest: [UInt8]) -> Bool? {
        guard isValue[key] else { return nil }
        return compare(key, least) >= 0 && compare(key, greatest) <= 0
    }

    /// The places in ``order`` of the values that lie between two others or are one of them.
    ///
    /// - Complexity: O(log *n*).
    func places(from least: [UInt8], through greatest: [UInt8]) -> Range<Int> {
        let start = firstPlace { compare($0, least) >= 0 }
        return start..<max(start, firstPlace { compare($0, greatest) > 0 })
    }

    /// The first place whose key, and with it those of all places behind it, is beyond something.
    private func firstPlace(_ isBeyond: (Int) -> Bool) -> Int {
        var (low, high) = (0, valueCount)
        while low < high {
            let middle = low + (high - low) / 2
            if isBeyond(Int(order[middle])) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func range(of key: Int) -> Range<Int> { (key == 0 ? 0 : ends[key - 1])..<ends[key] }

    private func compare(_ key: Int, _ bound: [UInt8]) -> Int {
        bytes.withUnsafeBytes { bytes in
            let value = UnsafeRawBufferPointer(rebasing: bytes[range(of: key)])
            return bound.withUnsafeBytes { Self.compare(value, $0) }
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
