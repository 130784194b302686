import Lake

extension ValidationRun {
    /// Exports the days again that differ, and looks at them once more; what cannot be exported is a finding.
    ///
    /// - Parameters:
    ///   - all: The tables.
    ///   - streams: The lake's streams of the database.
    ///   - tables: What the report says of them.
    ///   - findings: What was found of each.
    /// - Throws: ``ReplicationError`` if the run was cancelled.
    func repair(
        _ all: [ValidatedTable],
        _ streams: LakeStreams,
        _ tables: inout [ValidationReport.Table],
        _ findings: inout [[ValidationFinding]]
    ) throws {
        let work = ValidationRepair(request: request, streams: streams, logger: logger, control: control)
        var again: [(table: ValidatedTable, days: Set<CalendarDate?>?)] = []
        var before: [Int: [ValidationFinding]] = [:]
        var refusals: [Int: [ValidationFinding]] = [:]
        for (index, table) in all.enumerated() {
            let found = findings[index].filter(\.isRepairable)
            // What names no day is none, and never the whole table.
            let days = Set(RewriteState.days(named: found.compactMap(\.day)))
            guard !days.isEmpty else { continue }
            let outcome = try work.export(days, of: table)
            refusals[index] = outcome.reasons.map { reason in
                ValidationFinding(.failure, .repair, table: table.name, "days were not exported again: \(reason)")
            }
            guard !outcome.exported.isEmpty else { continue }
            let names = Set(outcome.exported.map { RewriteState.name(of: $0) })
            before[index] = found.filter { $0.day.map { names.contains($0) } ?? false }
            again.append((table, outcome.exported))
        }
        let patience = latePatience
        for (index, found) in before {
            let known = request.isDeep ? findings[index] : nil
            do {
                let looked = try check(all[index], &tables[index], patience)
                findings[index] = ValidationFinding.list(looked, sinceExporting: found, compared: known)
            } catch {
                guard !control.isCancelled else { throw ReplicationError.cancelled }
                let text = "it was not looked at again after days were exported: \(error)"
                findings[index].append(ValidationFinding(.failure, .uncompared, table: all[index].name, text))
            }
        }
        if request.isDeep, !again.isEmpty { try compare(again, streams, &tables, &findings) }
        for (index, found) in before { findings[index] += ValidationFinding.settled(found, by: findings[index]) }
        for (index, refusals) in refusals { findings[index] += refusals }
    }
}
