import Ingest
import PostgresWire

/// Knows where in a transaction the stream is, and numbers its changes.
///
/// Pure: it is told of each message and holds nothing else.
struct TransactionTracker {
    /// A transaction whose changes are arriving.
    struct Transaction: Equatable {
        /// What all its changes share; the sequence is that of the last one.
        var stamp: ChangeStamp
        /// Days from 1970-01-01 to its commit, in UTC.
        var commitDay: Int32
        /// Whether the lake has it already.
        var isKnown: Bool
    }

    /// What went against the protocol.
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    /// The running transaction; nil between transactions.
    private(set) var transaction: Transaction?
    private let position: LSN

    /// Begins between transactions.
    ///
    /// - Parameter position: Transactions that end here or before are in the lake already.
    init(after position: LSN) {
        self.position = position
    }

    /// Begins a transaction, named by its commit's position and time (microseconds since 2000-01-01 UTC).
    mutating func begin(commitLSN: LSN, committedAt: Int64, xid: UInt32) throws(Violation) {
        guard transaction == nil else { throw Violation(description: "a transaction begins within another") }
        let (microseconds, overflow) = committedAt.addingReportingOverflow(CalendarText.epochMicroseconds)
        guard !overflow, commitLSN.rawValue <= UInt64(Int64.max) else {
            throw Violation(description: "a transaction has an impossible commit time or position")
        }
        let day = microseconds.flooredDivision(by: CalendarText.microsecondsPerDay).quotient
        transaction = Transaction(
            stamp: ChangeStamp(
                operation: .insert,
                lsn: Int64(commitLSN.rawValue),
                sequence: 0,
                xid: xid,
                committedAt: microseconds
            ),
            commitDay: Int32(clamping: day),
            // Records do not overlap: one that begins before a position where another has ended ends there or before.
            isKnown: commitLSN < position
        )
    }

    /// Numbers a change.
    ///
    /// - Returns: Its stamp, or nil if the lake has it already.
    @inline(__always)
    mutating func change(_ operation: ChangeStamp.Operation) throws(Violation) -> ChangeStamp? {
        guard transaction != nil else { throw Violation(description: "a change stands outside of any transaction") }
        transaction?.stamp.sequence += 1
        transaction?.stamp.operation = operation
        guard let transaction, !transaction.isKnown else { return nil }
        return transaction.stamp
    }

    /// Ends the transaction.
    ///
    /// - Returns: The transaction that is complete now.
    mutating func commit(commitLSN: LSN, endLSN: LSN) throws(Violation) -> Transaction {
        guard let ended = transaction else {
            throw Violation(description: "a commit stands outside of any transaction")
        }
        guard UInt64(ended.stamp.lsn) == commitLSN.rawValue, endLSN > commitLSN else {
            throw Violation(description: "a commit belongs to another transaction than the one before it")
        }
        transaction = nil
        return ended
    }
}
