/// What a file's footer says (parquet.thrift, `FileMetaData`), as it stands there.
///
/// Numbers are those of the file, which may be damaged: nothing but their form has been checked.
public struct FileMetadata: Sendable {
    /// The version of the format, 1 or 2; it says nothing about the encodings.
    public var version: Int32
    /// The schema's nodes, depth first, the root first.
    public var schema: [SchemaElement]
    /// The rows of all row groups.
    public var rowCount: Int
    /// The row groups.
    public var rowGroups: [RowGroup]
    /// What the writer wanted to be known besides, in the order of the file; a key may come twice.
    public var keyValueMetadata: [KeyValue] = []
    /// The program that wrote the file.
    public var createdBy: String?
    /// How the bounds of each leaf are to be understood; `nil` in old files.
    public var columnOrders: [ColumnOrder]?
    /// Whether some columns are encrypted, in a file whose footer is not.
    public var hasEncryptedColumns = false

    /// A key and its value (`KeyValue`).
    public struct KeyValue: Sendable, Equatable {
        /// The key.
        public var key: String
        /// The value, if there is one.
        public var value: String?
    }

    /// The order that bounds follow (`ColumnOrder`).
    public enum ColumnOrder: Sendable, Equatable {
        /// The order of the logical type, else of the physical one.
        case type
        /// IEEE 754's total order.
        case ieee754Total
        /// The order of the instants that INT96 stands for.
        case int96Timestamp
        /// One that this library does not know: its bounds must not be used.
        case unknown
    }

    /// A node of the schema (`SchemaElement`).
    public struct SchemaElement: Sendable, Equatable {
        /// The physical type (`Type`); `nil` for groups.
        public var physicalType: Int32?
        /// The bytes of a value of fixed length.
        public var typeLength: Int32?
        /// Required 0, optional 1, repeated 2; `nil` for the root.
        public var repetition: Int32?
        /// The name.
        public var name: String
        /// The number of children; `nil` for leaves.
        public var childCount: Int32?
        /// The older annotation (`ConvertedType`).
        public var convertedType: Int32?
        /// The digits behind a decimal's point, beside the older annotation.
        public var scale: Int32?
        /// A decimal's digits, beside the older annotation.
        public var precision: Int32?
        /// The number that the writer's own schema has for it.
        public var fieldID: Int32?
        /// The annotation (`LogicalType`).
        public var annotation: Annotation?
    }

    /// What a node of the schema means (`LogicalType`).
    public enum Annotation: Sendable, Equatable {
        /// A group that is a map.
        case map
        /// A group that is a list.
        case list
        /// Text.
        case string
        /// Text out of an enumeration.
        case enumeration
        /// A decimal number.
        case decimal(precision: Int32, scale: Int32)
        /// A day.
        case date
        /// A time of day; the unit is 1 for milliseconds, 2 for microseconds, 3 for nanoseconds.
        case time(unit: Int16, isAdjustedToUTC: Bool)
        /// An instant; units as in `time`.
        case timestamp(unit: Int16, isAdjustedToUTC: Bool)
        /// An integer.
        case integer(bitWidth: Int8, isSigned: Bool)
        /// Always NULL.
        case null
        /// JSON text.
        case json
        /// BSON documents.
        case bson
        /// A UUID.
        case uuid
        /// Half precision.
        case float16
        /// One of another kind, by its number in the union: the physical type says what is to be known.
        case unknown(Int16)
    }

    /// A row group (`RowGroup`).
    public struct RowGroup: Sendable {
        /// One chunk for each leaf of the schema.
        public var columns: [ColumnChunk]
        /// The bytes of its pages before compression.
        public var uncompressedByteCount: Int
        /// The rows.
        public var rowCount: Int
        /// By which leaves the rows are sorted.
        public var sortingColumns: [SortingColumn] = []
        /// Where its first page lies in the file.
        public var fileOffset: Int?
        /// The bytes of its pages.
        public var compressedByteCount: Int?
        /// Its number.
        public var ordinal: Int16?
    }

    /// A leaf that rows are sorted by (`SortingColumn`).
    public struct SortingColumn: Sendable, Equatable {
        /// The leaf's index.
        public var leafIndex: Int32
        /// Whether the greatest come first.
        public var isDescending: Bool
        /// Whether NULL comes first.
        public var hasNullsFirst: Bool
    }
}
