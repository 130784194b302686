import Logging

/// How far work has come at one moment, and how that is shown.
struct ProgressSnapshot: Sendable, Hashable {
    /// Rows done.
    var rows = 0
    /// Bytes done, as the work counts them.
    var bytes = 0
    /// Rows to be done, if that can be estimated.
    var expectedRows: Int?
    /// Time since the work began.
    var elapsed: Duration = .zero

    /// The part that is done, from 0 to 1; nil without an estimate, and once the estimate has proved too low.
    var fraction: Double? {
        guard let expectedRows, expectedRows > 0, rows <= expectedRows else { return nil }
        return Double(rows) / Double(expectedRows)
    }

    /// The time left if the pace stays the same.
    var timeLeft: Duration? {
        guard let fraction, rows > 0 else { return nil }
        return elapsed * ((1 - fraction) / fraction)
    }

    /// One line for a terminal, cut to its width.
    func terminalLine(label: String, width: Int) -> String {
        var parts = [label]
        if let fraction {
            let filled = Int(fraction * Double(Self.barWidth))
            let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: Self.barWidth - filled)
            parts.append("[\(bar)] \(Int(fraction * 100))%")
        }
        parts.append("\(HumanUnits.count(rows)) rows")
        if let rate = HumanUnits.rate(rows, in: elapsed) { parts.append("\(HumanUnits.count(rate)) rows/s") }
        parts.append(HumanUnits.bytes(bytes))
        parts.append(timeLeft.map { "ETA \(HumanUnits.clock($0))" } ?? HumanUnits.clock(elapsed))
        // The last column stays free: some terminals wrap as soon as it is filled.
        return String(parts.joined(separator: "  ").prefix(max(0, width - 1)))
    }

    /// The same as metadata of a log line.
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "rows": "\(rows)",
            "bytes": "\(bytes)",
            "elapsed": "\(HumanUnits.clock(elapsed))",
        ]
        if let rate = HumanUnits.rate(rows, in: elapsed) { metadata["rows_per_second"] = "\(rate)" }
        if let fraction { metadata["percent"] = "\(Int(fraction * 100))" }
        if let timeLeft { metadata["eta"] = "\(HumanUnits.clock(timeLeft))" }
        return metadata
    }

    private static let barWidth = 20
}
