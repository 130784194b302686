import Telemetry

/// Decides when the WAL that is kept for a slot is worth a warning.
struct SlotWatch {
    /// What was seen of the slot at one moment.
    struct Observation: Equatable {
        var time: ContinuousClock.Instant
        /// `reserved`, `extended`, `unreserved` or `lost`.
        var walStatus: String
        /// Bytes of WAL that are kept for the slot.
        var retainedByteCount: Int
        /// Bytes that may be written until the server removes them; nil without a limit, and when they are lost.
        var safeByteCount: Int?
        /// `max_slot_wal_keep_size` in bytes; nil if there is no limit.
        var limit: Int?
    }

    /// How bad it is; each level is worth a warning at once.
    enum Severity: Int, Comparable {
        case harmless
        /// More is kept than checkpoints alone would keep, and there is room.
        case extended
        /// Less than half of the limit is left.
        case half
        /// Less than a quarter of it.
        case quarter
        /// Less than a tenth, or the server may remove it at its next checkpoint.
        case urgent
        case lost

        static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
    }

    /// The same is said no more often than this.
    static let repetitionInterval = Duration.seconds(600)
    /// The rate of growth is that of the last five minutes: long enough to even out checkpoints and bursts.
    static let rateWindow = Duration.seconds(300)

    private let slot: String
    private var observations: [Observation] = []
    private var lastWarning: (time: ContinuousClock.Instant, severity: Severity)?

    /// Begins to watch a slot.
    init(slot: String) {
        self.slot = slot
    }

    /// Takes in what was seen.
    ///
    /// - Returns: What to warn of; nil if nothing is to be said, or was said a short while ago.
    mutating func note(_ observation: Observation) -> String? {
        observations.removeAll { observation.time - $0.time > Self.rateWindow }
        observations.append(observation)
        let severity = Self.severity(of: observation)
        guard severity > .harmless else { return nil }
        if let last = lastWarning, observation.time - last.time < Self.repetitionInterval, severity <= last.severity {
            return nil
        }
        lastWarning = (observation.time, severity)
        return text(of: observation)
    }

    /// How bad an observation is.
    static func severity(of observation: Observation) -> Severity {
        switch observation.walStatus {
        case "lost": return .lost
        case "unreserved": return .urgent
        default: break
        }
        if let limit = observation.limit, let safe = observation.safeByteCount {
            if safe < limit / 10 { return .urgent }
            if safe < limit / 4 { return .quarter }
            if safe < limit / 2 { return .half }
        }
        return observation.walStatus == "reserved" || observation.walStatus.isEmpty ? .harmless : .extended
    }

    /// How long it takes at the present rate until the limit is reached; nil if there is none or nothing grows.
    var timeLeft: Duration? {
        guard let first = observations.first, let last = observations.last, let safe = last.safeByteCount else {
            return nil
        }
        let growth = last.retainedByteCount - first.retainedByteCount
        guard growth > 0, last.time > first.time else { return nil }
        return (last.time - first.time) * (Double(max(0, safe)) / Double(growth))
    }

    /// What may be the reason besides a reader that has ended.
    static let cause =
        "what holds sluice replicate up, or which transaction is open for long (pg_stat_activity.xact_start)"

    private func text(of observation: Observation) -> String {
        if observation.walStatus == "lost" {
            return
                "slot \(slot) is lost: the server has removed WAL that it needed (max_slot_wal_keep_size), so changes "
                + "are missing; run sluice drop, then sluice replicate, which loads all tables again"
        }
        let kept = "slot \(slot) keeps \(HumanUnits.bytes(observation.retainedByteCount)) of WAL"
        guard let limit = observation.limit else {
            return
                "\(kept), and no limit is set (max_slot_wal_keep_size is -1), so that it may fill the server's disk; see "
                + Self.cause
        }
        let remedy =
            "beyond it the server removes what is missing in the lake; see \(Self.cause), or raise "
            + "max_slot_wal_keep_size"
        let name = "the limit of \(HumanUnits.bytes(limit))"
        if let timeLeft {
            return "\(kept); at the present rate \(name) is reached in \(HumanUnits.span(timeLeft)): \(remedy)"
        }
        let left = HumanUnits.bytes(max(0, observation.safeByteCount ?? 0))
        return "\(kept), which does not grow at present; \(left) are left until \(name): \(remedy)"
    }
}
