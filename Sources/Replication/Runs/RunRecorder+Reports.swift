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
