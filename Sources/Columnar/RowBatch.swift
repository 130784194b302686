/// Some rows of a table, by column.
public final class RowBatch {
    /// The columns, in the order of the schema.
    public let columns: [Column]

    /// Creates a batch without rows.
    public init(schema: TableSchema) {
        columns = schema.fields.map { Column(type: $0.type) }
    }

    /// Creates a batch of columns that have one slot for each row.
    public init(columns: [Column]) {
        self.columns = columns
    }

    /// The number of rows, once every column has been appended to.
    public var rowCount: Int { columns.first?.slotCount ?? 0 }

    /// The bytes of all values.
    public var valueByteCount: Int { columns.reduce(0) { $0 + $1.valueByteCount } }

    /// The bytes of memory held.
    public var allocatedByteCount: Int { columns.reduce(0) { $0 + $1.allocatedByteCount } }

    /// Forgets all rows, keeping the memory.
    public func removeAll() {
        for column in columns { column.removeAll() }
    }
}
