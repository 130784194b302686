import Columnar
import Lake
import ObjectStorage
import Parquet

/// Reads the key columns of row groups and tells which rows have the keys of a pass.
///
/// Several threads share it; nothing of it changes.
struct KeyReader: Sendable {
    /// A row with one of the keys.
    struct FoundRow {
        /// The key's number.
        var key: Int
        var place: KeyLocator.Place
        /// As ``KeyLocator/deletedPlaces`` has it.
        var generation: Int?
    }

    /// Rows of a key column that are in memory at a time.
    private static let batchRowCount = 1 << 16

    let readers: DayReaders
    let files: [DayFile]
    let keys: KeyTable
    let columns: [RowLayout.Column]
    let behind: [Int: Int]
    let control: RunControl

    /// Reads a row group.
    ///
    /// - Parameters:
    ///   - file: The number of the object.
    ///   - rowGroup: The number of the row group, also of one that the day has taken in ahead.
    /// - Returns: The rows that have one of the keys.
    /// - Throws: ``ReplicationError`` if the object cannot be read, or the run was cancelled.
    func read(file: Int, rowGroup: Int) throws(ReplicationError) -> [FoundRow] {
        let reader = try readers.open(files[file].info)
        do {
            return try find(reader, file, rowGroup)
        } catch let error as ParquetReadError {
            throw ReplicationError(reading: files[file].info.key, error, in: readers.store)
        } catch {
            throw (error as? ReplicationError) ?? ReplicationError(.lake, "\(error)")
        }
    }

    private func find(_ reader: ParquetFileReader, _ file: Int, _ rowGroup: Int) throws -> [FoundRow] {
        let there = columns.filter { files[file].layout.index(of: $0.name) != nil }
        guard !there.isEmpty else { return [] }
        // Only values that are NULL in a key column can be rescued.
        let groups = files[file].groups
        let bounds = rowGroup < groups.count ? groups[rowGroup].bounds : []
        let needsRescued =
            files[file].hasRescued
            && (bounds.count < columns.count || bounds.contains { $0.mayHaveNulls })
        let generationCount = behind[file] ?? 0
        let marks = [RowLayout.deleted, RowLayout.lsn].prefix(min(generationCount, 2))
        let names =
            there.map(\.name) + marks
            + (needsRescued ? [RowLayout.rescued] : [])
        let batches = try reader.batches(
            ofRowGroup: rowGroup,
            columns: names,
            maximumRowCount: Self.batchRowCount
        )
        var found: [FoundRow] = []
        var key: [UInt8] = []
        var first = 0
        while let batch = try batches.next() {
            guard !control.isCancelled else { throw ReplicationError.cancelled }
            let values = zip(there, batch.columns).map { ($0.name, $1.promoted(to: $0.type)) }
            let encoder = KeyEncoder(
                columns.map { column in (column, values.first { $0.0.isSameName(as: column.name) }?.1) },
                rescued: needsRescued ? batch.columns.last : nil
            )
            let deleted = generationCount > 0 ? ColumnSlots(batch.columns[there.count]) : nil
            let lsn = generationCount > 1 ? ColumnSlots(batch.columns[there.count + 1]) : nil
            for row in 0..<batch.rowCount {
                encoder.encode(row, into: &key)
                guard let index = keys.find(key) else { continue }
                let place = KeyLocator.Place(file: file, rowGroup: rowGroup, row: first + row)
                let isDeleted = deleted?.isTrue(at: row) ?? false
                let generation = isDeleted ? KeptRows.generation(lsn, at: row) : nil
                found.append(FoundRow(key: index, place: place, generation: generation))
            }
            first += batch.rowCount
        }
        return found
    }
}
