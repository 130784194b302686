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
    private static let leastProposal = 10 << 30

    /// The larger of the rates, as what is kept has to do for both.
    var rate: Double { max(measuredRate, meanRate ?? 0) }

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
    var finding: Finding {
        let rates = "the server writes \(Self.text(rate))"
        guard let keepLimit else {
            return Finding(
                .warn,
                .slot,
                "max_slot_wal_keep_size",
                "unlimited: a slot that nobody reads fills the server's disk (\(rates))",
                remedies
            )
        }
        guard let span = self.span(of: keepLimit) else {
            return Finding(.ok, .slot, "max_slot_wal_keep_size", "\(HumanUnits.bytes(keepLimit)); \(rates)")
        }
        let lasts = "\(HumanUnits.bytes(keepLimit)) last for \(HumanUnits.span(span)) (\(rates))"
        guard span < .seconds(Self.leastHours * 3600) else {
            return Finding(.ok, .slot, "max_slot_wal_keep_size", lasts)
        }
        return Finding(
            .warn,
            .slot,
            "max_slot_wal_keep_size",
            "\(lasts): when sluice is away for longer, the slot is lost and all tables have to be loaded again",
            remedies
        )
    }

    /// How long it takes to write so much; nil if nothing is written, or for years.
    func span(of byteCount: Int) -> Duration? {
        let seconds = Double(byteCount) / rate
        return rate > 0 && seconds < 1e9 ? .seconds(seconds) : nil
    }

    private var remedies: [Remedy] {
        let wanted = max(Double(Self.leastProposal), min(rate * Self.proposedHours * 3600, 1e15))
        let gigabytes = Int((wanted / Double(1 << 30)).rounded(.up))
        let parameter = ServerParameter(
            name: "max_slot_wal_keep_size",
            value: "'\(gigabytes)GB'",
            groupValue: "\(gigabytes * 1024) (megabytes)"
        )
        return parameter.remedies(isRDS: isRDS)
    }

    /// A rate, as people say it.
    static func text(_ rate: Double) -> String { "\(HumanUnits.bytes(Int(min(rate, 1e15)))) of WAL per second" }
}
