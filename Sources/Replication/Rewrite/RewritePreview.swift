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
    /// Bytes of those row groups in the object: what is read, besides footers and key columns.
    public var readByteCount: Int
    /// Bytes that take their place, and those of rows that come: an estimate by the bytes of present rows.
    public var writtenByteCount: Int
    /// Bytes of the row groups that are taken over as they are.
    public var copiedByteCount: Int

    private init(_ work: DayWork, _ writer: DayWriter, rowByteCount: Double) {
        day = RewriteState.name(of: work.day)
        (insertedRows, updatedRows, deletedRows) = work.counts
        let fates = writer.groupFates(of: work)
        groups = fates.count
        encodedGroups = fates.count { $0 == .encoded }
        let present = work.file?.groups ?? []
        func byteCount(_ fate: DayWriter.GroupFate) -> Int {
            zip(fates, present).reduce(0) { $1.0 == fate ? $0 + $1.1.compressedByteCount : $0 }
        }
        (readByteCount, copiedByteCount) = (byteCount(.encoded), byteCount(.copied))
        let ownRowByteCount = Self.rowByteCount(of: present) ?? rowByteCount
        let goneRows = work.isEmptied ? 0 : deletedRows
        let difference = Double(insertedRows - goneRows) * ownRowByteCount
        writtenByteCount = max(0, readByteCount + Int(difference.rounded()))
    }

    /// What rewriting would do to the days of a plan, in their order.
    static func list(_ works: [DayWork], _ writer: DayWriter, among files: [DayFile]) -> [RewritePreview] {
        let rowByteCount = rowByteCount(of: files.flatMap(\.groups)) ?? 0
        return works.map { RewritePreview($0, writer, rowByteCount: rowByteCount) }.sorted { $0.day < $1.day }
    }

    /// The bytes that a row takes on average; nil if there is none.
    private static func rowByteCount(of groups: [DayFile.Group]) -> Double? {
        let rowCount = groups.reduce(0) { $0 + $1.rowCount }
        guard rowCount > 0 else { return nil }
        return Double(groups.reduce(0) { $0 + $1.compressedByteCount }) / Double(rowCount)
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
