/// The keys of a pass, each with a number, found by their bytes.
///
/// Keys are compared byte by byte: `String` would take keys for equal that PostgreSQL tells apart.
struct KeyTable {
    private static let emptySlot: Int32 = -1

    /// All keys, one behind the other.
    private var arena: [UInt8] = []
    /// Where each key ends.
    private var ends: [Int] = []
    private var hashes: [UInt64] = []
    /// Numbers of keys, by hash; at most half of the slots are taken.
    private var slots: [Int32]
    /// Differs from run to run, so that nobody can choose keys that collide.
    private let seed = UInt64.random(in: .min ... .max)

    /// The number of keys.
    var count: Int { ends.count }

    /// The bytes of memory held.
    var byteCount: Int { arena.capacity + ends.capacity * 16 + slots.capacity * 4 }

    init() {
        slots = Array(repeating: Self.emptySlot, count: 64)
    }

    /// The number of a key, which is added if it is new.
    mutating func insert(_ key: [UInt8]) -> (index: Int, isNew: Bool) {
        let hash = hash(of: key)
        if let index = find(key, hash) { return (index, false) }
        if (count + 1) * 2 > slots.count { grow() }
        let index = count
        arena.append(contentsOf: key)
        ends.append(arena.count)
        hashes.append(hash)
        place(index)
        return (index, true)
    }

    /// The number of a key, or nil if it is not there.
    func find(_ key: [UInt8]) -> Int? { find(key, hash(of: key)) }

    /// The bytes of a key.
    func bytes(of index: Int) -> ArraySlice<UInt8> { arena[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }

    private func find(_ key: [UInt8], _ hash: UInt64) -> Int? {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != Self.emptySlot {
            let index = Int(slots[slot])
            if hashes[index] == hash, isEqual(key, index) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func isEqual(_ key: [UInt8], _ index: Int) -> Bool {
        let start = index == 0 ? 0 : ends[index - 1]
        guard ends[index] - start == key.count else { return false }
        return arena.withUnsafeBytes { known in
            key.withUnsafeBytes { wanted in
                wanted.elementsEqual(UnsafeRawBufferPointer(rebasing: known[start..<start + key.count]))
            }
        }
    }

    private mutating func place(_ index: Int) {
        var slot = Int(truncatingIfNeeded: hashes[index]) & (slots.count - 1)
        while slots[slot] != Self.emptySlot { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(index)
    }

    private mutating func grow() {
        slots = Array(repeating: Self.emptySlot, count: slots.count * 2)
        for index in ends.indices { place(index) }
    }

    /// Eight bytes at a time: multiplied to 128 bits, of which both halves count.
    private func hash(of key: [UInt8]) -> UInt64 {
        key.withUnsafeBytes { bytes in
            var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
            var offset = 0
            while offset < bytes.count {
                var word: UInt64 = 0
                if offset + 8 <= bytes.count {
                    word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                } else {
                    for index in offset..<bytes.count { word = word << 8 | UInt64(bytes[index]) }
                }
                let product = (state ^ word).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
                state = product.high ^ product.low
                offset += 8
            }
            return state ^ state >> 32
        }
    }
}
