import Lake

/// How a table's days are rewritten.
struct RewriteSettings: Sendable {
    var parquet: ParquetOptions
    /// Whether rows that are deleted stay and are marked.
    var keepsDeleted: Bool
    /// Bytes of changes that a pass takes up; what it needs beside them is of the same order.
    var memoryLimit: Int
    /// The days that may be written; nil for all.
    var days: ClosedRange<CalendarDate>?
    /// The transactions whose changes are taken up, so that the days become what a query has seen; nil for all.
    var snapshot: TransactionSnapshot?
}
