import Lake
import Parquet
import PostgresWire

/// Which changes the object of a day holds, as its footer says.
///
/// | key | value |
/// |---|---|
/// | `sluice.lsn` | the commit LSN of the last change that was applied; of an export its snapshot's LSN |
/// | `sluice.snapshot` | the snapshot of an export, until changes beyond its LSN have been applied |
/// | `sluice.applied` | beside a snapshot: the commit LSN of the last change that was applied to the export |
/// | `sluice.seq` | the ordinal of that change in its transaction, if others of the transaction are pending |
/// | `sluice.deleted.…` | the same of the rows that are marked as deleted: an export has taken them from the object before |
/// | `sluice.deleted.1.…` | the same of those that hold more: they were current in an export which had taken over rows itself, or taken in ahead there; and so on |
struct DayProgress: Sendable, Equatable {
    /// An export's snapshot.
    struct Snapshot: Sendable, Equatable {
        var transactions: TransactionSnapshot
        /// As the footer has it.
        var text: String
        /// Where the log was after the snapshot was taken: no transaction that commits at or beyond it is in it.
        var lsn: LSN
    }

    /// Which changes some rows hold.
    struct Held: Sendable, Equatable {
        /// The last change that was applied one by one.
        var applied: ChangePosition
        /// What the rows were exported from, if changes before its LSN may come yet.
        var snapshot: Snapshot?

        init(applied: ChangePosition, snapshot: Snapshot? = nil) {
            self.applied = applied
            self.snapshot = snapshot
        }
    }

    /// What all rows hold but those that are marked as deleted.
    private(set) var rows: Held
    /// What the rows hold that are marked as deleted, by their generation; none if it is what the others hold.
    ///
    /// Each export of several on end, which no pass has come between, lets the rows go on that it finds, as the next
    /// generation: see ``KeptRows``.
    var generations: [Held]

    init(applied: ChangePosition, snapshot: Snapshot? = nil, generations: [Held] = []) {
        rows = Held(applied: applied, snapshot: snapshot)
        self.generations = generations
    }

    /// The last change that was applied one by one.
    var applied: ChangePosition { rows.applied }
    /// What the rows were exported from, if changes before its LSN may come yet.
    var snapshot: Snapshot? { rows.snapshot }
    /// What the rows of an export's object would hold that it takes from this one.
    var kept: [Held] { generations + [rows] }

    /// Whether a change is yet to be applied.
    func lacks(_ change: ChangeStampReference) -> Bool { rows.lacks(change) }

    /// Whether a change is yet to be applied to the rows of a generation that are marked as deleted.
    func lacks(_ change: ChangeStampReference, ofGeneration number: Int) -> Bool {
        rows.lacks(change) || generations.indices.contains(number) && generations[number].lacks(change)
    }

    /// The progress once all changes up to a position have been applied.
    func advanced(to position: ChangePosition) -> DayProgress {
        let rows = rows.advanced(to: position)
        // Beyond the snapshot no change is left that it sees and the rows before it did not.
        let generations = rows.snapshot == nil ? [] : generations.map { $0.advanced(to: position) }
        return DayProgress(applied: rows.applied, snapshot: rows.snapshot, generations: generations)
    }
}

extension DayProgress.Held {
    fileprivate func lacks(_ change: ChangeStampReference) -> Bool {
        guard change.position > applied else { return false }
        guard let snapshot, change.position.lsn < snapshot.lsn else { return true }
        return !snapshot.transactions.isVisible(xid: change.xid)
    }

    fileprivate func advanced(to position: ChangePosition) -> Self {
        let applied = max(applied, position)
        let isBeyond = snapshot.map { applied.lsn >= $0.lsn } ?? true
        return Self(applied: applied, snapshot: isBeyond ? nil : snapshot)
    }
}

/// A change as far as it matters whether an object holds it.
struct ChangeStampReference: Sendable, Equatable {
    var position: ChangePosition
    var xid: UInt32
}

extension DayProgress {
    /// Reads a footer's keys; nil if they are not those of a day's object.
    init?(_ reader: ParquetFileReader) {
        self.init(reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") })
    }

    /// Reads keys and values; nil if they are not those of a day's object.
    init?(_ keyValues: [(key: String, value: String)]) {
        guard let rows = Held(keyValues, prefix: Held.prefix) else { return nil }
        self.rows = rows
        generations = []
        while let held = Held(keyValues, prefix: Held.prefix(ofGeneration: generations.count)) {
            generations.append(held)
        }
    }

    /// The footer's keys and values.
    var keyValues: [(key: String, value: String)] {
        rows.keyValues(prefix: Held.prefix)
            + generations.enumerated().flatMap { $1.keyValues(prefix: Held.prefix(ofGeneration: $0)) }
    }
}

extension DayProgress.Held {
    fileprivate static let prefix = "sluice."
    fileprivate static func prefix(ofGeneration number: Int) -> String {
        number == 0 ? "sluice.deleted." : "sluice.deleted.\(number)."
    }

    fileprivate init?(_ keyValues: [(key: String, value: String)], prefix: String) {
        func value(_ key: String) -> String? { keyValues.last { $0.key == prefix + key }?.value }
        guard let lsn = value("lsn").flatMap({ LSN($0) }) else { return nil }
        let sequence = value("seq").flatMap { Int64($0) } ?? ChangePosition.wholeTransaction
        guard let text = value("snapshot") else {
            applied = ChangePosition(lsn: lsn, sequence: sequence)
            return
        }
        guard let transactions = TransactionSnapshot(text) else { return nil }
        snapshot = DayProgress.Snapshot(transactions: transactions, text: text, lsn: lsn)
        let last = value("applied").flatMap { LSN($0) }
        applied = last.map { ChangePosition(lsn: $0, sequence: sequence) } ?? .start
    }

    fileprivate func keyValues(prefix: String) -> [(key: String, value: String)] {
        var pairs: [(key: String, value: String)] = []
        func add(_ key: String, _ value: String) { pairs.append((prefix + key, value)) }
        if let snapshot {
            add("lsn", "\(snapshot.lsn)")
            add("snapshot", snapshot.text)
            if applied > .start { add("applied", "\(applied.lsn)") }
        } else {
            add("lsn", "\(applied.lsn)")
        }
        if applied.sequence != ChangePosition.wholeTransaction { add("seq", "\(applied.sequence)") }
        return pairs
    }
}
