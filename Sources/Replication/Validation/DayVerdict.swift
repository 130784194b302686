import Lake

/// What came of the comparison of one day.
struct DayVerdict: Sendable, Equatable {
    enum Outcome: Sendable, Equatable {
        /// Both sides have the same rows.
        case equal
        /// They have not.
        case differs(ChecksumDifference)
        /// The database has rows and the lake no object.
        case missing
        /// The object cannot be read.
        case damaged(String)
        /// Why the day could not be compared.
        case uncompared(String)
    }

    var outcome: Outcome
    /// Rows on both sides, where they were counted.
    var databaseRowCount: Int?
    var lakeRowCount: Int?
    /// The object, and the last change that it says it holds.
    var file: String?
    var lsn: String?

    init(_ outcome: Outcome) {
        self.outcome = outcome
    }

    /// Whether there is nothing more to find out.
    var isEqual: Bool { outcome == .equal }

    /// Compares what both sides have of a day.
    ///
    /// - Parameters:
    ///   - database: The checksum of the rows in the database; nil if there are none.
    ///   - lake: The checksum of the object; nil if there is none.
    ///   - plan: What they are checksums of.
    init(database: DayChecksum?, lake: DayChecksum?, _ plan: ChecksumPlan) {
        let empty = DayChecksum(columnCount: plan.columns.count)
        let difference = plan.difference(database: database ?? empty, lake: lake ?? empty)
        outcome = difference.map { lake == nil ? .missing : .differs($0) } ?? .equal
        databaseRowCount = database?.rowCount ?? 0
        lakeRowCount = lake?.rowCount ?? 0
    }
}
