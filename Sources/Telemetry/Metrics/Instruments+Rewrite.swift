extension Instruments {
    /// What a rewriting has done to a table.
    public struct RewriteFigures: Sendable, Equatable {
        /// Passes over pending changes.
        public var passes: Int
        /// Changes that were taken up.
        public var changes: Int
        /// Days that were written, or have lost their file.
        public var days: Int
        /// Rows that came, changed or went.
        public var rows: Int
        /// How long it took.
        public var elapsed: Duration

        /// States what was done.
        public init(passes: Int, changes: Int, days: Int, rows: Int, elapsed: Duration) {
            self.passes = passes
            self.changes = changes
            self.days = days
            self.rows = rows
            self.elapsed = elapsed
        }
    }

    /// What the current rows of a table have not taken up.
    public struct PendingFigures: Sendable, Equatable {
        /// Files of changes.
        public var files: Int
        /// Their size.
        public var bytes: Int
        /// How long the oldest has been there.
        public var age: Duration

        /// States what is pending.
        public init(files: Int, bytes: Int, age: Duration) {
            self.files = files
            self.bytes = bytes
            self.age = age
        }
    }

    /// Notes that a table's changes were taken up.
    public func rewrote(_ table: String, _ figures: RewriteFigures) {
        registry.add(Double(figures.passes), to: .rewritePasses, [table])
        registry.add(Double(figures.changes), to: .rewrittenChanges, [table])
        registry.add(Double(figures.days), to: .rewrittenDays, [table])
        registry.add(Double(figures.rows), to: .rewrittenRows, [table])
        registry.add(figures.elapsed / .seconds(1), to: .rewriteSeconds, [table])
    }

    /// Notes that a table's changes could not be taken up.
    public func rewriteFailed(_ table: String) { registry.add(1, to: .rewriteFailures, [table]) }

    /// Notes what is pending, for all tables at once.
    public func sawPending(_ tables: [String: PendingFigures]) {
        registry.replace(.pendingFiles, with: tables.mapValues { Double($0.files) })
        registry.replace(.pendingBytes, with: tables.mapValues { Double($0.bytes) })
        registry.replace(.pendingSeconds, with: tables.mapValues { $0.age / .seconds(1) })
    }
}
