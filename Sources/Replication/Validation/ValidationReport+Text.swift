import Telemetry

extension ValidationReport: CustomStringConvertible {
    /// Days that are named in a line.
    private static let shownDays = 6
    private static let shownLines = 200

    /// The report for people: the tables, what was found, and what to do.
    public var description: String {
        var parts: [String] = []
        if !tables.isEmpty { parts.append("\(tableText)") }
        if !findings.isEmpty { parts.append("\(findingText)") }
        parts.append(conclusion + "\n")
        return parts.joined(separator: "\n")
    }

    private var tableText: TextTable {
        var rows = [["table", "days", "rows", "size"] + (isDeep ? ["compared"] : []) + ["result"]]
        for table in tables {
            let compared = table.comparedDays.map { HumanUnits.count($0, of: "day") } ?? ""
            rows.append(
                [
                    table.name, HumanUnits.count(table.fileCount), HumanUnits.count(table.rowCount),
                    HumanUnits.bytes(table.byteCount),
                ] + (isDeep ? [compared] : []) + [result(of: table)]
            )
        }
        return TextTable(rows, rightAligned: isDeep ? [1, 2, 3, 4] : [1, 2, 3])
    }

    /// What came of a table, in a few words.
    func result(of table: Table) -> String {
        let own = findings.filter { $0.table == table.name }
        let failures = own.count { $0.severity == .failure && !$0.isRepaired }
        let repaired = own.count { $0.isRepaired }
        let warnings = own.count { $0.severity == .warning }
        var words: [String] = []
        if failures > 0 { words.append("FAILED (\(HumanUnits.count(failures)))") }
        if repaired > 0 { words.append("repaired (\(HumanUnits.count(repaired)))") }
        if warnings > 0 { words.append(HumanUnits.count(warnings, of: "warning")) }
        return words.isEmpty ? "ok" : words.joined(separator: ", ")
    }

    // MARK: - Findings

    /// What is said of several days of a table at once.
    private struct Line {
        var first: ValidationFinding
        var days: [String] = []

        func isSame(as finding: ValidationFinding) -> Bool {
            first.severity == finding.severity && first.kind == finding.kind && first.table == finding.table
                && first.text == finding.text && first.isRepaired == finding.isRepaired
        }
    }

    private var findingText: TextTable {
        var lines: [Line] = []
        for finding in findings {
            let known = lines.lastIndex { $0.isSame(as: finding) }
            if known == nil { lines.append(Line(first: finding)) }
            if let day = finding.day { lines[known ?? lines.count - 1].days.append(day) }
        }
        let shown = lines.prefix(Self.shownLines)
        let rest = lines.count - shown.count
        return TextTable(
            shown.map { line in
                let severity = line.first.isRepaired ? "fixed" : line.first.severity == .failure ? "FAIL" : "warn"
                return [severity, line.first.subject, daysText(line.days), text(of: line)]
            } + (rest > 0 ? [["", "", "", "and \(HumanUnits.count(rest)) more, all of which --json lists"]] : [])
        )
    }

    private func daysText(_ days: [String]) -> String {
        guard days.count > 1 else { return days.first ?? "" }
        return "\(days[0]) and \(HumanUnits.count(days.count - 1)) more"
    }

    private func text(of line: Line) -> String {
        guard line.days.count > 1 else { return line.first.text + place(of: line.first) }
        let shown = line.days.dropFirst().prefix(Self.shownDays - 1).joined(separator: ", ")
        let rest = line.days.count - Self.shownDays
        return "\(line.first.text) (also \(shown)\(rest > 0 ? ", …" : ""))"
    }

    /// Where rows differ: the object, and the last change that it holds.
    private func place(of finding: ValidationFinding) -> String {
        guard let file = finding.file else { return "" }
        switch finding.kind {
        case .missing: return finding.databaseRows.map { " (\(HumanUnits.count($0, of: "row")))" } ?? ""
        case .extra: return finding.lakeRows.map { " (\(HumanUnits.count($0, of: "row")), \(file))" } ?? ""
        case .differs: return " (\(file)\(finding.lsn.map { ", at \($0)" } ?? ""))"
        default: return ""
        }
    }

    // MARK: - What to do

    /// The last line.
    public var conclusion: String {
        let open = findings.filter { $0.severity == .failure && !$0.isRepaired }
        let warnings = findings.count { $0.severity == .warning }
        let rows = tables.reduce(0) { $0 + $1.rowCount }
        let days = tables.reduce(0) { $0 + $1.fileCount }
        let figures =
            "\(HumanUnits.count(tables.count, of: "table")), \(HumanUnits.count(days, of: "day")), "
            + HumanUnits.count(rows, of: "row")
        guard open.isEmpty else { return remedy(for: open) }
        let repaired = findings.count { $0.isRepaired }
        let after = repaired > 0 ? " after \(HumanUnits.count(repaired, of: "day")) exported again" : ""
        // Such as days after the last that was exported.
        let hasGaps = findings.contains { $0.severity == .warning && [.missing, .extra].contains($0.kind) }
        let rest = hasGaps ? " but for what the warnings name" : ""
        let outcome =
            isDeep
            ? "database and lake agree\(rest)\(after)"
            : "nothing is missing\(rest)\(after); --deep compares the rows as well"
        return "\(figures): \(outcome)" + (warnings > 0 ? " (\(HumanUnits.count(warnings, of: "warning")))" : "")
    }

    private func remedy(for open: [ValidationFinding]) -> String {
        let repairable = open.filter(\.isRepairable)
        let uncompared = open.count { $0.kind == .uncompared }
        var words = ["\(HumanUnits.count(open.count, of: "failure"))"]
        if !repairable.isEmpty {
            let days = HumanUnits.count(repairable.count, of: "day")
            let isRefused = open.contains { $0.kind == .repair }
            let cause =
                isRefused
                ? "the lines above say why" : "look at the table's settings and at the log of sluice replicate"
            words.append(
                repairs
                    ? "\(days) still not right after the repair: \(cause)"
                    : "run the same command with --repair, which exports \(days) again"
            )
        }
        if uncompared > 0 {
            words.append("\(HumanUnits.count(uncompared)) could not be compared, for the reasons above")
        }
        if repairable.isEmpty, uncompared == 0 { words.append("the lines above say what to do") }
        return words.joined(separator: "; ")
    }
}
