import Lake
import Telemetry

extension ReplicationStatus {
    private static let startAnew = "run sluice drop, then sluice replicate, which loads all tables again"

    /// What is not as it should be, each with the remedy; the worst first.
    var problems: [String] {
        slotProblems + checkpointProblems + publicationProblems + walProblems + rewriteProblems
    }

    /// The problems after which nothing streams until somebody acts: changes are missing, or would be.
    var breaks: [String] { (slotBreak.map { [$0] } ?? []) + (checkpoint == nil ? [] : checkpointProblems) }

    private var slotBreak: String? {
        guard let slot else {
            return checkpoint.map { checkpoint in
                "slot \(slotName) is gone, but the lake has its changes up to \(checkpoint.position): what came after is "
                    + "missing; \(Self.startAnew)"
            }
        }
        if let kind = slot.foreignKind {
            return "slot \(slotName) is not usable (\(kind)); set database.slot to another name, or drop the slot"
        }
        guard slot.walStatus == "lost" else { return nil }
        return
            "slot \(slotName) is lost: the server has removed WAL that it needed (max_slot_wal_keep_size), so changes "
            + "are missing; \(Self.startAnew)"
    }

    private var slotProblems: [String] {
        if let slotBreak { return [slotBreak] }
        guard let slot else {
            return ["slot \(slotName) does not exist yet; run sluice replicate, which makes it and loads all tables"]
        }
        return slot.activePID == nil
            ? ["nobody reads slot \(slotName), so the server keeps more and more WAL for it; start sluice replicate"]
            : []
    }

    var checkpointProblems: [String] {
        guard let checkpoint else {
            guard let slot else { return [] }
            if let process = slot.activePID {
                return [
                    "the lake \(lakeName) has no checkpoint of slot \(slotName), which server process \(process) makes or "
                        + "reads: wait if that is a sluice replicate which has just begun, else check lake.url"
                ]
            }
            return [
                "the lake \(lakeName) has no checkpoint of slot \(slotName); check lake.url, or run sluice replicate, which "
                    + "loads all tables"
            ]
        }
        let source = checkpoint.source
        if source.database != server.database || (server.system ?? source.system) != source.system {
            return [
                "the lake was filled from another database (\(source.database) of cluster \(source.system)); set lake.url "
                    + "or database.slot to values of its own for each database"
            ]
        }
        if let confirmed = slot?.confirmed, confirmed > checkpoint.position {
            return [
                "slot \(slotName) is ahead of the lake (\(confirmed), the lake has up to \(checkpoint.position)): somebody "
                    + "else has read it, and the changes between are missing; \(Self.startAnew)"
            ]
        }
        // Read a moment later than the server's position; and a standby may be a little behind.
        if checkpoint.position > server.position, !server.isStandby, slot?.activePID == nil {
            return [
                "the lake is ahead of the server (\(checkpoint.position), the server is at \(server.position)): the server "
                    + "was restored or has failed over to one that lacks what the lake has; \(Self.startAnew)"
            ]
        }
        return []
    }

    private var publicationProblems: [String] {
        if !isPublishing {
            return ["publication \(publicationName) does not exist; run sluice replicate, which makes it"]
        }
        return tables.contains { $0.isPublished }
            ? []
            : ["publication \(publicationName) carries no table of the configuration; add tables to it, or to tables:"]
    }

    private var walProblems: [String] {
        guard let slot, let safe = slot.safeByteCount, let limit = server.keepLimit, slot.walStatus != "lost",
            safe < limit / 2
        else { return [] }
        return [
            "after \(HumanUnits.bytes(max(0, safe))) more of WAL the server removes what slot \(slotName) needs; see "
                + "\(SlotWatch.cause), or raise max_slot_wal_keep_size"
        ]
    }

    /// A busy process may be late by a run or two; below this nobody minds.
    private static let leastRewriteLag = Duration.seconds(15 * 60)
    /// Names in one line.
    private static let shownNames = 5

    private var rewriteProblems: [String] {
        let limit = max(rewriteInterval * 3, Self.leastRewriteLag)
        let late = tables.filter { (rewriteLag(of: $0) ?? .zero) > limit }
        var problems: [String] = []
        if let longest = late.compactMap({ rewriteLag(of: $0) }).max() {
            let byteCount = late.reduce(0) { $0 + ($1.rewriting?.pendingByteCount ?? 0) }
            problems.append(
                "the current rows of \(Self.list(late.map(\.name))) are far behind: \(HumanUnits.bytes(byteCount)) of changes "
                    + "wait to be taken up, the first for \(HumanUnits.span(longest)); see the log of the process that "
                    + "rewrites (sluice replicate without --no-rewrite), or run sluice rewrite"
            )
        }
        for table in tables {
            if let problem = table.problem { problems.append("table \(table.name): \(problem)") }
            guard let days = table.rewriting?.repairs, !days.isEmpty else { continue }
            problems.append(
                "table \(table.name) has days to be exported again, since a row that a change builds on was not in the lake "
                    + "(\(Self.list(days))); run sluice rewrite where the database can be reached"
            )
        }
        return problems
    }

    private static func list(_ names: [String]) -> String {
        let rest = names.count - shownNames
        let shown = names.prefix(shownNames).joined(separator: ", ")
        return rest > 0 ? "\(shown) and \(HumanUnits.count(rest)) more" : shown
    }
}
