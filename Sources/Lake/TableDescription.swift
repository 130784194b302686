import Foundation

/// What the footer of a file says of the table whose rows or changes it holds.
///
/// ```
/// sluice.version     the release that wrote the file
/// sluice.table       billing.invoices
/// sluice.columns     [{"key":true,"name":"id","type":"bigint"},…]
/// sluice.key         ["id"]
/// sluice.identity    default | full | index | nothing
/// sluice.partition   {"column":"created_at","time_zone":"UTC"}
/// ```
public struct TableDescription: Codable, Sendable, Equatable {
    /// A column, without those that every file of its kind has.
    public struct Column: Codable, Sendable, Equatable {
        /// Its name in the lake.
        public var name: String
        /// Its type, as `format_type` prints it; empty if the catalog no longer knew it.
        public var type: String
        /// Whether it belongs to the primary key.
        public var key: Bool
        /// Tells what is kept of its values from what is under other settings; nil if all is.
        public var mask: String?

        /// Describes a column.
        public init(name: String, type: String, key: Bool, mask: String? = nil) {
            self.name = name
            self.type = type
            self.key = key
            self.mask = mask
        }
    }

    /// What tells the former version of a changed row apart (`relreplident`).
    public enum Identity: String, Codable, Sendable, CaseIterable {
        /// The primary key.
        case primaryKey = "default"
        /// All columns.
        case full
        /// The columns of a unique index.
        case index
        /// Nothing: updates and deletes are not published.
        case nothing
    }

    /// How rows find their day.
    public struct Partition: Codable, Sendable, Equatable {
        /// The column's name in the lake.
        public var column: String
        /// The IANA name of the time zone in which days begin.
        public var timeZone: String

        private enum CodingKeys: String, CodingKey {
            case column
            case timeZone = "time_zone"
        }

        /// Describes how rows find their day.
        public init(column: String, timeZone: String) {
            self.column = column
            self.timeZone = timeZone
        }
    }

    /// Schema and name in the database, with a dot between.
    public var table: String
    /// The table's columns.
    public var columns: [Column]
    /// The columns, by their names in the lake, by which a row is told apart; empty if there are none.
    public var key: [String]
    /// What changes tell of a row's former version; nil in files of rows.
    public var identity: Identity?
    /// How rows find their day; nil if the table is one object.
    public var partition: Partition?

    /// Describes a table.
    public init(
        table: String,
        columns: [Column],
        key: [String],
        identity: Identity? = nil,
        partition: Partition? = nil
    ) {
        self.table = table
        self.columns = columns
        self.key = key
        self.identity = identity
        self.partition = partition
    }
}

// MARK: - Footer

extension TableDescription {
    private enum Entry: String {
        case version = "sluice.version"
        case table = "sluice.table"
        case columns = "sluice.columns"
        case key = "sluice.key"
        case identity = "sluice.identity"
        case partition = "sluice.partition"
    }

    /// The footer's keys and values, with the release that writes them.
    public var footerEntries: [(key: String, value: String)] {
        var entries = [
            (Entry.version, ReleaseVersion.current), (.table, table), (.columns, Self.json(columns)),
            (.key, Self.json(key)),
        ]
        if let identity { entries.append((.identity, identity.rawValue)) }
        if let partition { entries.append((.partition, Self.json(partition))) }
        return entries.map { (key: $0.0.rawValue, value: $0.1) }
    }

    /// Reads what ``footerEntries`` has written; other keys are left aside.
    ///
    /// A file without `sluice.key` has the columns that are marked as key ones.
    ///
    /// - Returns: `nil` if the table or its columns are missing, or an entry is not what it should be.
    public init?(keyValues: some Sequence<(key: String, value: String)>) {
        let entries = Dictionary(keyValues.map { ($0.key, $0.value) }) { first, _ in first }
        guard let table = entries[Entry.table.rawValue],
            let columns = entries[Entry.columns.rawValue].flatMap({ Self.decode([Column].self, $0) })
        else { return nil }
        self.init(table: table, columns: columns, key: columns.filter(\.key).map(\.name))
        if let text = entries[Entry.key.rawValue] {
            guard let key = Self.decode([String].self, text) else { return nil }
            self.key = key
        }
        if let text = entries[Entry.identity.rawValue] {
            guard let identity = Identity(rawValue: text) else { return nil }
            self.identity = identity
        }
        if let text = entries[Entry.partition.rawValue] {
            guard let partition = Self.decode(Partition.self, text) else { return nil }
            self.partition = partition
        }
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Names and flags always have a form in JSON.
        guard let bytes = try? encoder.encode(value) else { return "null" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) -> Value? {
        try? JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
