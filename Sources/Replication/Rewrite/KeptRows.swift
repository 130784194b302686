import Columnar
import Lake
import ObjectStorage
import Parquet

/// Rows that an export takes from the object before, of a table whose deleted rows are kept: see ``DayJoin``.
///
/// Their `_deleted` is true. Those whose `_lsn` is NULL are gone, but it is not known how: changes that the export has seen
/// and the object before had not may have deleted them, or moved them, or given them another key. The pass that takes up
/// these changes says so of each; what is left then goes.
enum KeptRows {
    private static let batchRowCount = 1 << 16

    /// The places of rows that are marked as deleted.
    ///
    /// - Throws: ``ReplicationError`` if the object cannot be read.
    static func deletedPlaces(
        in file: DayFile,
        _ number: Int,
        _ readers: DayReaders
    ) throws(ReplicationError) -> [KeyLocator.Place] {
        guard file.hasDeleted else { return [] }
        return try places(in: file, number, RowLayout.deleted, readers) { $0.isTrue(at: $1) }
    }

    /// What removes the rows of which it is not known how they went.
    ///
    /// - Returns: A plan for the object alone; nil if it has no such rows.
    /// - Throws: ``ReplicationError`` if the object cannot be read.
    static func removal(
        from file: DayFile,
        _ progress: DayProgress,
        _ readers: DayReaders
    ) throws(ReplicationError) -> RewritePlan? {
        let places = try places(in: file, 0, RowLayout.lsn, readers) { !$0.column.validity.isValue(at: $1) }
        let reader = try readers.open(file.info)
        let keyValues = reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") }
        guard !places.isEmpty, let description = TableDescription(keyValues: keyValues) else { return nil }
        let work = DayWork(day: file.day, file: file, fileIndex: 0, progress: progress)
        for place in places { work.drop(place) }
        return RewritePlan(
            layout: file.layout,
            description: description,
            sources: [],
            works: [work],
            unresolved: [],
            counts: KeyLocator.Counts()
        )
    }

    private static func places(
        in file: DayFile,
        _ number: Int,
        _ column: String,
        _ readers: DayReaders,
        isWanted: (ColumnSlots, Int) -> Bool
    ) throws(ReplicationError) -> [KeyLocator.Place] {
        let reader = try readers.open(file.info)
        var places: [KeyLocator.Place] = []
        do {
            for rowGroup in file.groups.indices where file.groups[rowGroup].rowCount > 0 {
                let batches = try reader.batches(
                    ofRowGroup: rowGroup,
                    columns: [column],
                    maximumRowCount: batchRowCount
                )
                var first = 0
                while let batch = try batches.next() {
                    let slots = ColumnSlots(batch.columns[0])
                    for row in 0..<batch.rowCount where isWanted(slots, row) {
                        places.append(KeyLocator.Place(file: number, rowGroup: rowGroup, row: first + row))
                    }
                    first += batch.rowCount
                }
            }
        } catch {
            throw ReplicationError(reading: file.info.key, error, in: readers.store)
        }
        return places
    }
}
