import Lake
import PostgresWire

/// Cuts a table's changes into passes: each as much as memory takes, and of rows that are told apart in the same way.
///
/// Small rows cost more than the bytes of their changes: what a pass knows of each row, its key, where it is and where it
/// goes, takes ``ChangeBatch/plannedRowByteCount`` beside. Both together may take twice the memory of the changes.
struct PassReader {
    /// The share of a pass that is read at once, at least.
    private static let smallestShare = 64

    private let source: ChangeSource
    private let end: ChangePosition
    private let byteCount: Int
    /// The position before which no pass ends because of its memory.
    private let least: ChangePosition
    /// Changes that were read and belong to the next pass.
    private var pending: ChangeBatch?
    private var isExhausted = false

    /// Prepares to read.
    ///
    /// - Parameters:
    ///   - source: The changes.
    ///   - end: Which position is reached once there are no more.
    ///   - byteCount: The memory that the changes of a pass may take, and half of what they take with all that is known of
    ///     their rows.
    ///   - least: The position before which no pass ends because of its memory.
    init(_ source: ChangeSource, end: ChangePosition, byteCount: Int, least: ChangePosition = .start) {
        self.least = least
        self.source = source
        self.end = end
        self.byteCount = byteCount
    }

    /// Reads the changes of the next pass.
    ///
    /// - Returns: The changes; nil if there are none left.
    /// - Throws: ``ReplicationError``.
    mutating func next() throws -> PassChanges? {
        var batches: [ChangeBatch] = []
        var description: TableDescription?
        var left = byteCount
        while let batch = try take(max(left, byteCount / Self.smallestShare)) {
            let own = try Self.description(of: batch)
            if let known = description, !known.tellsRowsApart(like: own) {
                pending = batch
                break
            }
            description = own
            batches.append(batch)
            // Of rows that are told apart by all of their values, these are the key as well.
            left -= batch.passByteCount * (own.key.isEmpty && own.identity == .full ? 2 : 1)
            guard left > 0 || Self.lastPosition(of: batch) < least else {
                pending = try take(byteCount)
                break
            }
        }
        guard let description, let last = batches.last else { return nil }
        do {
            return try PassChanges(batches, description: description, end: end(after: last))
        } catch let error as RowLayout.Conflict {
            throw ReplicationError.unreadableChanges(
                last.file.key,
                "column \(error.column) has type \(error.types[1].parquetText) there and "
                    + "\(error.types[0].parquetText) in the file before"
            )
        }
    }

    private mutating func take(_ byteCount: Int) throws -> ChangeBatch? {
        if let batch = pending.take() { return batch }
        guard !isExhausted else { return nil }
        let batch = try source.next(maximumByteCount: byteCount, ofPass: true)
        isExhausted = batch == nil
        return batch
    }

    /// Which position is reached with a batch.
    private func end(after batch: ChangeBatch) -> ChangePosition {
        guard let next = pending?.lsns.first else { return end }
        let last = batch.lsns[batch.rowCount - 1]
        return ChangePosition(
            lsn: LSN(rawValue: UInt64(bitPattern: last)),
            sequence: next == last ? batch.sequences[batch.rowCount - 1] : ChangePosition.wholeTransaction
        )
    }

    private static func lastPosition(of batch: ChangeBatch) -> ChangePosition {
        guard let lsn = batch.lsns.last, let sequence = batch.sequences.last else { return .start }
        return ChangePosition(lsn: LSN(rawValue: UInt64(bitPattern: lsn)), sequence: sequence)
    }

    private static func description(of batch: ChangeBatch) throws(ReplicationError) -> TableDescription {
        guard let description = TableDescription(keyValues: batch.file.metadata.map { (key: $0.key, value: $0.value) })
        else {
            throw .unreadableChanges(batch.file.key, "its footer does not describe the table")
        }
        return description
    }
}

extension TableDescription {
    /// Whether rows are told apart and find their day as another description says.
    fileprivate func tellsRowsApart(like other: TableDescription) -> Bool {
        func names(_ columns: [String]) -> [[UInt8]] { columns.map { Array($0.utf8) } }
        guard names(key) == names(other.key), partition == other.partition else { return false }
        guard key.isEmpty else { return true }
        // A row that is named by all of its columns has the same ones.
        guard identity == other.identity else { return false }
        return identity != .full || names(columns.map(\.name)) == names(other.columns.map(\.name))
    }
}
