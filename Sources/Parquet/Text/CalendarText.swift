import Columnar

/// Days, times of day, instants and intervals as ISO 8601 text.
///
/// The calendar is the Gregorian one, also before it was introduced. Years have four digits; those before 0 and after
/// 9999 have a sign, and as many digits as they need. The year 0 is the one before 1 AD.
enum CalendarText {
    private static let secondsPerDay: Int64 = 86_400
    private static let nanosecondsPerDay: Int64 = 86_400_000_000_000
    /// The Julian day of 1970-01-01.
    private static let julianEpoch: Int64 = 2_440_588

    /// A day as `2026-11-22`, from days since 1970-01-01 that are few enough to be added to.
    static func date(_ day: Int64) -> String {
        // Years begin in March here, so that the leap day is a year's last. Eras are 400 years, which repeat.
        let shifted = day + 719_468
        let (era, dayOfEra) = floorDivided(shifted, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let sign = year < 0 ? "-" : year > 9_999 ? "+" : ""
        return "\(sign)\(digits(year, 4))-\(digits(month, 2))-\(digits(dayOfMonth, 2))"
    }

    /// A time of day as `10:15:30.123456`, with the decimals of the unit.
    static func time(_ count: Int64, _ unit: TimeUnit) -> String {
        let magnitude = Int64(clamping: count.magnitude)
        let (seconds, fraction) = magnitude.quotientAndRemainder(dividingBy: unit.countPerSecond)
        return (count < 0 ? "-" : "") + clock(seconds, fraction, unit)
    }

    /// An instant as `2026-11-22T10:15:30.123456`, with the decimals of the unit, and `Z` if it is in UTC.
    static func timestamp(_ count: Int64, _ unit: TimeUnit, isAdjustedToUTC: Bool) -> String {
        let (seconds, fraction) = floorDivided(count, by: unit.countPerSecond)
        let (day, secondOfDay) = floorDivided(seconds, by: secondsPerDay)
        let text = clock(secondOfDay, fraction, unit)
        return "\(date(day))T\(text)\(isAdjustedToUTC ? "Z" : "")"
    }

    /// An INT96 as `2026-11-22T10:15:30.123456789`; old writers do not say whether they mean UTC.
    static func timestamp(julianDay: Int32, nanoseconds: Int64) -> String {
        let (days, nanosecondOfDay) = floorDivided(nanoseconds, by: nanosecondsPerDay)
        let (seconds, fraction) = nanosecondOfDay.quotientAndRemainder(dividingBy: TimeUnit.nanoseconds.countPerSecond)
        return "\(date(Int64(julianDay) - julianEpoch + days))T\(clock(seconds, fraction, .nanoseconds))"
    }

    /// A duration as `P1M2DT3.004S`, without the parts that are zero.
    static func interval(months: UInt32, days: UInt32, milliseconds: UInt32) -> String {
        var text = "P"
        if months > 0 { text += "\(months)M" }
        if days > 0 { text += "\(days)D" }
        guard milliseconds > 0 || months == 0 && days == 0 else { return text }
        let (seconds, fraction) = Int64(milliseconds).quotientAndRemainder(dividingBy: 1_000)
        return text + "T\(seconds)" + (fraction > 0 ? ".\(digits(fraction, 3))" : "") + "S"
    }

    private static func clock(_ seconds: Int64, _ fraction: Int64, _ unit: TimeUnit) -> String {
        let (minutes, second) = seconds.quotientAndRemainder(dividingBy: 60)
        let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        return "\(digits(hour, 2)):\(digits(minute, 2)):\(digits(second, 2)).\(digits(fraction, unit.decimalCount))"
    }

    /// The greatest whole quotient that is not above the real one, and a remainder that is never negative.
    private static func floorDivided(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func digits(_ value: Int64, _ width: Int) -> String {
        let text = String(value.magnitude)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}

extension TimeUnit {
    fileprivate var countPerSecond: Int64 {
        switch self {
        case .milliseconds: 1_000
        case .microseconds: 1_000_000
        case .nanoseconds: 1_000_000_000
        }
    }

    fileprivate var decimalCount: Int {
        switch self {
        case .milliseconds: 3
        case .microseconds: 6
        case .nanoseconds: 9
        }
    }
}
