import Lake
import PostgresWire

/// SQL that finds rows by the days of the lake to which they belong, and the day of a row.
struct DayCondition: Sendable {
    /// SQL for the partition column.
    var column: String
    /// Its type: `date`, `timestamp` or `timestamptz`.
    var typeOID: UInt32
    /// The IANA name of the time zone in which days begin.
    var timeZone: String

    /// From here on 64 bits of microseconds since 1970 hold no instant.
    private static let firstInstantWithoutDay = "294247-01-10 04:00:54.775808"

    /// The rows of some days, as half-open ranges of the raw column, which an index can serve.
    ///
    /// - Parameter days: The days; with 1970-01-01 come the rows that have no day of their own.
    /// - Returns: The condition.
    /// - Throws: ``ReplicationError`` with code `configuration` if there is no such time zone.
    func sql(_ days: ClosedRange<CalendarDate>) throws(ReplicationError) -> String {
        let (first, end) = (Int(days.lowerBound.daysSinceEpoch), Int(days.upperBound.daysSinceEpoch) + 1)
        let range = "\(column) >= \(try bound(first)) AND \(column) < \(try bound(end))"
        guard days.contains(CalendarDate(daysSinceEpoch: 0)) else { return range }
        return "(\(range)) OR \(column) IS NULL OR \(column) >= \(beyond) OR \(column) < \(try yearOne)"
    }

    /// The rows of whole days from one to another, neither of which need be given; without those that have no day of
    /// their own where both are.
    func sql(from: CalendarDate?, end: CalendarDate?) throws(ReplicationError) -> String {
        var bounds: [String] = []
        if let from { bounds.append("\(column) >= \(try bound(Int(from.daysSinceEpoch)))") }
        if let end { bounds.append("\(column) < \(try bound(Int(end.daysSinceEpoch)))") }
        return bounds.joined(separator: " AND ")
    }

    /// The column's value where it names a day; NULL for the rows of 1970-01-01 that have no day of their own.
    ///
    /// - Throws: ``ReplicationError`` with code `configuration` if there is no such time zone.
    var valueWithDay: String {
        get throws(ReplicationError) {
            "CASE WHEN \(column) >= \(try yearOne) AND \(column) < \(beyond) THEN \(column) END"
        }
    }

    /// The day, counted from 1970-01-01, of a value that names one.
    ///
    /// - Parameter value: SQL for the value.
    /// - Returns: SQL for the day; of an instant as the server sees the time zone.
    func day(of value: String) -> String {
        let date =
            switch typeOID {
            case TypeOID.date: value
            case TypeOID.timestamp: "\(value)::pg_catalog.date"
            default: "(\(value) AT TIME ZONE '\(isUTC ? "UTC" : timeZone.filter { $0 != "'" })')::pg_catalog.date"
            }
        return "\(date) - '1970-01-01'::pg_catalog.date"
    }

    /// Whether the server and this machine may see different days, as the time zone's rules say which they are.
    var dependsOnRules: Bool { typeOID == TypeOID.timestamptz && !isUTC }

    private var isUTC: Bool { LocalDays(zoneName: timeZone)?.isUTC ?? false }

    /// What lies beyond the days; infinity is later than any other value.
    private var beyond: String {
        switch typeOID {
        case TypeOID.date: "'infinity'::pg_catalog.date"
        case TypeOID.timestamp: "'\(Self.firstInstantWithoutDay)'::pg_catalog.timestamp"
        default: "'\(Self.firstInstantWithoutDay)+00'::pg_catalog.timestamptz"
        }
    }

    /// Where the first day begins.
    private var yearOne: String {
        get throws(ReplicationError) { try bound(CalendarText.days(year: 1, month: 1, day: 1)) }
    }

    private func bound(_ day: Int) throws(ReplicationError) -> String {
        let date = CalendarDate(daysSinceEpoch: Int32(day)).description
        switch typeOID {
        case TypeOID.date: return "'\(date)'::pg_catalog.date"
        case TypeOID.timestamp: return "'\(date) 00:00:00'::pg_catalog.timestamp"
        default: return Self.literal(ofInstant: try LocalDays(named: timeZone).start(of: day))
        }
    }

    /// SQL for an instant, given in microseconds since 1970-01-01 UTC, of which only whole seconds are kept.
    static func literal(ofInstant microseconds: Int64) -> String {
        let seconds = microseconds / 1_000_000
        let utcDay = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let rest = seconds - utcDay * 86_400
        let time = [rest / 3_600, rest / 60 % 60, rest % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        let utcDate = CalendarDate(daysSinceEpoch: Int32(utcDay))
        // Midnight of year 1 lies in 1 BC east of Greenwich.
        let suffix = utcDate.parts.year < 1 ? " BC" : ""
        let dateText = suffix.isEmpty ? utcDate.description : "0001" + utcDate.description.dropFirst(4)
        return "'\(dateText) \(time.joined(separator: ":"))+00\(suffix)'::pg_catalog.timestamptz"
    }
}

extension LocalDays {
    /// Takes the zone with this IANA name.
    ///
    /// - Throws: ``ReplicationError`` with code `configuration` if there is none.
    init(named timeZone: String) throws(ReplicationError) {
        guard let days = LocalDays(zoneName: timeZone) else {
            throw ReplicationError(
                .configuration,
                "there is no time zone \(timeZone); use an IANA name like Europe/Berlin"
            )
        }
        self = days
    }
}
