/// What a validation has found.
public struct ValidationReport: Sendable {
    /// What was looked at of a table.
    public struct Table: Sendable {
        /// Its name in the lake.
        public var name: String
        /// Schema and name in the database.
        public var source: String
        /// Whether a stream brings its changes.
        public var isStreamed: Bool
        /// Objects of days.
        public var fileCount = 0
        /// Their rows, deleted ones that are kept included.
        public var rowCount = 0
        /// Their bytes.
        public var byteCount = 0
        /// Days of which the rows were compared; nil if none were to be.
        public var comparedDays: Int?
        /// Rows of those days in the database.
        public var comparedRows: Int?
    }

    /// The lake, for messages.
    public var lake: String
    /// Whether the rows were compared.
    public var isDeep: Bool
    /// Whether days that differ were exported again.
    public var repairs: Bool
    /// The tables in the order of their names.
    public var tables: [Table]
    /// What was found, by table and day.
    public var findings: [ValidationFinding]
    /// How long it took.
    public var elapsed: Duration

    /// Whether nothing differs that was looked at; warnings do not count.
    public var isRight: Bool { !findings.contains { $0.severity == .failure && !$0.isRepaired } }
}
