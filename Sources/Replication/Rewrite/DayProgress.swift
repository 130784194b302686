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
struct DayProgress: Sendable, Equatable {
    /// An export's snapshot.
    struct Snapshot: Sendable, Equatable {
        var transactions: TransactionSnapshot
        /// As the footer has it.
        var text: String
        /// Where the log was after the snapshot was taken: no transaction that commits at or beyond it is in it.
        var lsn: LSN
    }

    /// The last change that was applied one by one.
    var applied: ChangePosition
    /// What the rows were exported from, if changes before its LSN may come yet.
    var snapshot: Snapshot?

    /// Whether a change is yet to be applied.
    func lacks(_ change: ChangeStampReference) -> Bool {
        guard change.position > applied else { return false }
        guard let snapshot, change.position.lsn < snapshot.lsn else { return true }
        return !snapshot.transactions.isVisible(xid: change.xid)
    }

    /// The progress once all changes up to a position have been applied.
    func advanced(to position: ChangePosition) -> DayProgress {
        let applied = max(applied, position)
        let isBeyond = snapshot.map { applied.lsn >= $0.lsn } ?? true
        return DayProgress(applied: applied, snapshot: isBeyond ? nil : snapshot)
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
        func value(_ key: String) -> String? { keyValues.last { $0.key == key }?.value }
        guard let lsn = value("sluice.lsn").flatMap({ LSN($0) }) else { return nil }
        let sequence = value("sluice.seq").flatMap { Int64($0) } ?? ChangePosition.wholeTransaction
        guard let text = value("sluice.snapshot") else {
            applied = ChangePosition(lsn: lsn, sequence: sequence)
            return
        }
        guard let transactions = TransactionSnapshot(text) else { return nil }
        snapshot = Snapshot(transactions: transactions, text: text, lsn: lsn)
        let last = value("sluice.applied").flatMap { LSN($0) }
        applied = last.map { ChangePosition(lsn: $0, sequence: sequence) } ?? .start
    }

    /// The footer's keys and values.
    var keyValues: [(key: String, value: String)] {
        var pairs: [(key: String, value: String)] = []
        if let snapshot {
            pairs.append(("sluice.lsn", "\(snapshot.lsn)"))
            pairs.append(("sluice.snapshot", snapshot.text))
            if applied > .start { pairs.append(("sluice.applied", "\(applied.lsn)")) }
        } else {
            pairs.append(("sluice.lsn", "\(applied.lsn)"))
        }
        if applied.sequence != ChangePosition.wholeTransaction { pairs.append(("sluice.seq", "\(applied.sequence)")) }
        return pairs
    }
}
