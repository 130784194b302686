public import Columnar

/// What changes of a table look like in the lake: what happened, then the table's columns.
public struct ChangeSchema: Sendable, Equatable {
    /// A column of the table.
    public struct Column: Sendable, Equatable {
        /// Its place among the cells that the server sends.
        public var cell: Int
        /// Its name in the lake.
        public var name: String
        /// How its cells are decoded.
        public var decoder: CellDecoder
        /// The column that takes the values.
        public var type: ColumnType

        /// Describes a column.
        public init(cell: Int, name: String, decoder: CellDecoder, type: ColumnType) {
            self.cell = cell
            self.name = name
            self.decoder = decoder
            self.type = type
        }
    }

    /// What stands before the table's columns in every file of changes.
    public static let changeFields = [
        Field(name: "_op", type: .leaf(.byteArray, .string), isNullable: false),
        Field(name: "_lsn", type: .leaf(.int64, nil), isNullable: false),
        Field(name: "_seq", type: .leaf(.int64, nil), isNullable: false),
        Field(name: "_xid", type: .leaf(.int64, nil), isNullable: false),
        Field(name: "_committed_at", type: .leaf(.int64, .timestamp(isAdjustedToUTC: true)), isNullable: false),
        Field(name: "_unchanged", type: .list(.leaf(.byteArray, .string))),
        Field(name: "_old_key", type: .leaf(.byteArray, .json)),
        Field(name: "_rescued", type: .leaf(.byteArray, .json)),
    ]

    /// The table's columns in its order.
    public let columns: [Column]

    /// Describes changes of a table with these columns.
    public init(columns: [Column]) {
        self.columns = columns
    }

    /// All fields of a file of changes.
    public var table: TableSchema {
        TableSchema(fields: Self.changeFields + columns.map { Field(name: $0.name, type: $0.type) })
    }
}
