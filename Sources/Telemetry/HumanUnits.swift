/// Writes numbers as people read them, the same in every locale.
public enum HumanUnits {
    /// A count with thousands set off by commas: `10,000`.
    public static func count(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A count with what is counted: `1 table`, `10,000 tables`.
    public static func count(_ value: Int, of thing: String) -> String {
        "\(count(value)) \(thing)\(value == 1 ? "" : "s")"
    }

    /// A size in powers of 1024 with one decimal: `512 B`, `1.2 MiB`.
    public static func bytes(_ value: Int) -> String {
        if value.magnitude < 1024 { return "\(value) B" }
        var size = Double(value) / 1024
        var units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][...]
        // 1023.95 would be printed as 1024.0 of the smaller unit.
        while units.count > 1 && abs(size) >= 1023.95 {
            size /= 1024
            units = units.dropFirst()
        }
        return "\(decimal(size, places: 1)) \(units[units.startIndex])"
    }

    /// Seconds with as many decimals as matter: `0.42`, `12.3`, `1,234`.
    public static func seconds(_ value: Duration) -> String {
        let seconds = value / .seconds(1)
        if abs(seconds) < 9.995 { return decimal(seconds, places: 2) }
        return abs(seconds) < 99.95 ? decimal(seconds, places: 1) : count(Int(seconds.rounded()))
    }

    /// Hours, minutes and seconds as a clock shows them: `0:12`, `1:02:03`.
    public static func clock(_ value: Duration) -> String {
        let (minutes, seconds) = Int((value / .seconds(1)).rounded()).quotientAndRemainder(dividingBy: 60)
        if minutes < 60 { return "\(minutes):\(twoDigits(seconds))" }
        return "\(minutes / 60):\(twoDigits(minutes % 60)):\(twoDigits(seconds))"
    }

    /// A time as people say it, rounded down: `12 s`, `42 min`, `3 h 5 min`, `4 days`.
    public static func span(_ value: Duration) -> String {
        let seconds = Int(max(.zero, value).components.seconds)
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
        if minutes == 0 { return "\(seconds) s" }
        if hours == 0 { return "\(minutes) min" }
        if days >= 2 { return "\(count(days)) days" }
        return minutes % 60 == 0 ? "\(hours) h" : "\(hours) h \(minutes % 60) min"
    }

    /// How many per second, or nil if no time has passed.
    public static func rate(_ value: Int, in duration: Duration) -> Int? {
        let seconds = duration / .seconds(1)
        guard seconds > 0 else { return nil }
        return Int(exactly: (Double(value) / seconds).rounded())
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    private static func decimal(_ value: Double, places: Int) -> String {
        let scale = places == 1 ? 10 : 100
        let (whole, fraction) = Int((abs(value) * Double(scale)).rounded()).quotientAndRemainder(dividingBy: scale)
        let digits = places == 1 ? "\(fraction)" : twoDigits(fraction)
        return "\(value < 0 ? "-" : "")\(whole).\(digits)"
    }
}
