import Telemetry

extension Backfill.Report {
    /// What there is to note of the run.
    var runOutcome: RunRecorder.Outcome {
        var outcome = RunRecorder.Outcome()
        outcome.failedTables = failedTables
        outcome.tables = summary.rows.map { row in
            var table = RunRecord.Table(row.table)
            table.rows = row.rows
            table.files = row.files
            table.bytes = row.bytes
            table.seconds = row.elapsed / .seconds(1)
            return table
        }
        return outcome
    }
}

extension Rewriting.Report {
    /// What there is to note of the run.
    var runOutcome: RunRecorder.Outcome {
        var outcome = RunRecorder.Outcome()
        outcome.changes = tables.reduce(0) { $0 + $1.changes }
        outcome.tables = tables.map { rewritten in
            var table = RunRecord.Table(rewritten.table)
            table.changes = rewritten.changes
            table.days = rewritten.writtenDays + rewritten.removedDays
            table.seconds = rewritten.elapsed / .seconds(1)
            return table
        }
        return outcome
    }
}

extension ValidationReport {
    /// What there is to note of the run.
    var runOutcome: RunRecorder.Outcome {
        let failures = findings.filter { $0.severity == .failure && !$0.isRepaired }
        var outcome = RunRecorder.Outcome()
        outcome.problem = failures.first { $0.table == nil }?.text
        outcome.failedTables = Set(failures.compactMap(\.table)).sorted()
        outcome.tables = tables.map { validated in
            var table = RunRecord.Table(validated.name)
            table.rows = validated.comparedRows ?? validated.rowCount
            table.days = validated.comparedDays
            table.files = validated.fileCount
            table.bytes = validated.byteCount
            let own = findings.filter { $0.table == validated.name }
            let repairedCount = own.count { $0.isRepaired }
            let failureCount = own.count { $0.severity == .failure && !$0.isRepaired }
            table.result =
                failureCount > 0 ? "\(failureCount) wrong" : repairedCount > 0 ? "\(repairedCount) repaired" : "ok"
            return table
        }
        return outcome
    }
}
