/// A day of the proleptic Gregorian calendar, which PostgreSQL and Parquet both count by.
public struct CalendarDate: Sendable, Hashable {
    /// Days since 1970-01-01, as Parquet's DATE stores them.
    public let daysSinceEpoch: Int32

    /// The last year that PostgreSQL's dates reach.
    private static let lastYear = 5_874_897

    /// Names the day that many days after 1970-01-01.
    public init(daysSinceEpoch: Int32) {
        self.daysSinceEpoch = daysSinceEpoch
    }

    /// Names a day by its parts, or returns nil if the calendar has no such day or PostgreSQL no such year.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...Self.lastYear).contains(year), (1...12).contains(month), day >= 1 else { return nil }
        guard day <= Self.dayCount(year: year, month: month) else { return nil }
        // Years begin in March here, so that the leap day is the last of its year.
        let shiftedYear = month > 2 ? year : year - 1
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        daysSinceEpoch = Int32(era * 146_097 + dayOfEra - 719_468)
    }

    /// Reads `YYYY-MM-DD`, or returns nil if the text has another form or the calendar no such day.
    ///
    /// Years from 10000 on have as many digits as they need.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (10...13).contains(bytes.count) else { return nil }
        let end = bytes.count - 6
        guard bytes[end] == UInt8(ascii: "-"), bytes[end + 3] == UInt8(ascii: "-") else { return nil }
        guard end == 4 || bytes[0] != UInt8(ascii: "0"), let year = Self.number(bytes[..<end]),
            let month = Self.number(bytes[(end + 1)..<(end + 3)]), let day = Self.number(bytes[(end + 4)...])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Year, month and day; the year is 0 for 1 BC and negative before.
    public var parts: (year: Int, month: Int, day: Int) {
        let shifted = Int(daysSinceEpoch) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The day that many days later, or earlier if negative.
    public func advanced(by days: Int32) -> CalendarDate {
        CalendarDate(daysSinceEpoch: daysSinceEpoch + days)
    }

    private static func dayCount(year: Int, month: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}

extension CalendarDate: Comparable, CustomStringConvertible {
    /// Orders by time.
    public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        left.daysSinceEpoch < right.daysSinceEpoch
    }

    /// The day as `YYYY-MM-DD`.
    public var description: String {
        let (year, month, day) = parts
        return "\(Self.padded(year, to: 4))-\(Self.padded(month, to: 2))-\(Self.padded(day, to: 2))"
    }

    private static func padded(_ value: Int, to width: Int) -> String {
        let digits = String(value.magnitude)
        return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
