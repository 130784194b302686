import Lake
import ObjectStorage
import PostgresWire

/// The changes of a table in the order in which they were committed, out of many files.
///
/// Files follow one another, each opened when its turn comes; those whose transactions overlap are open at the same time
/// and merged. They overlap where a commit date ends, where a table was altered within a transaction, and while files are
/// merged into others. A change that comes in several files is the same in all of them, and is yielded once.
///
/// Used by one thread at a time, which it blocks.
final class ChangeSource {
    /// The bytes of a portion of a file.
    private static let portionByteCount = 4 << 20
    /// The bytes of the portions of all files that are open at the same time.
    private static let allPortionsByteCount = 16 << 20
    private static let leastPortionByteCount = 64 << 10

    private let store: any ObjectStore
    private let through: ChangePosition
    private let snapshot: TransactionSnapshot?
    private var waiting: ArraySlice<ChangeFile>
    private var open: [ChangeFileReader] = []

    /// The last change that was yielded, or the position after which reading began.
    private(set) var position: ChangePosition

    /// Prepares to read; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - files: Files of one table, as ``ChangeFiles`` finds them.
    ///   - store: The lake.
    ///   - after: The position behind which changes are wanted.
    ///   - through: The last one wanted.
    ///   - snapshot: Changes of transactions that it does not see are passed over; nil for none.
    init(
        files: [ChangeFile],
        in store: any ObjectStore,
        after: ChangePosition,
        through: ChangePosition,
        seenBy snapshot: TransactionSnapshot? = nil
    ) {
        self.store = store
        self.through = through
        self.snapshot = snapshot
        position = after
        waiting = files.filter { $0.end > after && $0.name.first <= through.lsn }.sorted()[...]
    }

    /// Reads the next changes.
    ///
    /// - Parameters:
    ///   - maximumByteCount: The memory that the batch is to take, about; one change is yielded whatever it takes.
    ///   - isOfPass: Whether what a pass knows of each row counts as well: see ``PassReader``.
    /// - Returns: Changes of one file; nil after the last one.
    /// - Throws: ``ReplicationError`` if a file cannot be read; transient if it was merged into another meanwhile.
    func next(maximumByteCount: Int, ofPass isOfPass: Bool = false) throws(ReplicationError) -> ChangeBatch? {
        while true {
            try settle()
            guard let current = open.min(by: { Self.isBefore($0, $1) }) else { return nil }
            if let batch = try take(from: current, maximumByteCount, ofPass: isOfPass) { return batch }
        }
    }

    /// Takes changes of the file whose turn it is; nil if the snapshot sees none of them.
    private func take(
        from current: ChangeFileReader,
        _ maximumByteCount: Int,
        ofPass isOfPass: Bool
    ) throws(ReplicationError) -> ChangeBatch? {
        let rowByteCount = current.rowByteCount
        let cost = isOfPass ? ChangeBatch.passByteCount(rowCount: 1, byteCount: rowByteCount) : rowByteCount
        let limit = max(1, maximumByteCount / max(1, cost))
        var count = 0
        while count < limit {
            let reach = min(limit, bound(of: current).map { current.count(through: $0) } ?? current.count)
            guard reach > count else { break }
            count = reach
            position = current.position(at: count - 1)
            // What others have of the same changes goes unseen, which may make way for more.
            for other in open where other !== current {
                other.skip(through: position)
                try load(other)
            }
        }
        return try current.take(count)
    }

    /// The position up to which a file's changes come before those of all others.
    private func bound(of reader: ChangeFileReader) -> ChangePosition? {
        let others = open.compactMap { $0 === reader ? nil : $0.next }
        let unopened = waiting.first.map { ChangePosition(before: $0.name.first) }
        return (others + [unopened].compactMap(\.self)).min()
    }

    /// Has a change of every open file in memory, and opens the files that the next change may be in.
    private func settle() throws(ReplicationError) {
        for reader in open { try load(reader) }
        while let file = waiting.first, open.allSatisfy({ $0.next.map { file.name.first <= $0.lsn } ?? true }) {
            waiting.removeFirst()
            let reader = try ChangeFileReader(file, in: store, after: position, through: through, seenBy: snapshot)
            open.append(reader)
            try load(reader)
        }
    }

    /// Has a change of an open file in memory; a file that has none left is closed.
    private func load(_ reader: ChangeFileReader) throws(ReplicationError) {
        let share = max(Self.leastPortionByteCount, Self.allPortionsByteCount / max(1, open.count))
        guard try !reader.load(byteCount: min(Self.portionByteCount, share)) else { return }
        open.removeAll { $0 === reader }
    }

    private static func isBefore(_ reader: ChangeFileReader, _ other: ChangeFileReader) -> Bool {
        guard let next = reader.next, let otherNext = other.next else { return reader.next != nil }
        return next < otherNext
    }
}
