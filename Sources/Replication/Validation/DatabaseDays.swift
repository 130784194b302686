import Lake
import Logging
import PostgresClient
import PostgresWire

/// Finds out which days a table has rows of, without reading it where an index says so.
struct DatabaseDays {
    /// What is known of a table's days.
    enum Reading: Sendable, Equatable {
        case days(Set<CalendarDate>)
        /// Of a table without days, whether it has rows.
        case hasRows(Bool)
        /// Why the days are not known.
        case unknown(String)
    }

    /// A table of fewer pages (64 MiB) is read where no index serves.
    private static let smallPageCount = 8_192
    private static let timeout = "60s"
    private static let lockTimeout = "10s"
    private static let (queryCanceled, lockNotAvailable) = ("57014", "55P03")
    /// More days than any table has.
    private static let maximumDayCount = 1_000_000

    let session: DatabaseSession

    /// Asks for the days of a table.
    ///
    /// - Returns: The days, or why they are not known.
    /// - Throws: ``ReplicationError`` if the database refuses.
    func read(_ table: ValidatedTable) throws(ReplicationError) -> Reading {
        let connection = try session.connect()
        do {
            try connection.query("SET statement_timeout = '\(Self.timeout)'")
            try connection.query("SET lock_timeout = '\(Self.lockTimeout)'")
            let plan = table.checksums
            let filter = plan.rowFilter.map { "(\($0))" }
            guard let partition = plan.partition else {
                let condition = filter.map { " WHERE \($0)" } ?? ""
                let row = try connection.query("SELECT EXISTS (SELECT FROM \(plan.relation)\(condition))").scalar
                return .hasRows(row == "t")
            }
            let isIndexed = table.source.leaves.allSatisfy { leaf in
                leaf.indexes.keys.contains { IdentifierQuoting().quote($0) == partition.column }
            }
            guard isIndexed || table.pageCount < Self.smallPageCount else {
                return .unknown(
                    "no index leads with \(partition.column), and the table is too large to be read for its days"
                )
            }
            let terms = DayTerms(partition, relation: plan.relation, filter: filter)
            let rows = try connection.query(isIndexed ? terms.skipping : terms.reading).rows
            var days = Set(rows.prefix(Self.maximumDayCount).compactMap { $0[0].flatMap { CalendarDate($0) } })
            if try connection.query(terms.withoutDay).scalar == "t" { days.insert(CalendarDate(daysSinceEpoch: 0)) }
            return .days(days)
        } catch {
            if error.sqlState == Self.lockNotAvailable { return .unknown("another session has locked the table") }
            guard error.sqlState == Self.queryCanceled, !session.control.isCancelled else {
                throw session.control.isCancelled ? .cancelled : ReplicationError(error, table: table.displayName)
            }
            return .unknown("the database takes longer than \(Self.timeout) to list them")
        }
    }
}

/// The SQL for the days of a table.
struct DayTerms {
    private let column: String
    private let relation: String
    private let conditions: String
    private let day: String
    private let next: String
    private let least: String
    private let end: String

    init(_ partition: DayCondition, relation: String, filter: String?) {
        column = partition.column
        self.relation = relation
        conditions = filter.map { "\($0) AND " } ?? ""
        let zone =
            "'" + partition.timeZone.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            + "'"
        switch partition.typeOID {
        case TypeOID.date:
            day = "\(column)::pg_catalog.date"
            next = "day + 1"
            least = "'0001-01-01'::pg_catalog.date"
            end = "'infinity'::pg_catalog.date"
        case TypeOID.timestamp:
            day = "\(column)::pg_catalog.date"
            next = "(day + 1)::pg_catalog.timestamp"
            least = "'0001-01-01 00:00:00'::pg_catalog.timestamp"
            end = "'294247-01-10 04:00:54.775808'::pg_catalog.timestamp"
        default:
            day = "(\(column) AT TIME ZONE \(zone))::pg_catalog.date"
            next = "((day + 1)::pg_catalog.timestamp AT TIME ZONE \(zone))"
            least = "('0001-01-01 00:00:00'::pg_catalog.timestamp AT TIME ZONE \(zone))"
            end = "'294247-01-10 04:00:54.775808+00'::pg_catalog.timestamptz"
        }
    }

    private func first(from start: String) -> String {
        "SELECT \(day) FROM (SELECT pg_catalog.min(\(column)) AS \(column) FROM \(relation) "
            + "WHERE \(conditions)\(column) >= \(start) AND \(column) < \(end)) value"
    }

    /// One look into the index for each day.
    var skipping: String {
        // UNION, which ends where a day would come again.
        """
        WITH RECURSIVE days (day) AS (
            (\(first(from: least)))
            UNION
            SELECT (\(first(from: "days.next"))) FROM (SELECT \(next) AS next FROM days WHERE day IS NOT NULL) days
        )
        SELECT pg_catalog.to_char(day, 'YYYY-MM-DD') FROM days WHERE day IS NOT NULL
        """
    }

    /// All rows are read.
    var reading: String {
        "SELECT DISTINCT pg_catalog.to_char(\(day), 'YYYY-MM-DD') FROM \(relation) "
            + "WHERE \(conditions)\(column) >= \(least) AND \(column) < \(end)"
    }

    /// Whether there are rows that have no day of their own.
    var withoutDay: String {
        "SELECT EXISTS (SELECT FROM \(relation) WHERE \(conditions)\(column) IS NULL) "
            + "OR EXISTS (SELECT FROM \(relation) WHERE \(conditions)\(column) >= \(end)) "
            + "OR EXISTS (SELECT FROM \(relation) WHERE \(conditions)\(column) < \(least))"
    }
}
