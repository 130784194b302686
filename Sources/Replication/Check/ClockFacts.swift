import Foundation
import PostgresClient
import Telemetry

/// How far another clock is from this machine's.
struct ClockFacts: Sendable, Equatable {
    /// Whose clock it is.
    var owner: String
    /// The other's time minus ours, in seconds.
    var difference: Double

    /// A minute, which days, ages and signatures bear.
    static let tolerance = 60.0

    /// Asks the database.
    static func read(on connection: borrowing PostgresConnection) throws(PostgresError) -> ClockFacts {
        let before = Date()
        let text = try connection.query(
            "SELECT extract(epoch FROM pg_catalog.clock_timestamp())::pg_catalog.float8"
        ).scalar
        let ours = (before.timeIntervalSince1970 + Date().timeIntervalSince1970) / 2
        return ClockFacts(owner: "the database server", difference: text.flatMap(Double.init).map { $0 - ours } ?? 0)
    }

    /// Whether the two agree.
    func finding(_ group: Finding.Group) -> Finding {
        let seconds = HumanUnits.span(.seconds(difference.magnitude))
        guard difference.magnitude > Self.tolerance else {
            return Finding(.ok, group, "clock", "agrees with that of \(owner)")
        }
        return Finding(
            .fail,
            group,
            "clock",
            "this machine's clock is \(seconds) \(difference > 0 ? "behind" : "ahead of") that of \(owner)",
            [
                .shell("timedatectl set-ntp true"),
                .advice("Do the same on the other machine if it is the one that is wrong"),
            ]
        )
    }
}
