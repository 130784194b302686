import Ingest
import Lake
import PostgresClient

/// How the rows of one table are compared between PostgreSQL and the lake, day by day.
///
/// Each side makes for each row and column the text that PostgreSQL prints of the value, and of that text
/// `hashtextextended`, seeded with the hash of the row's key. A day's checksum is the sums of these, so that the order of
/// rows does not matter, but a value that has changed its row does.
struct ChecksumPlan: Sendable {
    /// A column that is compared.
    struct Column: Sendable {
        /// Its name in the table.
        var source: String
        /// Its name in the lake.
        var name: String
        /// What of it is compared.
        var comparison: Comparison
        /// How its values got into the lake.
        var mapping: ColumnMapping
        /// SQL for what is hashed of its values.
        var expression: String
    }

    /// What of a column's values is compared.
    enum Comparison: Sendable, Equatable {
        /// Everything.
        case values
        /// The first characters, as a mask has left no more.
        case prefix(characterCount: Int)
        /// Whether there is a value, as a mask has left nothing else that can be compared without showing the salt.
        case presence
    }

    /// How rows find their day.
    struct Partition: Sendable {
        /// SQL for the column.
        var column: String
        /// The base type of the column.
        var typeOID: UInt32
        /// The IANA name of the time zone in which days begin.
        var timeZone: String
    }

    /// For messages.
    var displayName: String
    /// The table's name in the lake.
    var lakeName: String
    /// The columns that are compared, in the table's order; without those of which a mask leaves nothing.
    var columns: [Column]
    /// The places among ``columns`` of those whose hash seeds the others'; none if whole rows are compared.
    var key: [Int]
    /// How rows find their day, or nil if the table is one object.
    var partition: Partition?
    /// SQL for the relation.
    var relation: String
    /// The rows that the publication carries, as SQL; nil for all.
    var rowFilter: String?

    /// Compares two checksums of the same day.
    ///
    /// - Returns: What differs; nil if nothing does.
    func difference(database: DayChecksum, lake: DayChecksum) -> ChecksumDifference? {
        guard database != lake else { return nil }
        let names = zip(columns, zip(database.columnSums, lake.columnSums)).filter { $1.0 != $1.1 }.map(\.0.name)
        return ChecksumDifference(
            databaseRowCount: database.rowCount,
            lakeRowCount: lake.rowCount,
            hasOtherKeys: database.keySum != lake.keySum,
            columns: names
        )
    }
}
