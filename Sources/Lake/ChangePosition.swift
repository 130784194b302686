public import PostgresWire

/// How far changes have been applied: the last one that was, by the order in which they were committed.
///
/// `(_lsn, _seq)` of a change. A pass that ends between two transactions names the former as a whole.
public struct ChangePosition: Sendable, Hashable {
    /// The commit LSN of the change's transaction.
    public var lsn: LSN
    /// The change's ordinal in its transaction; ``wholeTransaction`` for all of them.
    public var sequence: Int64

    /// Later than every change of a transaction.
    public static let wholeTransaction = Int64.max
    /// Before all changes.
    public static let start = ChangePosition(lsn: LSN(rawValue: 0))

    /// Names a change, or the last one of a transaction.
    public init(lsn: LSN, sequence: Int64 = Self.wholeTransaction) {
        self.lsn = lsn
        self.sequence = sequence
    }

    /// The last position before those of transactions that commit at an LSN or later.
    public init(before lsn: LSN) {
        self.init(lsn: LSN(rawValue: lsn.rawValue > 0 ? lsn.rawValue - 1 : 0))
    }
}

extension ChangePosition: Comparable, CustomStringConvertible {
    /// Orders by commit, then within the transaction.
    public static func < (left: ChangePosition, right: ChangePosition) -> Bool {
        left.lsn != right.lsn ? left.lsn < right.lsn : left.sequence < right.sequence
    }

    /// The position for messages.
    public var description: String {
        sequence == Self.wholeTransaction ? "\(lsn)" : "\(lsn), change \(sequence)"
    }
}
