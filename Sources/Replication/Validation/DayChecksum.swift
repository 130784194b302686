/// What the rows of a day add up to, whatever their order: how many there are, and for each column one sum over their
/// values.
///
/// All sums are modulo 2^64. What they are sums of is ``ChecksumPlan``'s to say; two checksums can be compared if they
/// are of the same plan.
struct DayChecksum: Equatable, Sendable {
    /// The rows, without those that are marked as deleted.
    var rowCount = 0
    /// The sum of the hashes of the rows' keys; of a table whose rows have no key to compare, of the rows as a whole.
    var keySum: UInt64 = 0
    /// For each of ``ChecksumPlan/columns`` the sum of the hashes of its values.
    var columnSums: [UInt64]

    /// The checksum of no rows.
    init(columnCount: Int) {
        columnSums = Array(repeating: 0, count: columnCount)
    }

    /// Adds the rows of another checksum of the same plan.
    mutating func add(_ other: DayChecksum) {
        rowCount += other.rowCount
        keySum &+= other.keySum
        for index in columnSums.indices { columnSums[index] &+= other.columnSums[index] }
    }
}

/// What the two sides of a day do not have in common.
struct ChecksumDifference: Equatable, Sendable {
    /// The rows that PostgreSQL has.
    var databaseRowCount: Int
    /// The rows that the lake has.
    var lakeRowCount: Int
    /// Whether the keys differ: rows are missing, or twice, or others; of a table without a key to compare, whether the
    /// rows differ in anything.
    var hasOtherKeys: Bool
    /// The columns whose values differ, by their names in the lake; where the keys differ, nearly all of them do.
    var columns: [String]
}
