/// A position in the write-ahead log, in bytes.
public struct LSN: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Bytes since the log's beginning.
    public let rawValue: UInt64

    /// Names the position after so many bytes.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Reads `16/B374D848`, the form that PostgreSQL prints; `nil` for any other.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let high = Self.half(parts[0]), let low = Self.half(parts[1]) else { return nil }
        rawValue = UInt64(high) << 32 | UInt64(low)
    }

    /// The form that PostgreSQL prints.
    public var description: String {
        String(rawValue >> 32, radix: 16, uppercase: true) + "/"
            + String(rawValue & 0xffff_ffff, radix: 16, uppercase: true)
    }

    /// 16 digits, which sort as the positions do.
    public var padded: String {
        let digits = String(rawValue, radix: 16, uppercase: true)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Orders positions as they follow one another in the log.
    public static func < (left: LSN, right: LSN) -> Bool { left.rawValue < right.rawValue }

    private static func half(_ digits: some StringProtocol) -> UInt32? {
        guard (1...8).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
        else { return nil }
        return UInt32(digits, radix: 16)
    }
}
