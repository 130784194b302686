import Foundation
import PostgresClient
import PostgresWire
import Telemetry

/// How much WAL is written, and how much of it may be kept.
struct WALFacts: Sendable, Equatable {
    /// Bytes per second while it was looked.
    var measuredRate: Double
    /// Bytes per second since the server's counters were reset; nil where they are too young to say it.
    var meanRate: Double?
    /// `max_slot_wal_keep_size` in bytes; nil if there is no limit.
    var keepLimit: Int?
    /// Whether Amazon RDS runs the server.
    var isRDS = false

    /// How long it is looked: long enough for a busy server, short enough for a person.
    private static let window = 1.0
    /// Younger counters say nothing of a usual hour.
    private static let leastAge = 600.0
    /// How long a reader may be away before the limit is reached; less is told.
    private static let leastHours = 4.0
    /// What a limit that is proposed shall last for.
    private static let proposedHours = 24.0
    private static let leastProposal = 10.0
    /// No limit that is proposed is larger, in GiB: what was seen for a second only may be a burst.
    private static let (mostProposal, mostProposalOfSecond) = (2_048.0, 100.0)

    /// The usual rate: the mean where there is one, as a single second is a burst or a pause.
    var usualRate: Double { meanRate ?? measuredRate }

    /// The larger of the rates: what is soon to come to an end has to do for both.
    var presentRate: Double { max(measuredRate, meanRate ?? 0) }

    /// Looks at the server for a second.
    static func read(on connection: borrowing PostgresConnection) throws(PostgresError) -> WALFacts {
        let first = try ServerReading.read(on: connection)
        let position = try insertPosition(on: connection, isStandby: first.isStandby)
        let start = ContinuousClock.now
        Thread.sleep(forTimeInterval: window)
        let later = try insertPosition(on: connection, isStandby: first.isStandby)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        var mean: Double?
        if connection.serverVersion >= 140_000 {
            let row = try connection.query(
                """
                SELECT wal_bytes::pg_catalog.float8,
                       extract(epoch FROM pg_catalog.clock_timestamp() - stats_reset)::pg_catalog.float8
                FROM pg_catalog.pg_stat_wal
                """
            ).rows.first
            if let bytes = row?[0].flatMap(Double.init), let age = row?[1].flatMap(Double.init), age >= leastAge {
                mean = bytes / age
            }
        }
        return WALFacts(
            measuredRate: Double(later.byteCount(since: position)) / seconds,
            meanRate: mean,
            keepLimit: first.keepLimit,
            isRDS: try ServerFacts.read(on: connection).isRDS
        )
    }

    private static func insertPosition(
        on connection: borrowing PostgresConnection,
        isStandby: Bool
    ) throws(PostgresError) -> LSN {
        let function = isStandby ? "pg_last_wal_replay_lsn" : "pg_current_wal_insert_lsn"
        let text = try connection.query("SELECT pg_catalog.\(function)()").scalar
        return text.flatMap { LSN($0) } ?? LSN(rawValue: 0)
    }

    // MARK: - Deciding

    /// Whether there is a limit, and one that leaves time.
    ///
    /// - Parameters:
    ///   - isExceeded: Whether the slot has run into it.
    ///   - byteCount: What is kept for the slot now.
    /// - Returns: One finding.
    func finding(isExceeded: Bool = false, beyond byteCount: Int = 0) -> Finding {
        func finding(_ status: Finding.Status, _ message: String) -> Finding {
            let steps = status == .ok ? [] : raise(beyond: byteCount)
            return Finding(status, .slot, "max_slot_wal_keep_size", message, steps)
        }
        guard let keepLimit else {
            return finding(.warn, "unlimited: a slot that nobody reads fills the server's disk (\(rates))")
        }
        let limit = HumanUnits.bytes(keepLimit)
        guard !isExceeded else {
            return finding(.warn, "\(limit), which was too little for the slot (\(rates))")
        }
        guard let span = Self.span(of: keepLimit, at: usualRate) else { return finding(.ok, "\(limit); \(rates)") }
        let lasts = "\(limit) last for \(HumanUnits.span(span)) (\(rates))"
        guard span < .seconds(Self.leastHours * 3600) else { return finding(.ok, lasts) }
        return finding(
            .warn,
            "\(lasts): when sluice is away for longer, the slot is lost and all tables have to be loaded again"
        )
    }

    /// How long it takes to write so much at the present rate; nil if nothing is written, or for years.
    func span(of byteCount: Int) -> Duration? { Self.span(of: byteCount, at: presentRate) }

    private static func span(of byteCount: Int, at rate: Double) -> Duration? {
        let seconds = Double(byteCount) / rate
        return rate > 0 && seconds < 1e9 ? .seconds(seconds) : nil
    }

    /// The steps to a limit that does for a day, and for twice what there is of limit and WAL now.
    ///
    /// - Parameter byteCount: What is kept for the slot now.
    /// - Returns: The steps, in their order.
    func raise(beyond byteCount: Int) -> [Remedy] {
        let unit = Double(1 << 30)
        let most = meanRate == nil ? Self.mostProposalOfSecond : Self.mostProposal
        let forDay = min(usualRate * Self.proposedHours * 3600 / unit, most)
        let present = 2 * Double(max(keepLimit ?? 0, byteCount)) / unit
        // Beyond this the server's own limit of the parameter is near.
        let gigabytes = Int(min(max(Self.leastProposal, forDay, present), 1e6).rounded(.up))
        let parameter = ServerParameter(
            name: "max_slot_wal_keep_size",
            value: "'\(gigabytes)GB'",
            groupValue: "\(gigabytes * 1024) (megabytes)"
        )
        let isMuch = Double(gigabytes) > Self.leastProposal
        let room: [Remedy] = isMuch ? [.advice("Less, if the server's disk has not as much to spare")] : []
        return parameter.remedies(isRDS: isRDS) + room
    }

    private var rates: String {
        guard let meanRate else { return "the server writes \(Self.text(measuredRate))" }
        return "the server writes \(Self.text(meanRate)) on average, \(HumanUnits.bytes(Self.whole(measuredRate))) now"
    }

    /// A rate, as people say it.
    private static func text(_ rate: Double) -> String { "\(HumanUnits.bytes(whole(rate))) of WAL per second" }

    private static func whole(_ rate: Double) -> Int { Int(min(rate, 1e15)) }
}
