/// The cell of a `numeric`, with a short cut for small ones.
@safe
struct DecimalCell {
    let bytes: UnsafeRawPointer
    let byteCount: Int

    /// The value times `10^scale` for up to three base-10,000 digits and a shift of at most 6, else `nil`.
    @inline(__always)
    func smallScaled(by scale: Int) -> Int64? {
        // digitCount, weight, sign and displayScale lie in the first eight bytes.
        let header = unsafe bytes.loadUnaligned(as: UInt64.self).bigEndian
        let digitCount = Int(truncatingIfNeeded: header >> 48)
        let sign = UInt16(truncatingIfNeeded: header >> 16)
        guard digitCount <= 3, byteCount == 8 &+ 2 &* digitCount, sign == 0 || sign == 0x4000 else { return nil }
        if digitCount == 0 { return 0 }
        let weight = Int(Int16(truncatingIfNeeded: header >> 32))
        let shift = 4 &* (weight &- digitCount &+ 1) &+ scale
        guard shift > -4, shift <= 6 else { return nil }
        var total: Int64 = 0
        for index in 0..<digitCount {
            let digit = unsafe UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 &+ index &* 2, as: UInt16.self))
            total = total &* 10_000 &+ Int64(digit)
        }
        if shift >= 0 {
            total = total &* tenToThe(shift)
        } else {
            let divisor = tenToThe(-shift)
            let (quotient, remainder) = total.quotientAndRemainder(dividingBy: divisor)
            guard remainder == 0 else { return nil }
            total = quotient
        }
        return sign == 0 ? total : -total
    }

    @inline(__always)
    private func tenToThe(_ power: Int) -> Int64 {
        switch power {
        case 0: 1
        case 1: 10
        case 2: 100
        case 3: 1_000
        case 4: 10_000
        case 5: 100_000
        default: 1_000_000
        }
    }
}
