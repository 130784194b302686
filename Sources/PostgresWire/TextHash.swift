/// The hash that PostgreSQL's `hashtextextended` takes of a text's bytes.
///
/// Bob Jenkins's lookup3 with a seed of 64 bits, as the server of a little-endian machine computes it (PostgreSQL source,
/// `hash_bytes_extended`; since release 11). Texts have a collation there, which changes nothing where it is `"C"`.
public enum TextHash {
    /// The hash of some bytes.
    ///
    /// - Parameters:
    ///   - bytes: Of a text in the encoding of the database.
    ///   - seed: What makes hashes of the same bytes differ; 0 is what `hashtext` takes for the lower half.
    /// - Returns: The bits of the server's `bigint`.
    public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var state = State(length: bytes.count, seed: seed)
        guard let base = bytes.baseAddress else { return state.finish() }
        var rest = bytes.count
        var place = unsafe base
        while rest >= 12 {
            unsafe state.add(word(place), word(place + 4), word(place + 8))
            state.mix()
            unsafe place += 12
            rest -= 12
        }
        // The lowest byte of the third word stands for the length, which is in the state already.
        switch rest {
        case 9...: unsafe state.add(word(place), word(place + 4), partialWord(place + 8, rest - 8) &<< 8)
        case 8: unsafe state.add(word(place), word(place + 4), 0)
        case 5...: unsafe state.add(word(place), partialWord(place + 4, rest - 4), 0)
        case 4: unsafe state.add(word(place), 0, 0)
        case 1...: unsafe state.add(partialWord(place, rest), 0, 0)
        default: break
        }
        return state.finish()
    }

    private static func word(_ place: UnsafeRawPointer) -> UInt32 {
        unsafe UInt32(littleEndian: place.loadUnaligned(as: UInt32.self))
    }

    /// One to three bytes, the first one lowest.
    private static func partialWord(_ place: UnsafeRawPointer, _ count: Int) -> UInt32 {
        var word = unsafe UInt32(place.load(as: UInt8.self))
        if count > 1 { unsafe word |= UInt32(place.load(fromByteOffset: 1, as: UInt8.self)) &<< 8 }
        if count > 2 { unsafe word |= UInt32(place.load(fromByteOffset: 2, as: UInt8.self)) &<< 16 }
        return word
    }

    /// The three words that the algorithm stirs.
    private struct State {
        private var a: UInt32
        private var b: UInt32
        private var c: UInt32

        init(length: Int, seed: UInt64) {
            let start = 0x9e37_79b9 &+ UInt32(truncatingIfNeeded: length) &+ 3_923_095
            (a, b, c) = (start, start, start)
            guard seed != 0 else { return }
            add(UInt32(truncatingIfNeeded: seed >> 32), UInt32(truncatingIfNeeded: seed), 0)
            mix()
        }

        mutating func add(_ first: UInt32, _ second: UInt32, _ third: UInt32) {
            a &+= first
            b &+= second
            c &+= third
        }

        mutating func mix() {
            Self.stir(&a, &c, &b, 4)
            Self.stir(&b, &a, &c, 6)
            Self.stir(&c, &b, &a, 8)
            Self.stir(&a, &c, &b, 16)
            Self.stir(&b, &a, &c, 19)
            Self.stir(&c, &b, &a, 4)
        }

        mutating func finish() -> UInt64 {
            Self.settle(&c, b, 14)
            Self.settle(&a, c, 11)
            Self.settle(&b, a, 25)
            Self.settle(&c, b, 16)
            Self.settle(&a, c, 4)
            Self.settle(&b, a, 14)
            Self.settle(&c, b, 24)
            return UInt64(b) &<< 32 | UInt64(c)
        }

        private static func stir(_ x: inout UInt32, _ y: inout UInt32, _ z: inout UInt32, _ count: UInt32) {
            x &-= y
            x ^= rotated(y, count)
            y &+= z
        }

        private static func settle(_ x: inout UInt32, _ y: UInt32, _ count: UInt32) {
            x = (x ^ y) &- rotated(y, count)
        }

        private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
            word &<< count | word &>> (32 &- count)
        }
    }
}
