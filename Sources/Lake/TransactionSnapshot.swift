/// Which transactions a query has seen, as `pg_current_snapshot()` prints it: `xmin:xmax:xip,…`.
///
/// Transactions before `xmax` were complete, except for those that `xip` lists, none of which is before `xmin`
/// (PostgreSQL documentation, "Transaction ID and Snapshot Information Functions").
public struct TransactionSnapshot: Sendable, Equatable {
    let xmin: UInt64
    let xmax: UInt64
    let running: Set<UInt64>

    /// Reads a snapshot; `nil` if the text has another form.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 3, let xmin = Self.number(parts[0]), let xmax = Self.number(parts[1]), xmin <= xmax else {
            return nil
        }
        var running: Set<UInt64> = []
        if !parts[2].isEmpty {
            for part in parts[2].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
                guard let xid = Self.number(part), xid >= xmin, xid < xmax else { return nil }
                running.insert(xid)
            }
        }
        self.xmin = xmin
        self.xmax = xmax
        self.running = running
    }

    /// Whether a transaction had committed when the snapshot was taken, given that it has committed at all.
    ///
    /// The number is that of a transaction without its epoch: of all that have it the one nearest to the snapshot is
    /// meant, as two billion others cannot come between a change and the files that it belongs to.
    public func isVisible(xid: UInt32) -> Bool {
        let distance = Int32(bitPattern: xid &- UInt32(truncatingIfNeeded: xmax))
        guard distance < 0 else { return false }
        let (widened, isBeforeAll) = xmax.subtractingReportingOverflow(UInt64(distance.magnitude))
        // Nothing was before the first epoch: the transaction is of the end of that one, or of none that there was.
        return !isBeforeAll && !running.contains(widened)
    }

    /// Whether all transactions of a range of numbers are seen for certain, as none of them was running or to come.
    public func seesAll(from least: UInt32, through greatest: UInt32) -> Bool {
        let end = UInt32(truncatingIfNeeded: xmin)
        let (first, last) = (Int32(bitPattern: least &- end), Int32(bitPattern: greatest &- end))
        return least <= greatest && first <= last && last < 0
    }

    /// Digits alone: what is read elsewhere than from the server may have anything.
    private static func number(_ digits: Substring.UTF8View) -> UInt64? {
        guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return UInt64(Substring(digits))
    }
}
