import Columnar
import Ingest
import Lake

/// How the rows of one table are compared between PostgreSQL and the lake, day by day.
///
/// Each side makes of each value the text that PostgreSQL prints, and of that text the hash that `hashtextextended` takes,
/// seeded with the hash of the row's key. A day's checksum has the sums of these: the order of rows does not matter, but a
/// value that has come into another row does.
struct ChecksumPlan: Sendable {
    /// A column that is compared.
    struct Column: Sendable {
        /// Its name in the table.
        var source: String
        /// Its name in the lake.
        var name: String
        /// What of it is compared.
        var comparison: ColumnComparison
        /// How its values get into the lake.
        var mapping: ColumnMapping
        /// How its decimals are printed; nil for as many as the table keeps.
        var decimals: PrintedValue.Decimals?
        /// What the server prints its values with.
        var printing: ServerText
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
    var partition: DayCondition?
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

/// What of a column's values is compared.
enum ColumnComparison: Sendable, Equatable {
    /// Everything.
    case values
    /// The first characters, as a mask has left no more.
    case prefix(characterCount: Int)
    /// Whether there is a value: the digests that a mask has left cannot be computed by the server without its log showing
    /// the salt.
    case presence
}
