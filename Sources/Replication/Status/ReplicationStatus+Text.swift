import Lake
import Telemetry

extension ReplicationStatus: CustomStringConvertible {
    /// The status for people: slot, lake and tables, with a newline after each line.
    public var description: String {
        var parts = [slotText, lakeText]
        if !tables.isEmpty { parts.append(tableText) }
        if !problems.isEmpty { parts.append(problems.map { "! \(Escaping.printable($0))\n" }.joined()) }
        return parts.joined(separator: "\n")
    }

    private var slotText: String {
        var rows = [
            ["server", "PostgreSQL \(server.version)\(server.isStandby ? ", a standby" : ""), at \(server.position)"]
        ]
        if let slot {
            rows.append(["reader", slot.activePID.map { "server process \($0)" } ?? "nobody"])
            rows.append(["confirmed", slot.confirmed.map { "\($0)" } ?? "nothing"])
            if let lag = lagText { rows.append(["lag", lag]) }
            rows.append(["retained WAL", retainedText(of: slot)])
        } else {
            rows.append(["state", "missing"])
        }
        return "Slot \(Escaping.printable(slotName))\n\(TextTable(rows, indentation: 2))"
    }

    private var lagText: String? {
        guard let lag = lagByteCount else { return nil }
        guard lag > 0 else { return "none" }
        let age = lastCommitAge.map { "; the last commit in the lake was \(HumanUnits.span($0)) ago" } ?? ""
        return HumanUnits.bytes(lag) + age
    }

    private func retainedText(of slot: SlotReading) -> String {
        guard let retained = retainedByteCount else { return slot.walStatus }
        var text = "\(HumanUnits.bytes(retained)), \(slot.walStatus)"
        if let safe = slot.safeByteCount, let limit = server.keepLimit {
            // The server counts in whole segments, so that it may leave a little more than the limit.
            text += "; \(HumanUnits.bytes(max(0, min(safe, limit)))) left until the limit of \(HumanUnits.bytes(limit))"
        } else if server.keepLimit == nil {
            text += "; no limit"
        }
        return text
    }

    private var lakeText: String {
        var rows: [[String]] = []
        if let checkpoint {
            rows.append(["position", "\(checkpoint.position)"])
            rows.append(["last flush", flushText(of: checkpoint)])
            if let last = checkpoint.generations.last {
                let since = age(last.started).map { ", started \(HumanUnits.span($0)) ago" } ?? ""
                rows.append(["generation", "\(last.number), owner \(last.owner)\(since)"])
            }
        } else {
            rows.append(["checkpoint", "missing"])
        }
        return "Lake \(Escaping.printable(lakeName))\n\(TextTable(rows, indentation: 2))"
    }

    private func flushText(of checkpoint: Checkpoint) -> String {
        let age = age(checkpoint.updated).map { " (\(HumanUnits.span($0)) ago)" } ?? ""
        let count = checkpoint.files.count
        let files = count == 0 ? "no files yet" : count == 1 ? "1 file" : "\(HumanUnits.count(count)) files"
        return "\(checkpoint.updated)\(age), \(files)"
    }

    private var tableText: String {
        let header = ["table", "in the database", "loaded", "published", "rewritten to", "pending", "since"]
        let rows = tables.map { table in
            [
                table.name, table.source, table.snapshot == nil ? "no" : "yes", table.isPublished ? "yes" : "no",
                positionText(of: table), pendingText(of: table),
                rewriteLag(of: table).map { HumanUnits.span($0) } ?? "",
            ]
        }
        return "\(TextTable([header] + rows))"
    }

    private func positionText(of table: Table) -> String {
        guard let reading = table.rewriting else { return "" }
        return reading.position == .start ? "nothing yet" : "\(reading.position)"
    }

    private func pendingText(of table: Table) -> String {
        guard let reading = table.rewriting else { return "" }
        let count = reading.pendingFileCount
        guard count > 0 else { return "none" }
        let files = count == 1 ? "1 file" : "\(HumanUnits.count(count)) files"
        return "\(HumanUnits.bytes(reading.pendingByteCount)) in \(files)"
    }
}
