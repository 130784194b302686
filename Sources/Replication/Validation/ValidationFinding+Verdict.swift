import Lake
import Telemetry

extension ValidationFinding {
    /// What the comparison of a table's rows has found.
    ///
    /// - Parameters:
    ///   - rounds: What came of the days.
    ///   - table: The table.
    ///   - isWhole: Whether all days were compared, also such as were not asked for: of a table without a stream those that
    ///     lie before the first or after the last that was exported need not be there.
    /// - Returns: What is not as it should be.
    static func list(_ rounds: ComparisonRounds, of table: ValidatedTable, isWhole: Bool) -> [ValidationFinding] {
        if let reason = rounds.failure {
            return [
                ValidationFinding(.failure, .uncompared, table: table.name, "the rows were not compared: \(reason)")
            ]
        }
        var verdicts = rounds.verdicts
        let exported = verdicts.filter { $0.value.outcome != .missing }.keys.compactMap(\.self)
        if table.stream == nil, isWhole, let first = exported.min(), let last = exported.max() {
            verdicts = verdicts.filter { day, verdict in
                verdict.outcome != .missing || day.map { $0 > first && $0 < last } ?? true
            }
        }
        return verdicts.compactMap { day, verdict in finding(verdict, of: day, table) }
    }

    private static func finding(
        _ verdict: DayVerdict,
        of day: CalendarDate?,
        _ table: ValidatedTable
    ) -> ValidationFinding? {
        func make(_ kind: Kind, _ text: String) -> ValidationFinding {
            var finding = ValidationFinding(
                .failure,
                kind,
                table: table.name,
                day: RewriteState.name(of: day),
                file: verdict.file,
                text
            )
            finding.lsn = verdict.lsn
            finding.databaseRows = verdict.databaseRowCount
            finding.lakeRows = verdict.lakeRowCount
            return finding
        }
        switch verdict.outcome {
        case .equal: return nil
        case .missing: return make(.missing, "the database has rows and the lake no object")
        case .damaged(let reason): return make(.damaged, reason)
        case .uncompared(let reason): return make(.uncompared, "the rows were not compared: \(reason)")
        case .differs(let difference):
            guard difference.databaseRowCount > 0 else {
                return make(.extra, "the lake has rows and the database none")
            }
            var found = make(.differs, text(of: difference))
            if !difference.hasOtherKeys { found.columns = difference.columns }
            return found
        }
    }

    private static func text(of difference: ChecksumDifference) -> String {
        let (database, lake) = (difference.databaseRowCount, difference.lakeRowCount)
        if database != lake {
            return "the database has \(HumanUnits.count(database, of: "row")) and the lake \(HumanUnits.count(lake))"
        }
        let rows = "of \(HumanUnits.count(database, of: "row")) on both sides"
        if difference.hasOtherKeys { return "\(rows) some are others" }
        let names = difference.columns.joined(separator: ", ")
        return "\(rows) some have other values in \(names)"
    }
}
