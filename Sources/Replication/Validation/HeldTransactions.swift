import Columnar
import Lake
import ObjectStorage
import Parquet
import PostgresWire

/// Finds transactions whose changes days hold already while a snapshot does not see them.
///
/// A commit is in the log before others see it: a moment before, or as long as it waits for a synchronous standby.
struct HeldTransactions {
    /// Files whose changes came so long before the newest are passed over, unless commits may wait for a standby.
    private static let recentSeconds: Int64 = 600
    /// Files that are read at the same time.
    private static let concurrentReads = 8

    let store: any ObjectStore
    let checkpoint: Checkpoint
    /// Whether commits may wait for a standby: then changes of a whole day are looked at.
    let mayWait: Bool

    /// Reads the numbers of such transactions.
    ///
    /// - Parameters:
    ///   - table: The table's name in the lake.
    ///   - end: The last change that any of its days holds.
    ///   - snapshot: The snapshot.
    /// - Returns: The transactions.
    /// - Throws: ``ReplicationError`` if changes cannot be read.
    func read(
        of table: String,
        through end: ChangePosition,
        unseenBy snapshot: TransactionSnapshot
    ) throws -> Set<UInt32> {
        let (store, checkpoint) = (store, checkpoint)
        let last = checkpoint.committedAt.flatMap { CalendarDate(String($0.prefix(10))) }
        var files = try waitForResult {
            try await ChangeFiles(store: store, checkpoint: checkpoint)
                .list(of: table, after: .start, since: last?.advanced(by: -1))
        }
        files = files.filter { $0.name.first <= end.lsn }
        if !mayWait {
            let newest = files.map(\.object.modified).max() ?? 0
            files = files.filter { $0.object.modified >= newest - Self.recentSeconds }
        }
        let found = FoundTransactions()
        let all = files
        concurrently(all.count, width: Self.concurrentReads) { index in
            let result = Result { try Self.unseen(in: all[index], store, through: end, snapshot) }
            found.note(result)
        }
        return try found.transactions()
    }

    private static func unseen(
        in file: ChangeFile,
        _ store: any ObjectStore,
        through end: ChangePosition,
        _ snapshot: TransactionSnapshot
    ) throws -> Set<UInt32> {
        do {
            let reader = try ParquetFileReader(
                ReportingByteSource(ObjectByteSource(file.object, in: store)),
                options: .ofLakeObjects
            )
            let schema = try ChangeFileSchema(key: file.object.key, reader)
            var unseen: Set<UInt32> = []
            for group in 0..<reader.rowGroupCount where mayHold(reader, group, unseenBy: snapshot) {
                let batch = try reader.readRowGroup(group, columns: ["_lsn", "_seq", "_xid"])
                let (lsns, sequences) = (ChangeBatch.numbers(batch.columns[0]), ChangeBatch.numbers(batch.columns[1]))
                for (row, xid) in try ChangeBatch.xids(batch.columns[2], schema).enumerated()
                where !snapshot.isVisible(xid: xid) {
                    let lsn = LSN(rawValue: UInt64(bitPattern: lsns[row]))
                    if ChangePosition(lsn: lsn, sequence: sequences[row]) <= end { unseen.insert(xid) }
                }
            }
            return unseen
        } catch let error as ParquetReadError {
            // Merged into another since it was listed, more likely than not.
            throw ReplicationError(.lake, "cannot read \(file.object.key): \(error)", isTransient: true)
        }
    }

    /// Whether a row group may have a transaction that the snapshot does not see, by its least and greatest number.
    private static func mayHold(
        _ reader: ParquetFileReader,
        _ group: Int,
        unseenBy snapshot: TransactionSnapshot
    ) -> Bool {
        guard let leaf = reader.leaves.first(where: { $0.path == ["_xid"] }),
            let statistics = reader.statistics(ofRowGroup: group, leaf: leaf),
            let least = statistics.min.flatMap(number), let greatest = statistics.max.flatMap(number)
        else { return true }
        return !snapshot.seesAll(from: least, through: greatest)
    }

    private static func number(_ bytes: [UInt8]) -> UInt32? {
        guard bytes.count == 8 else { return nil }
        return UInt32(exactly: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
