/// What tells whether the rows that the lake has of a table are still those that its names promise.
///
/// A column's name says little: a migration drops one and gives its name to another, under which no change tells of the
/// older rows' values. PostgreSQL numbers the columns of a table and never gives a number twice, so the number
/// (`pg_attribute.attnum`) is what a name is held against.
public struct TableShape: Codable, Sendable, Equatable {
    /// A column of the table that comes into the lake, or did.
    public struct Column: Codable, Sendable, Equatable {
        /// Its name in the table.
        public var name: String
        /// Its number there, from 1 on.
        public var number: Int
        /// What is kept of its values; nil for all of them.
        public var mask: String?
        /// Whether it came into the lake when the table was last looked at.
        public var isPresent: Bool

        /// Describes a column that comes into the lake.
        public init(name: String, number: Int, mask: String? = nil) {
            self.name = name
            self.number = number
            self.mask = mask
            isPresent = true
        }
    }

    /// Columns that come into the lake or ever did, one of a name.
    public private(set) var columns: [Column]
    /// The largest number that a column of the table has had (`pg_class.relnatts`).
    public private(set) var columnCount: Int
    /// The column of the table that rows find their day by, and the time zone; nil if the table is one object.
    public private(set) var partition: String?

    /// Describes a table.
    public init(columns: [Column], columnCount: Int, partition: String?) {
        self.columns = columns
        self.columnCount = columnCount
        self.partition = partition
    }

    /// Why rows that came into the lake under a former shape are not what they have to be under this one; nil if they
    /// are.
    ///
    /// A column that the table had already, but that did not come in under its name, has values in older rows, of which
    /// no change tells.
    public func reasonToLoad(since former: TableShape) -> String? {
        for column in columns where column.isPresent {
            guard let known = former.columns.first(where: { $0.name.isSameName(as: column.name) }) else {
                guard column.number <= former.columnCount else { continue }
                return "its column \(column.name) had another name or was left out"
            }
            if known.number != column.number { return "its column \(column.name) is another one than before" }
            if known.mask != column.mask { return "its column \(column.name) is masked otherwise than before" }
            if !known.isPresent { return "its column \(column.name) has come back" }
        }
        return partition == former.partition ? nil : "its rows find their day otherwise than before"
    }

    /// Takes over what a former shape knew of columns that this one does not describe.
    ///
    /// - Parameters:
    ///   - former: The former shape.
    ///   - isThere: Whether such a column comes into the lake nevertheless: this shape may be older than the former one.
    /// - Returns: The shape with those columns.
    public func remembering(_ former: TableShape, isThere: (Column) -> Bool) -> TableShape {
        var shape = self
        for var column in former.columns where !columns.contains(where: { $0.name.isSameName(as: column.name) }) {
            column.isPresent = column.isPresent && isThere(column)
            shape.columns.append(column)
        }
        shape.columnCount = max(columnCount, former.columnCount)
        return shape
    }
}
