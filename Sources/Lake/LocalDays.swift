import Foundation

/// The days of a time zone, as intervals of instants.
///
/// A day is what lies between two of its boundaries, and a boundary is the first instant whose local date is not
/// before that day: also where clocks jump over midnight.
public struct LocalDays: Sendable {
    private let zone: TimeZone
    /// Whether days are those of UTC, which no rule changes.
    public let isUTC: Bool

    private static let microsecondsPerSecond: Int64 = 1_000_000
    private static let secondsPerDay: Int64 = 86_400

    /// Takes the zone with this IANA name; `nil` if there is none.
    public init?(zoneName: String) {
        guard let zone = TimeZone(identifier: zoneName) else { return nil }
        self.zone = zone
        isUTC = ["UTC", "GMT", "Etc/UTC", "Etc/GMT", "Z", "Zulu", "Etc/Zulu"].contains(zoneName)
    }

    /// The day that holds an instant, and all instants of that day.
    ///
    /// - Parameter instant: Microseconds since 1970-01-01 UTC.
    /// - Returns: The instants of the day, without the last that 64 bits hold, and the day as a number counted from
    ///   1970-01-01.
    public func day(holding instant: Int64) -> (instants: Range<Int64>, day: Int) {
        let seconds = floor(instant, Self.microsecondsPerSecond)
        var day = floor(seconds + offset(at: seconds), Self.secondsPerDay)
        // Where the clock is put back over midnight the local date is not monotonic; the boundaries decide.
        while start(of: day) > instant { day -= 1 }
        var end = start(of: day + 1)
        // The last day that can be told ends where instants do.
        while end <= instant, end < .max {
            day += 1
            end = start(of: day + 1)
        }
        return (start(of: day)..<end, Int(day))
    }

    /// The first instant of a day, in microseconds since 1970-01-01 UTC.
    public func start(of day: Int) -> Int64 { start(of: Int64(day)) }

    private func start(of day: Int64) -> Int64 {
        let midnight = day * Self.secondsPerDay
        if isUTC { return saturating(midnight) }
        // No zone is further than 26 hours from UTC.
        var low = midnight - 26 * 3_600
        var high = midnight + 26 * 3_600
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if middle + offset(at: middle) >= midnight { high = middle } else { low = middle }
        }
        return saturating(high)
    }

    private func saturating(_ seconds: Int64) -> Int64 {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: Self.microsecondsPerSecond)
        guard overflow else { return product }
        return seconds < 0 ? .min : .max
    }

    private func offset(at seconds: Int64) -> Int64 {
        if isUTC { return 0 }
        return Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }

    private func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
