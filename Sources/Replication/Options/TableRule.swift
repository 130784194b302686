public import PostgresWire

/// What the configuration says about the tables of one name or pattern.
public struct TableRule: Sendable, Hashable {
    /// The tables this is about.
    public var pattern: TablePattern
    /// What holds for them.
    public var options: TableOptions

    /// Ties options to tables.
    public init(pattern: TablePattern, options: TableOptions) {
        self.pattern = pattern
        self.options = options
    }
}
