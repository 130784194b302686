import Columnar
import ObjectStorage
import Parquet

extension ChecksumPlan {
    /// Rows of the first batch of a file: that many of the longest values still fit into memory.
    private static let firstBatchRowCount = 256
    private static let maximumBatchRowCount = 1 << 16
    /// Bytes of a batch.
    private static let batchByteCount = 8 << 20
    /// Hashes that are kept for a batch where rows are compared as wholes.
    private static let batchHashCount = 1 << 20

    /// Computes the checksum of a day's object.
    ///
    /// Blocks the calling thread, which must be none of the cooperative pool's.
    ///
    /// - Parameters:
    ///   - info: The object.
    ///   - readers: Where it is read.
    ///   - control: Ends the reading.
    /// - Returns: The checksum of all its rows but those that are marked as deleted.
    /// - Throws: ``ReplicationError`` if the object cannot be read, or the run was cancelled.
    func read(
        _ info: ObjectInfo,
        through readers: DayReaders,
        control: RunControl
    ) throws(ReplicationError) -> DayChecksum {
        let file = try readers.open(info)
        do throws(ParquetReadError) {
            let checksum = try read(file) { control.isCancelled }
            if !control.isCancelled { return checksum }
        } catch {
            throw ReplicationError(reading: info.key, error, in: readers.store)
        }
        throw .cancelled
    }

    /// Computes the checksum of a day's file.
    ///
    /// A column that the file lacks is NULL in all rows, and one that the plan does not have is left aside. Values of a
    /// type that the lake has no columns of are different from all that PostgreSQL has.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - isCancelled: Asked for each batch of rows; true ends the reading with what has been read.
    /// - Returns: The checksum of all its rows but those that are marked as deleted.
    /// - Throws: `ParquetReadError` if the file is damaged.
    func read(
        _ file: ParquetFileReader,
        isCancelled: () -> Bool = { false }
    ) throws(ParquetReadError) -> DayChecksum {
        var sums = FileChecksum(plan: self, schema: file.schema)
        guard !sums.names.isEmpty else { return sums.checksum }
        let maximumRowCount =
            key.isEmpty
            ? min(Self.maximumBatchRowCount, max(1, Self.batchHashCount / max(1, columns.count)))
            : Self.maximumBatchRowCount
        var rowCount = min(Self.firstBatchRowCount, maximumRowCount)
        for rowGroup in 0..<file.rowGroupCount {
            let batches = try file.batches(ofRowGroup: rowGroup, columns: sums.names, maximumRowCount: rowCount)
            while !isCancelled(), let batch = try batches.next() {
                sums.add(batch)
                let fitting = batch.rowCount * Self.batchByteCount / max(1, batch.valueByteCount)
                rowCount = max(1, min(fitting, rowCount * 4, maximumRowCount))
                batches.maximumRowCount = rowCount
            }
        }
        return sums.checksum
    }
}
