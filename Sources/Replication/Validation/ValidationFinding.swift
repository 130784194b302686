import Lake

/// Something that a validation has found and that is not as it should be.
public struct ValidationFinding: Sendable, Equatable {
    /// How bad it is.
    public enum Severity: String, Sendable, Encodable {
        /// Database and lake differ, or could not be compared.
        case failure
        /// Something looks odd, or will differ if nothing is done.
        case warning
    }

    /// What kind of thing it is.
    public enum Kind: String, Sendable, Encodable {
        /// The database has rows of a day, or of the table, and the lake has no object.
        case missing
        /// The lake has rows of a day of which the database has none.
        case extra
        /// An object is there and cannot be read.
        case damaged
        /// Rows differ.
        case differs
        /// The rows of a day could not be compared.
        case uncompared
        /// A file's columns or what it says of itself do not agree with the database and the settings.
        case schema
        /// A file's size or number of rows is implausible.
        case size
        /// An object lies among the days that is none of them.
        case stray
        /// The stream does not bring changes, or not in time.
        case stream
        /// The catalog lacks something of the table, or cannot be asked.
        case catalog
        /// The table itself cannot be looked at.
        case table
        /// Days that differ could not be exported again.
        case repair
    }

    /// How bad it is.
    public var severity: Severity
    /// What kind of thing it is.
    public var kind: Kind
    /// The table's name in the lake; nil if it is about the stream or the whole catalog.
    public var table: String?
    /// The day, `2025-01-31`; `all` of a table without days; nil if it is about no day.
    public var day: String?
    /// The key of the object.
    public var file: String?
    /// The last change that the object says it holds.
    public var lsn: String?
    /// One sentence.
    public var text: String
    /// Rows in the database and in the lake, where they were counted.
    public var databaseRows: Int?
    /// Rows in the lake, where they were counted.
    public var lakeRows: Int?
    /// The columns whose values differ.
    public var columns: [String]?
    /// Whether the day was exported again since, and agrees by now.
    public var isRepaired = false

    init(
        _ severity: Severity,
        _ kind: Kind,
        table: String? = nil,
        day: String? = nil,
        file: String? = nil,
        _ text: String
    ) {
        self.severity = severity
        self.kind = kind
        self.table = table
        self.day = day
        self.file = file
        self.text = text
    }

    /// What it is about, for people.
    var subject: String { table ?? (kind == .catalog ? "catalog" : "stream") }

    /// Whether exporting the day again puts it right.
    var isRepairable: Bool {
        guard severity == .failure, day != nil else { return false }
        return [.missing, .extra, .damaged, .differs].contains(kind)
    }
}

extension ValidationFinding: Encodable {
    private enum CodingKeys: String, CodingKey {
        case severity, kind, table, day, file, lsn, text, columns
        case databaseRows = "database_rows"
        case lakeRows = "lake_rows"
        case isRepaired = "repaired"
    }
}
