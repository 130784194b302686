extension Timestamp {
    /// Reads a date and time of ISO 8601, as answers and files of AWS have them; nil for any other text.
    ///
    ///     2026-11-23T22:38:45Z   2026-11-23T22:38:45.000Z   2026-11-23T22:38:45+01:00   2026-11-23T22:38:45UTC
    ///
    /// The fraction is dropped.
    public init?(iso8601 text: String) {
        let bytes = Array(text.utf8)
        guard (20...40).contains(bytes.count), bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":")
        else { return nil }
        var zone = 19
        if bytes[zone] == UInt8(ascii: ".") {
            zone += 1
            while zone < bytes.count, Self.digit(bytes[zone]) != nil { zone += 1 }
            guard zone > 20 else { return nil }
        }
        guard let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), let hour = Self.number(bytes[11..<13]),
            let minute = Self.number(bytes[14..<16]), let second = Self.number(bytes[17..<19]),
            let offset = Self.offset(bytes[zone...]),
            let local = Timestamp(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        self.init(seconds: local.seconds - Int64(offset))
    }

    /// Seconds east of Greenwich: `Z`, `UTC`, `+01:00`, `-0330`.
    private static func offset(_ zone: ArraySlice<UInt8>) -> Int? {
        if zone.elementsEqual("Z".utf8) || zone.elementsEqual("UTC".utf8) { return 0 }
        guard let sign = zone.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        let digits = zone.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard digits.count == 4, let hours = number(digits[..<2]), let minutes = number(digits[2...]), hours < 24,
            minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * 60 * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var number = 0
        for byte in digits {
            guard let digit = digit(byte) else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    private static func digit(_ byte: UInt8) -> Int? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
    }
}
