public import Bytes

/// Days and times as PostgreSQL counts and prints them (`datestyle` ISO).
public enum CalendarText {
    /// Days from 1970-01-01 to 2000-01-01, where PostgreSQL begins to count.
    public static let epochDays: Int32 = 10_957
    /// Microseconds from 1970-01-01 to 2000-01-01.
    public static let epochMicroseconds: Int64 = 946_684_800_000_000
    /// Microseconds of a day.
    public static let microsecondsPerDay: Int64 = 86_400_000_000

    /// Appends a date, given in days since 1970-01-01.
    public static func appendDate(_ days: Int, to out: ByteBuffer) {
        let (year, month, day) = civil(days)
        appendDate(year, month, day, to: out)
        if year <= 0 { out.append(Array(" BC".utf8)) }
    }

    /// Appends a timestamp, given in microseconds since 2000-01-01, with `+00` if it is one with time zone.
    public static func appendTimestamp(_ microseconds: Int64, isUTC: Bool, to out: ByteBuffer) {
        let (days, time) = microseconds.flooredDivision(by: microsecondsPerDay)
        appendTimestamp(days: Int(days) + Int(epochDays), time: time, isUTC: isUTC, to: out)
    }

    /// Appends a timestamp, given in microseconds since 1970-01-01, with `+00` if it is one with time zone.
    public static func appendTimestamp(sinceEpoch microseconds: Int64, isUTC: Bool, to out: ByteBuffer) {
        let (days, time) = microseconds.flooredDivision(by: microsecondsPerDay)
        appendTimestamp(days: Int(days), time: time, isUTC: isUTC, to: out)
    }

    /// Appends the time of a day, which is counted from 1970-01-01.
    private static func appendTimestamp(days: Int, time: Int64, isUTC: Bool, to out: ByteBuffer) {
        let (year, month, day) = civil(days)
        appendDate(year, month, day, to: out)
        out.append(UInt8(ascii: " "))
        appendTime(time, to: out)
        if isUTC {
            out.append(UInt8(ascii: "+"))
            append(0, width: 2, to: out)
        }
        if year <= 0 { out.append(Array(" BC".utf8)) }
    }

    /// Appends a time of day, given in microseconds since midnight.
    public static func appendTime(_ microseconds: Int64, to out: ByteBuffer) {
        let seconds = Int(microseconds / 1_000_000)
        var fraction = Int(microseconds % 1_000_000)
        append(seconds / 3_600, width: 2, to: out)
        out.append(UInt8(ascii: ":"))
        append(seconds / 60 % 60, width: 2, to: out)
        out.append(UInt8(ascii: ":"))
        append(seconds % 60, width: 2, to: out)
        guard fraction > 0 else { return }
        var width = 6
        while fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        out.append(UInt8(ascii: "."))
        append(fraction, width: width, to: out)
    }

    /// The year (0 is 1 BC), month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
    ///
    /// Counts in eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
    public static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The day, counted from 1970-01-01, of a date in the proleptic Gregorian calendar.
    public static func days(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func appendDate(_ year: Int, _ month: Int, _ day: Int, to out: ByteBuffer) {
        append(year > 0 ? year : 1 - year, width: 4, to: out)
        out.append(UInt8(ascii: "-"))
        append(month, width: 2, to: out)
        out.append(UInt8(ascii: "-"))
        append(day, width: 2, to: out)
    }

    private static func append(_ value: Int, width: Int, to out: ByteBuffer) {
        // What is no time of day may be below zero.
        if value < 0 { out.append(UInt8(ascii: "-")) }
        IntegerText.append(UInt64(value.magnitude), width: width, to: out)
    }
}

extension Int64 {
    /// The quotient rounded down, and a remainder that is never negative.
    @inlinable
    public func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
