import Glibc

/// A moment in whole seconds since 1970, in the forms that AWS writes.
public struct Timestamp: Hashable, Sendable {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    public let seconds: Int64

    /// Makes a moment.
    public init(seconds: Int64) {
        self.seconds = seconds
    }

    /// This machine's idea of now.
    ///
    /// The corresponding C function is `clock_gettime`.
    public static var now: Timestamp {
        var time = timespec()
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec))
    }

    /// `20150830T123600Z`.
    public var compact: String {
        let (year, month, day) = civil
        let second = Int(seconds - dayNumber * 86_400)
        return padded(year, 4) + padded(month, 2) + padded(day, 2) + "T"
            + padded(second / 3600, 2) + padded(second / 60 % 60, 2) + padded(second % 60, 2) + "Z"
    }

    /// `2015-08-30T12:36:00Z`.
    var extended: String {
        let text = compact
        let date = [text.prefix(4), text.dropFirst(4).prefix(2), text.dropFirst(6).prefix(2)].joined(separator: "-")
        let time = [text.dropFirst(9).prefix(2), text.dropFirst(11).prefix(2), text.dropFirst(13).prefix(2)]
        return "\(date)T\(time.joined(separator: ":"))Z"
    }

    /// Reads a `Date` header: `Fri, 24 May 2013 00:00:00 GMT`; nil for any other form.
    public init?(httpDate text: String) {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT" else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int($0) }
        guard let day = Int(words[1]), let year = Int(words[3]),
            let month = Self.months.firstIndex(of: String(words[2])),
            clock.count == 3
        else { return nil }
        self.init(year: year, month: month + 1, day: day, hour: clock[0], minute: clock[1], second: clock[2])
    }

    init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        // Days from 1970, counted in years that begin in March so that the leap day is the last.
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        seconds = Int64(days * 86_400 + hour * 3600 + minute * 60 + second)
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Days since 1970, rounded towards the past.
    private var dayNumber: Int64 { seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400 }

    /// The inverse of the count above, by eras of 400 years.
    private var civil: (year: Int, month: Int, day: Int) {
        let shifted = Int(dayNumber) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
