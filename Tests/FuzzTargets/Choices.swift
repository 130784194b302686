/// Where random tests take their decisions from: a seed, or a fuzzer's bytes and a seed once they are used up.
public struct Choices: RandomNumberGenerator {
    private var bytes: ArraySlice<UInt8>
    private var state: UInt64

    /// Decisions that follow from the seed.
    public init(seed: UInt64) {
        bytes = []
        state = seed
    }

    /// Decisions that the bytes name, one or two bytes each.
    public init(bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        state = 0
    }

    /// 64 bits of the seed, never of the bytes.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 on.
    public mutating func next(below bound: Int) -> Int {
        guard let first = bytes.popFirst() else { return Int(next() >> 1) % bound }
        guard bound > 256 else { return Int(first) % bound }
        return (Int(first) << 8 | Int(bytes.popFirst() ?? 0)) % bound
    }

    /// One of the elements, of which there is one at least.
    public mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[next(below: elements.count)]
    }

    /// Whether the one of so many cases is met.
    public mutating func isOne(of count: Int) -> Bool { next(below: count) == 0 }
}
