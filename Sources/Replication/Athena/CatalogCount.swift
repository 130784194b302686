/// How many rows of a table the lake has, and how many Athena finds.
public struct CatalogCount: Sendable, Equatable {
    /// What comes of the comparison.
    public enum Verdict: Sendable, Equatable {
        /// Both are the same.
        case equal
        /// They are not.
        case differs
        /// Files came and went each time that they were counted.
        case busy
        /// Athena did not count, and why.
        case failed(String)
    }

    /// The table in the catalog.
    public var table: String
    /// The rows that the footers of its files say; nil if they were not counted.
    public var lakeRows: Int?
    /// The rows that Athena counts; nil if it did not.
    public var athenaRows: Int?
    /// What Athena read for it, in bytes.
    public var scannedByteCount: Int
    /// What comes of it.
    public var verdict: Verdict

    /// Describes a comparison.
    public init(table: String, lakeRows: Int?, athenaRows: Int?, scannedByteCount: Int, verdict: Verdict) {
        self.table = table
        self.lakeRows = lakeRows
        self.athenaRows = athenaRows
        self.scannedByteCount = scannedByteCount
        self.verdict = verdict
    }
}
