extension ValidationFinding.Kind {
    /// Whether reading all rows of a day tells more of it than its footer.
    var isOfRows: Bool { [.missing, .extra, .damaged, .uncompared].contains(self) }
}

extension ValidationFinding {
    /// What is known of a table after days of it were exported again, before their rows are compared once more.
    ///
    /// - Parameters:
    ///   - looked: What another look at the objects has found.
    ///   - exported: What was found of the days that were exported again.
    ///   - compared: What was found before, if rows were compared: of days that were not exported since it still holds.
    /// - Returns: The findings.
    static func list(
        _ looked: [ValidationFinding],
        sinceExporting exported: [ValidationFinding],
        compared: [ValidationFinding]?
    ) -> [ValidationFinding] {
        guard let compared else { return looked }
        let days = Set(exported.compactMap(\.day))
        func isExported(_ finding: ValidationFinding) -> Bool { finding.day.map { days.contains($0) } ?? false }
        // What the rows of other days were said to be is not said anew by their footers, unless they are damaged since.
        let new = looked.filter { finding in
            isExported(finding) || !finding.kind.isOfRows || finding.kind == .damaged
                || finding.kind == .missing && finding.day == nil && finding.severity == .failure
        }
        return new
            + compared.filter { finding in
                (finding.kind.isOfRows || finding.kind == .differs) && !isExported(finding) && !new.contains(finding)
            }
    }

    /// What was found of days that were exported again, marked as repaired where nothing is wrong with them any more.
    ///
    /// - Parameters:
    ///   - exported: What was found of them.
    ///   - now: What is found of the table by now.
    /// - Returns: What is repaired; and what is not known to be, as the table could not be looked at again.
    static func settled(_ exported: [ValidationFinding], by now: [ValidationFinding]) -> [ValidationFinding] {
        let failures = now.filter { $0.severity == .failure }
        let open = Set(failures.compactMap(\.day))
        let isUnknown = failures.contains { $0.day == nil && [.uncompared, .missing, .table].contains($0.kind) }
        return exported.filter { $0.day.map { !open.contains($0) } ?? false }.map { finding in
            var finding = finding
            finding.isRepaired = !isUnknown
            return finding
        }
    }
}
