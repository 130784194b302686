/// Reads dates and times as PostgreSQL prints them with `datestyle` ISO and the time zone UTC.
enum CalendarReading {
    /// Days since 2000-01-01; the extremes stand for infinity.
    static func date(_ text: Span<UInt8>) -> Int32? {
        if let sign = infinity(text) { return sign < 0 ? .min : .max }
        var position = 0
        guard let date = civil(text, &position) else { return nil }
        let isBC = takeEra(text, &position)
        guard position == text.count else { return nil }
        return Int32(exactly: days(date, isBC: isBC))
    }

    /// Microseconds since midnight.
    static func time(_ text: Span<UInt8>) -> Int64? {
        var position = 0
        guard let time = clock(text, &position), position == text.count else { return nil }
        return time
    }

    /// Microseconds since 2000-01-01; the extremes stand for infinity.
    static func timestamp(_ text: Span<UInt8>) -> Int64? {
        if let sign = infinity(text) { return sign < 0 ? .min : .max }
        var position = 0
        guard let date = civil(text, &position), take(UInt8(ascii: " "), text, &position),
            let time = clock(text, &position)
        else { return nil }
        if take(UInt8(ascii: "+"), text, &position) {
            guard digits(2, text, &position) == 0 else { return nil }
        }
        let isBC = takeEra(text, &position)
        guard position == text.count else { return nil }
        let (midnight, overflow) = Int64(days(date, isBC: isBC))
            .multipliedReportingOverflow(by: CalendarText.microsecondsPerDay)
        let (sum, carried) = midnight.addingReportingOverflow(time)
        return overflow || carried ? nil : sum
    }

    // MARK: - Parts

    private static func days(_ date: (year: Int, month: Int, day: Int), isBC: Bool) -> Int {
        // 1 BC is the year 0.
        let year = isBC ? 1 - date.year : date.year
        return CalendarText.days(year: year, month: date.month, day: date.day) - Int(CalendarText.epochDays)
    }

    private static func infinity(_ text: Span<UInt8>) -> Int? {
        let word: StaticString = "infinity"
        let start = text.count - word.utf8CodeUnitCount
        guard start == 0 || start == 1 && text[0] == UInt8(ascii: "-") else { return nil }
        for (index, byte) in "infinity".utf8.enumerated() where text[start + index] != byte { return nil }
        return start == 0 ? 1 : -1
    }

    private static func civil(_ text: Span<UInt8>, _ position: inout Int) -> (year: Int, month: Int, day: Int)? {
        var year = 0
        let start = position
        while position < text.count, position - start < 7, let digit = TextForm.decimalDigit(text[position]) {
            year = year * 10 + Int(digit)
            position += 1
        }
        guard position - start >= 4, take(UInt8(ascii: "-"), text, &position),
            let month = digits(2, text, &position), (1...12).contains(month), take(UInt8(ascii: "-"), text, &position),
            let day = digits(2, text, &position), (1...31).contains(day)
        else { return nil }
        return (year, month, day)
    }

    private static func clock(_ text: Span<UInt8>, _ position: inout Int) -> Int64? {
        guard let hour = digits(2, text, &position), take(UInt8(ascii: ":"), text, &position),
            let minute = digits(2, text, &position), take(UInt8(ascii: ":"), text, &position),
            let second = digits(2, text, &position)
        else { return nil }
        var fraction = 0
        if take(UInt8(ascii: "."), text, &position) {
            var width = 0
            while width < 6, position < text.count, let digit = TextForm.decimalDigit(text[position]) {
                fraction = fraction * 10 + Int(digit)
                width += 1
                position += 1
            }
            guard width > 0 else { return nil }
            for _ in width..<6 { fraction *= 10 }
        }
        let time = Int64(((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction)
        return minute < 60 && second < 60 && time <= CalendarText.microsecondsPerDay ? time : nil
    }

    private static func takeEra(_ text: Span<UInt8>, _ position: inout Int) -> Bool {
        guard text.count - position == 3, text[position] == UInt8(ascii: " "), text[position + 1] == UInt8(ascii: "B"),
            text[position + 2] == UInt8(ascii: "C")
        else { return false }
        position += 3
        return true
    }

    private static func take(_ byte: UInt8, _ text: Span<UInt8>, _ position: inout Int) -> Bool {
        guard position < text.count, text[position] == byte else { return false }
        position += 1
        return true
    }

    private static func digits(_ count: Int, _ text: Span<UInt8>, _ position: inout Int) -> Int? {
        guard position + count <= text.count else { return nil }
        var value = 0
        for index in position..<(position + count) {
            guard let digit = TextForm.decimalDigit(text[index]) else { return nil }
            value = value * 10 + Int(digit)
        }
        position += count
        return value
    }
}
