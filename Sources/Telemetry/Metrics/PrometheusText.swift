/// Writes metrics as Prometheus reads them, in version 0.0.4 of its text format.
///
///     # HELP name one line, with \\ and \n escaped
///     # TYPE name counter
///     name{label="value, with \\, \" and \n escaped"} 12.5
public enum PrometheusText {
    /// The format's media type.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Writes all readings, one family after the other.
    public static func text(_ readings: [MetricReading]) -> String {
        var text = ""
        for reading in readings {
            let metric = reading.metric
            text += "# HELP \(metric.name) \(escaped(metric.help, quotes: false))\n"
            text += "# TYPE \(metric.name) \(metric.kind.rawValue)\n"
            for value in reading.values {
                text += "\(metric.name)\(labels(metric.labels, value.labels)) \(number(value.value))\n"
            }
        }
        return text
    }

    private static func labels(_ names: [String], _ values: [String]) -> String {
        guard !names.isEmpty else { return "" }
        let pairs = zip(names, values).map { "\($0)=\"\(escaped($1, quotes: true))\"" }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// A whole number without a point, as far as a Double is exact.
    private static func number(_ value: Double) -> String {
        if let whole = Int(exactly: value), whole.magnitude < 1 << 53 { return "\(whole)" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.isNaN ? "NaN" : "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
