/// Lengths of time as settings write them: `500ms`, `60s`, `5m`, `2h`, `1d`.
enum DurationText {
    static let grammar = "a length of time like 60s or 5m"

    private static let units: [(suffix: String, duration: Duration)] = [
        ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3_600)),
        ("d", .seconds(86_400)),
    ]

    /// Reads a whole number with a unit; nil for anything else.
    static func parse(_ text: String) -> Duration? {
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
        let digits = text.dropLast(unit.suffix.utf8.count)
        guard (1...9).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let count = Int(digits)
        else { return nil }
        return unit.duration * count
    }

    /// Writes a length of time with the largest unit that divides it.
    static func text(_ duration: Duration) -> String {
        let milliseconds = Int((duration / .milliseconds(1)).rounded())
        for unit in units.reversed() {
            let length = Int((unit.duration / .milliseconds(1)).rounded())
            if milliseconds >= length, milliseconds.isMultiple(of: length) {
                return "\(milliseconds / length)\(unit.suffix)"
            }
        }
        return "\(milliseconds)ms"
    }
}
