/// Shows what a process does on one page for people, which needs no scripts and nothing from elsewhere.
public enum StatusPage {
    /// The format's media type.
    public static let contentType = "text/html; charset=utf-8"
    /// Tables on the page; of those beyond is said how many they are.
    static let tableLimit = 500
    /// After how many seconds a browser asks again.
    private static let refreshInterval = 10

    /// Writes the page.
    ///
    /// - Parameters:
    ///   - readings: The values of all metrics.
    ///   - report: Whether the process is ready.
    ///   - now: The present moment.
    /// - Returns: HTML.
    public static func html(_ readings: [MetricReading], _ report: ServiceHealth.Report, at now: UTCTime) -> String {
        let values = Values(readings)
        let state =
            report.reason.map { "<p class=\"bad\">Not ready: \(escaped($0))</p>" } ?? "<p class=\"good\">Ready</p>"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="refresh" content="\(refreshInterval)">
            <meta name="viewport" content="width=device-width">
            <title>\(report.isReady ? "" : "(!) ")Sluice</title>
            <style>\(style)</style>
            </head>
            <body>
            <h1>Sluice</h1>
            \(state)
            <table class="facts">
            \(facts(values).map { "<tr><th>\($0.name)</th><td>\($0.value)</td></tr>" }.joined(separator: "\n"))
            </table>
            \(tables(values))
            <p class="small">\(now). Sums are since the start of the process. <a href="metrics">All metrics</a></p>
            </body>
            </html>

            """
    }

    // MARK: - Parts

    private static func facts(_ values: Values) -> [(name: String, value: String)] {
        var facts: [(name: String, value: String)] = []
        func add(_ name: String, _ metric: Metric, _ text: (Double) -> String) {
            if let value = values[metric] { facts.append((name, text(value))) }
        }
        add("Connection", .connected) { connected in
            let lost = values[.reconnects].map { ", lost and tried again: \(count($0))" } ?? ""
            return (connected == 1 ? "streams" : "none") + lost
        }
        add("Behind", .lagBytes) { "\(bytes($0)), \(span(values[.lagSeconds] ?? 0))" }
        add("Last checkpoint", .checkpointAge) { "\(span($0)) ago" }
        add("Received", .receivedChanges) { "\(count($0)) changes" }
        add("Not flushed yet", .bufferedChanges) { "\(count($0)) changes, \(span(values[.unconfirmedAge] ?? 0))" }
        add("WAL kept for the slot", .retainedBytes) { retained in
            guard let safe = values[.safeBytes] else { return "\(bytes(retained)), without a limit" }
            let limit = max(retained + max(0, safe), 1)
            let meter = "<meter max=\"1\" high=\"0.5\" optimum=\"0\" value=\"\(min(1, retained / limit))\"></meter>"
            return "\(bytes(retained)) of \(bytes(limit)) \(meter)"
        }
        add("Log lines lost to CloudWatch", .droppedLogLines, count)
        add("Running for", .uptime, span)
        add("Memory", .residentBytes, bytes)
        return facts
    }

    private static func tables(_ values: Values) -> String {
        let columns: [(name: String, metric: Metric, text: (Double) -> String)] = [
            ("Rows exported", .exportedRows, count), ("Changes flushed", .flushedChanges, count),
            ("Rows rewritten", .rewrittenRows, count), ("Pending files", .pendingFiles, count),
            ("Pending", .pendingBytes, bytes), ("For", .pendingSeconds, span),
            ("Failed exports", .exportFailure, count),
            ("Failed rewrites", .rewriteFailures, count),
        ]
        let failures = [Metric.exportFailure.name, Metric.rewriteFailures.name]
        let names = values.labels(of: columns.map(\.metric))
        guard !names.isEmpty else { return "" }
        var lines = ["<table>", "<tr><th>Table</th>\(columns.map { "<th>\($0.name)</th>" }.joined())</tr>"]
        for name in names.prefix(tableLimit) {
            let cells = columns.map { column in
                let value = values[column.metric, name] ?? 0
                let mark = failures.contains(column.metric.name) && value > 0 ? " class=\"bad\"" : ""
                return "<td\(mark)>\(value == 0 ? "" : column.text(value))</td>"
            }
            lines.append("<tr><th>\(escaped(name))</th>\(cells.joined())</tr>")
        }
        lines.append("</table>")
        if names.count > tableLimit {
            lines.append("<p>and \(HumanUnits.count(names.count - tableLimit, of: "table")) more: see all metrics</p>")
        }
        return lines.joined(separator: "\n")
    }

    private static let style = """
        :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
        body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
        table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
        th, td { padding: .2rem .8rem; border-bottom: 1px solid #8884; text-align: right; white-space: nowrap }
        th:first-child, .facts td { text-align: left }
        .good { color: #2a8a3e } .bad { color: #c8321f; font-weight: 600 } .small { font-size: .85rem }
        """

    // MARK: - Texts

    private static func count(_ value: Double) -> String { HumanUnits.count(whole(value)) }
    private static func bytes(_ value: Double) -> String { HumanUnits.bytes(whole(value)) }
    private static func span(_ value: Double) -> String { HumanUnits.span(.seconds(whole(value))) }
    private static func whole(_ value: Double) -> Int { Int(exactly: value.rounded(.down)) ?? .max }

    /// The text as it is shown, whatever it holds.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in Escaping.printable(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Finds values by metric and table.
    private struct Values {
        private var byName: [String: [String: Double]] = [:]

        init(_ readings: [MetricReading]) {
            for reading in readings {
                for value in reading.values {
                    byName[reading.metric.name, default: [:]][value.labels.first ?? ""] = value.value
                }
            }
        }

        subscript(_ metric: Metric, _ label: String = "") -> Double? { byName[metric.name]?[label] }

        /// The labels that some of the metrics have values of, in the order of their bytes.
        func labels(of metrics: [Metric]) -> [String] {
            var labels: Set<String> = []
            for metric in metrics { labels.formUnion(byName[metric.name, default: [:]].keys) }
            return labels.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }
}
