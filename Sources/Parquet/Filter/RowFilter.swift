/// A condition on rows, by which row groups and pages without such rows are passed over.
///
/// ```swift
/// let filter = RowFilter.greaterOrEqual("created_at", 1_735_689_600_000_000) && .isIn("currency", ["EUR", "CHF"])
/// for group in try reader.rowGroups(matching: filter) {
///     let rows = try reader.rowRanges(ofRowGroup: group, matching: filter)
///     let batch = try reader.readRowGroup(group, columns: ["id", "amount"], rows: rows)
/// }
/// ```
/// What is kept holds every row that matches, and others besides: statistics, page index and bloom filters say where a
/// value cannot be, not where it is. The rows themselves are not looked at.
///
/// Leaves are named as the columns of ``ParquetFileReader/readRowGroup(_:columns:)`` are, down to one leaf. A row matches
/// a condition on a leaf within lists if one of its entries does. NULL matches no comparison; NaN matches none but
/// ``Comparison/notEqual``, and everything may match a comparison with NaN.
public indirect enum RowFilter: Sendable, Equatable {
    /// How the value of a leaf is compared with the one that is given.
    public enum Comparison: Sendable, Equatable, CaseIterable {
        /// The same.
        case equal
        /// Another, and not NULL.
        case notEqual
        /// Below it.
        case less
        /// Below it, or the same.
        case lessOrEqual
        /// Above it.
        case greater
        /// Above it, or the same.
        case greaterOrEqual
    }

    /// The leaf's value compares so with the one given.
    case comparison(String, Comparison, FilterValue)
    /// The leaf's value is one of those given.
    case isIn(String, [FilterValue])
    /// The leaf has no value.
    case isNull(String)
    /// The leaf has a value.
    case isNotNull(String)
    /// All of the conditions; none are met by every row.
    case all([RowFilter])
    /// One of the conditions at least; none are met by no row.
    case any([RowFilter])

    /// The leaf's value is the one given.
    public static func equal(_ leaf: String, _ value: FilterValue) -> RowFilter { .comparison(leaf, .equal, value) }

    /// The leaf's value is another than the one given, and not NULL.
    public static func notEqual(_ leaf: String, _ value: FilterValue) -> RowFilter {
        .comparison(leaf, .notEqual, value)
    }

    /// The leaf's value is below the one given.
    public static func less(_ leaf: String, _ value: FilterValue) -> RowFilter { .comparison(leaf, .less, value) }

    /// The leaf's value is below the one given, or the same.
    public static func lessOrEqual(_ leaf: String, _ value: FilterValue) -> RowFilter {
        .comparison(leaf, .lessOrEqual, value)
    }

    /// The leaf's value is above the one given.
    public static func greater(_ leaf: String, _ value: FilterValue) -> RowFilter { .comparison(leaf, .greater, value) }

    /// The leaf's value is above the one given, or the same.
    public static func greaterOrEqual(_ leaf: String, _ value: FilterValue) -> RowFilter {
        .comparison(leaf, .greaterOrEqual, value)
    }

    /// Both conditions.
    public static func && (left: RowFilter, right: RowFilter) -> RowFilter { .all([left, right]) }

    /// One of the conditions at least.
    public static func || (left: RowFilter, right: RowFilter) -> RowFilter { .any([left, right]) }
}
