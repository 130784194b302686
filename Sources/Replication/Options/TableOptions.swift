import Columnar
import Ingest

/// What can be set for a table.
///
/// Column names are exactly those of the database.
public struct TableOptions: Sendable, Hashable {
    /// What applications call the time of a row's creation.
    public static let defaultPartitionColumn = "created_at"

    /// Days begin at midnight UTC unless told otherwise, the same on every machine.
    public static let defaultTimeZone = "UTC"

    /// The table's folder in the lake; nil derives it from schema and table.
    public var name: String?
    /// The column whose day a row belongs to; nil is ``defaultPartitionColumn``, which the table may lack.
    public var partitionColumn: String?
    /// The IANA name of the time zone in which days begin.
    public var timeZone: String
    /// Columns that are not exported.
    public var excludedColumns: Set<String>
    /// Columns that are stored otherwise than by default.
    public var representations: [String: Representation]
    /// Columns of whose values not all is kept.
    public var masks: [String: Mask]
    /// What a DELETE does to the current rows.
    public var deletes: DeleteMode

    /// Describes a table's options; whatever is left out has its default.
    public init(
        name: String? = nil,
        partitionColumn: String? = nil,
        timeZone: String = Self.defaultTimeZone,
        excludedColumns: Set<String> = [],
        representations: [String: Representation] = [:],
        masks: [String: Mask] = [:],
        deletes: DeleteMode = .hard
    ) {
        self.name = name
        self.partitionColumn = partitionColumn
        self.timeZone = timeZone
        self.excludedColumns = excludedColumns
        self.representations = representations
        self.masks = masks
        self.deletes = deletes
    }
}

/// How a column is stored when not by default.
public enum Representation: Sendable, Hashable {
    /// A numeric column as DECIMAL; values that do not fit are rescued.
    case decimal(precision: Int, scale: Int)
    /// A numeric column as DOUBLE.
    case double
    /// A uuid column as Parquet's UUID.
    case uuid
    /// A time column as TIME in microseconds.
    case time
}

extension TableOptions {
    /// Says in the rows of a table with soft deletes that a row was deleted.
    static let deletedColumn = "_deleted"

    /// Names that columns of a table which a stream carries cannot have in the lake.
    var takenNames: Set<String> {
        Set(ChangeSchema.changeFields.map(\.name)).union(deletes == .soft ? [Self.deletedColumn] : [])
    }

    /// How a column is stored when not by default.
    func override(of column: String) -> ColumnMapping.Override? {
        switch representations[column] {
        case .decimal(let precision, let scale): .decimal(precision: precision, scale: scale)
        case .double: .double
        case .uuid: .uuid
        case .time: .time
        case nil: nil
        }
    }
}
