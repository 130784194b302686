import PostgresClient
import PostgresWire
import Telemetry

/// The slots of a server: ours, the others, and how many more there may be.
struct SlotFacts: Sendable, Equatable {
    /// A slot that is not ours.
    struct Other: Sendable, Equatable {
        var name: String
        var isActive: Bool
        var walStatus: String
        /// Bytes of WAL that are kept for it.
        var retainedByteCount: Int
    }

    var name: String
    /// Nil if there is none yet.
    var slot: SlotReading?
    /// Bytes of WAL that are kept for ours.
    var retainedByteCount = 0
    var others: [Other] = []
    /// Slots that end with their sessions, and take a place like any other.
    var temporaryCount = 0
    var slotLimit = 10
    var senderLimit = 10
    /// Processes that send WAL now.
    var senderCount = 0
    /// Whether Amazon RDS runs the server.
    var isRDS = false
    /// How other commands are called.
    var command = SluiceCommand()

    /// A slot that is idle and keeps this much is worth a word.
    private static let tolerated = 1 << 30
    /// Slots that are named as those which may be given up.
    private static let shownSlots = 3

    /// Whether a process that sends WAL is left for sluice.
    var hasFreeSender: Bool { senderCount < senderLimit }

    /// Asks the server.
    static func read(
        _ name: String,
        _ command: SluiceCommand = SluiceCommand(),
        on connection: borrowing PostgresConnection
    ) throws(PostgresError) -> SlotFacts {
        var facts = SlotFacts(name: name, command: command)
        let server = try ServerReading.read(on: connection)
        facts.slot = try SlotReading.read(name, on: connection)
        facts.retainedByteCount = facts.slot.flatMap(server.retainedByteCount) ?? 0
        facts.others = try connection.query(
            """
            SELECT slot_name, active, coalesce(wal_status, ''), restart_lsn FROM pg_catalog.pg_replication_slots
            WHERE slot_name <> $1 AND NOT temporary ORDER BY slot_name
            """,
            [name]
        ).rows.map { row in
            Other(
                name: row[0] ?? "",
                isActive: row[1] == "t",
                walStatus: row[2] ?? "",
                retainedByteCount: row[3].flatMap { LSN($0) }.map { server.position.byteCount(since: $0) } ?? 0
            )
        }
        let row = try connection.query(
            """
            SELECT pg_catalog.current_setting('max_replication_slots'), pg_catalog.current_setting('max_wal_senders'),
                   (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication),
                   (SELECT pg_catalog.count(*) FROM pg_catalog.pg_replication_slots
                    WHERE slot_name <> $1 AND temporary)
            """,
            [name]
        ).rows.first
        facts.slotLimit = row?[0].flatMap(Int.init) ?? 0
        facts.senderLimit = row?[1].flatMap(Int.init) ?? 0
        facts.senderCount = row?[2].flatMap(Int.init) ?? 0
        facts.temporaryCount = row?[3].flatMap(Int.init) ?? 0
        facts.isRDS = try ServerFacts.read(on: connection).isRDS
        return facts
    }
}

// MARK: - Room for one more

extension SlotFacts {
    /// Whether the slot can be made, if it is not there, and read.
    var roomFindings: [Finding] { [slotRoom, senderRoom] }

    private var slotRoom: Finding {
        let count = others.count + temporaryCount + (slot == nil ? 0 : 1)
        let text = "\(count) of \(slotLimit) slots are there"
        guard slot == nil, count >= slotLimit else { return Finding(.ok, .slot, "max_replication_slots", text) }
        // In words, and not all at once: a slot that is idle now may be that of a stream which begins again in a moment.
        let idle = others.filter { !$0.isActive }.prefix(Self.shownSlots).map { other in
            Remedy.advice("Or, if nobody needs \(other.name) any more: \(Self.drop(other.name))")
        }
        return Finding(
            .fail,
            .slot,
            "max_replication_slots",
            "\(text), so that \(name) cannot be made",
            Self.raise("max_replication_slots", to: slotLimit + 5).remedies(isRDS: isRDS) + idle
        )
    }

    private var senderRoom: Finding {
        let text = "\(senderCount) of \(senderLimit) processes that send WAL are busy"
        guard slot?.activePID == nil, !hasFreeSender else {
            return Finding(.ok, .slot, "max_wal_senders", text)
        }
        return Finding(
            .fail,
            .slot,
            "max_wal_senders",
            "\(text), so that none is left for sluice",
            Self.raise("max_wal_senders", to: senderLimit + 5).remedies(isRDS: isRDS)
        )
    }

    private static func raise(_ name: String, to limit: Int) -> ServerParameter {
        ServerParameter(name: name, value: "\(limit)", groupValue: "\(limit)", needsRestart: true)
    }

    private static func drop(_ name: String) -> String {
        "SELECT pg_catalog.pg_drop_replication_slot(\(PasteableSQL.literal(name)))"
    }
}

// MARK: - WAL that is kept

extension SlotFacts {
    /// How the slot stands, what others keep, and whether the limit of that leaves time.
    ///
    /// - Parameter wal: How much WAL is written; nil if that is not known.
    /// - Returns: One finding of the slot, one for each other that keeps much, and one of the limit.
    func findings(_ wal: WALFacts?) -> [Finding] {
        [own(wal)]
            + others.filter { !$0.isActive && $0.retainedByteCount >= Self.tolerated }.map { other in
                Finding(
                    .warn,
                    .slot,
                    "other_slots",
                    of: other.name,
                    "nobody reads it, and the server keeps \(HumanUnits.bytes(other.retainedByteCount)) of WAL for it",
                    [.advice("If nobody needs it any more:"), .sql(Self.drop(other.name))]
                )
            }
            + (wal.map { [$0.finding(isExceeded: isExceeded, beyond: retainedByteCount)] } ?? [])
    }

    /// Whether the slot has run into the limit.
    private var isExceeded: Bool {
        guard let slot, slot.foreignKind == nil else { return false }
        return ["lost", "unreserved"].contains(slot.walStatus) || slot.safeByteCount.map { $0 <= 0 } ?? false
    }

    private func own(_ wal: WALFacts?) -> Finding {
        func finding(_ status: Finding.Status, _ message: String, _ remedies: [Remedy] = []) -> Finding {
            Finding(status, .slot, "slot", of: name, message, remedies)
        }
        guard let slot else { return finding(.ok, "does not exist yet; sluice replicate makes it") }
        if let kind = slot.foreignKind {
            return finding(.fail, "is \(kind)", [.settings("database: { slot: \(name)_2 }")])
        }
        if slot.walStatus == "lost" {
            return finding(
                .fail,
                "is lost: the server has removed WAL that it needed, so changes are missing",
                [command.remedy("drop"), command.remedy("replicate")]
            )
        }
        let kept = "keeps \(HumanUnits.bytes(retainedByteCount)) of WAL"
        let isIdle = slot.activePID == nil
        let remedies: [Remedy] = [command.remedy(isIdle ? "replicate" : "status")]
        if isExceeded {
            return finding(
                .fail,
                "\(kept), more than max_slot_wal_keep_size allows: it is lost at the next checkpoint",
                // A higher limit holds at once, while a reader may take longer than until then.
                (wal?.raise(beyond: retainedByteCount) ?? []) + remedies
            )
        }
        let left = slot.safeByteCount.map { safe in
            "; it is lost after \(HumanUnits.bytes(safe)) more"
                + (wal?.span(of: safe).map { ", at the present rate in \(HumanUnits.span($0))" } ?? "")
        }
        let isClose = slot.safeByteCount.map { $0 < (wal?.keepLimit ?? 0) / 2 } ?? false
        if isIdle {
            let pending = "nobody reads it, and it \(kept)\(left ?? "")"
            let rest: [Remedy] = [.advice("Or give it up, if it is not needed any more"), command.remedy("drop")]
            return finding(.warn, pending, remedies + rest)
        }
        return finding(isClose ? .warn : .ok, "\(kept)\(left ?? "")", isClose ? remedies : [])
    }
}
