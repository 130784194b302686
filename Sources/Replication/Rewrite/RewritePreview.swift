import Lake
import ObjectStorage

/// What rewriting would do to a day.
public struct RewritePreview: Sendable, Equatable {
    /// The day as `2025-01-31`, or `all`.
    public var day: String
    /// Rows that come.
    public var insertedRows: Int
    /// Rows that change.
    public var updatedRows: Int
    /// Rows that go.
    public var deletedRows: Int
    /// Row groups that are decoded and encoded anew.
    public var encodedGroups: Int
    /// Row groups that there are.
    public var groups: Int
    /// Bytes of those row groups before compression: what is read and written, about, besides footers and key columns.
    public var encodedByteCount: Int
    /// The object's length, of which the rest is copied as bytes.
    public var byteCount: Int

    init(_ work: DayWork, _ writer: DayWriter) {
        day = RewriteState.name(of: work.day)
        (insertedRows, updatedRows, deletedRows) = work.counts
        let fates = writer.groupFates(of: work)
        groups = fates.count
        encodedGroups = fates.count { $0 == .encoded }
        byteCount = work.file?.info.byteCount ?? 0
        encodedByteCount = fates.indices.reduce(0) { total, index in
            fates[index] == .encoded ? total + (work.file?.groups[index].uncompressedByteCount ?? 0) : total
        }
    }
}

extension KeyLocator.Counts {
    /// Adds what another pass took.
    mutating func add(_ other: Self) {
        byBounds += other.byBounds
        byFilter += other.byFilter
        byReading += other.byReading
        readGroups += other.readGroups
    }
}
