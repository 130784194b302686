import Replication
import Telemetry

/// What `sluice rewrite` prints.
enum RewriteReport {
    /// What was done, a line for each table.
    static func summary(_ report: Rewriting.Report) -> String {
        var rows = [
            [
                "table", "changes", "days", "removed", "inserted", "updated", "deleted", "row groups", "merged files",
                "seconds",
            ]
        ]
        for table in report.tables {
            rows.append([
                table.table, "\(table.changes)", "\(table.writtenDays)", "\(table.removedDays)",
                "\(table.insertedRows)",
                "\(table.updatedRows)", "\(table.deletedRows)", "\(table.encodedGroups)/\(table.groups)",
                table.mergedFiles == 0 ? "0" : "\(table.mergedFiles) -> \(table.mergedIntoFiles)",
                HumanUnits.seconds(table.elapsed),
            ])
        }
        let table = TextTable(rows, rightAligned: Set(1...9))
        return "\(table)\n" + usage(report)
    }

    /// What would be done, a line for each day.
    static func preview(_ report: Rewriting.Report) -> String {
        var rows = [["table", "day", "inserted", "updated", "deleted", "row groups", "to read", "to write", "copied"]]
        for table in report.tables {
            for day in table.preview {
                rows.append([
                    table.table, day.day, "\(day.insertedRows)", "\(day.updatedRows)", "\(day.deletedRows)",
                    "\(day.encodedGroups)/\(day.groups)", HumanUnits.bytes(day.readByteCount),
                    "~\(HumanUnits.bytes(day.writtenByteCount))", HumanUnits.bytes(day.copiedByteCount),
                ])
            }
        }
        guard rows.count > 1 else { return "nothing is pending\n" }
        return "\(TextTable(rows, rightAligned: Set(2...8)))\n"
    }

    private static func usage(_ report: Rewriting.Report) -> String {
        "\(report.requests) requests, \(HumanUnits.bytes(report.readBytes)) read, "
            + "\(HumanUnits.bytes(report.writtenBytes)) written, "
            + "\(HumanUnits.bytes(report.copiedBytes)) copied by the store\n"
    }
}
