import Glibc

/// An instant to the millisecond, printed as `2026-11-22T10:00:00.123Z`.
public struct UTCTime: Sendable, Hashable, CustomStringConvertible {
    /// Counted from 1970-01-01T00:00:00Z.
    public let millisecondsSinceEpoch: Int

    /// Counts from 1970-01-01T00:00:00Z.
    public init(millisecondsSinceEpoch: Int) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// The time of the system's clock.
    ///
    /// The C function is `clock_gettime`.
    public static var now: UTCTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UTCTime(millisecondsSinceEpoch: time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    }

    /// ISO 8601 in UTC with milliseconds.
    public var description: String {
        let (whole, fraction) = millisecondsSinceEpoch.quotientAndRemainder(dividingBy: 1000)
        var seconds = fraction < 0 ? whole - 1 : whole
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(parts.tm_mon + 1))-\(digits(parts.tm_mday))"
        let clock = "\(digits(parts.tm_hour)):\(digits(parts.tm_min)):\(digits(parts.tm_sec))"
        return "\(date)T\(clock).\(digits((fraction + 1000) % 1000, 3))Z"
    }

    private func digits(_ value: Int32) -> String { digits(Int(value), 2) }

    private func digits(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
