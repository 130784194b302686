import Replication
import Telemetry

/// What `sluice athena` prints.
enum AthenaReport {
    /// What was done, a line for each thing.
    static func text(_ changes: [CatalogChange]) -> String {
        var rows = [["what", "name", "result", "details"]]
        for change in changes {
            let (result, details): (String, String) =
                switch change.outcome {
                case .created: ("created", "")
                case .changed(let what): ("changed", what.joined(separator: ", "))
                case .unchanged: ("unchanged", "")
                case .left(let reason): ("none", reason)
                case .failed(let reason): ("failed", reason)
                }
            rows.append([change.kind.rawValue, change.name, result, details])
        }
        return "\(TextTable(rows))"
    }

    /// Fails if something could not be done.
    static func requireDone(_ changes: [CatalogChange]) throws(WorkFailure) {
        let failed = changes.filter { if case .failed = $0.outcome { true } else { false } }
        guard !failed.isEmpty else { return }
        throw WorkFailure(
            "not brought into the catalog: \(failed.map { "\($0.kind.rawValue) \($0.name)" }.joined(separator: ", ")); the "
                + "lines above say why"
        )
    }

    /// The rows of both sides, a line for each table.
    static func text(_ counts: [CatalogCount]) -> String {
        var rows = [["table", "lake", "Athena", "scanned", "result"]]
        for count in counts {
            let result =
                switch count.verdict {
                case .equal: "equal"
                case .differs: "differs"
                case .busy: "changed while it was counted; run it again when less is rewritten"
                case .failed(let reason): reason
                }
            rows.append([
                count.table, count.lakeRows.map { HumanUnits.count($0) } ?? "",
                count.athenaRows.map { HumanUnits.count($0) } ?? "", HumanUnits.bytes(count.scannedByteCount), result,
            ])
        }
        return "\(TextTable(rows, rightAligned: [1, 2, 3]))"
    }

    /// Fails if rows are missing on a side, or could not be counted.
    static func requireEqual(_ counts: [CatalogCount]) throws(WorkFailure) {
        var (different, uncounted): ([String], [String]) = ([], [])
        for count in counts {
            switch count.verdict {
            case .equal, .busy: break
            case .differs: different.append(count.table)
            case .failed: uncounted.append(count.table)
            }
        }
        var sentences: [String] = []
        if !different.isEmpty {
            sentences.append(
                "Athena does not find the rows of \(different.joined(separator: ", ")): run sluice athena repair, and see that "
                    + "no other files lie in their folders"
            )
        }
        if !uncounted.isEmpty {
            let names = uncounted.joined(separator: ", ")
            sentences.append("the rows of \(names) could not be counted; the lines above say why")
        }
        guard sentences.isEmpty else { throw WorkFailure(sentences.joined(separator: "; ")) }
    }
}
