import Columnar
import Lake
import ObjectStorage
import Parquet

/// Rows that an export takes from the object before, of a table whose deleted rows are kept: see ``DayJoin``.
///
/// Their `_deleted` is true. Those whose `_lsn` is NULL or below zero are gone, but it is not known how: changes that the
/// export has seen and the object before had not may have deleted them, or moved them, or given them another key. The pass
/// that takes up these changes says so of each; what is left then goes.
///
/// An `_lsn` of -1 is that of a row that was current in an export which had taken over rows itself: it holds more changes
/// than those do. Those that the next export on end takes over have -2, and so on, and what the object before had taken in
/// ahead one more: their generation (see ``DayProgress/generations``).
enum KeptRows {
    private static let batchRowCount = 1 << 16

    /// The `_lsn` of rows of which it is not known how they went.
    static func lsn(ofGeneration number: Int) -> Int64? { number == 0 ? nil : -Int64(number) }

    /// The generation of a row that is marked as deleted, by the column `_lsn`; without it there is but one.
    static func generation(_ lsn: ColumnSlots?, at row: Int) -> Int {
        // What a file says is not trusted to be in range.
        guard let lsn = lsn?.int64(at: row), lsn < 0 else { return 0 }
        return Int(clamping: lsn.magnitude)
    }

    /// The places of rows that are marked as deleted and lack a change.
    ///
    /// - Throws: ``ReplicationError`` if the object cannot be read.
    static func deletedPlaces(
        in file: DayFile,
        _ number: Int,
        lacking change: ChangeStampReference,
        _ progress: DayProgress,
        _ readers: DayReaders
    ) throws(ReplicationError) -> [KeyLocator.Place] {
        let lacks = (0..<max(1, progress.generations.count)).map { progress.lacks(change, ofGeneration: $0) }
        guard file.hasDeleted, lacks.contains(true) else { return [] }
        return try places(in: file, number, [RowLayout.deleted, RowLayout.lsn], readers) { columns, row in
            guard columns[0].isTrue(at: row) else { return false }
            let generation = generation(columns[1], at: row)
            return lacks.indices.contains(generation) && lacks[generation]
        }
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
        let places = try places(in: file, 0, [RowLayout.lsn], readers) { columns, row in
            columns[0].int64(at: row).map { $0 < 0 } ?? true
        }
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
        _ columns: [String],
        _ readers: DayReaders,
        isWanted: ([ColumnSlots], Int) -> Bool
    ) throws(ReplicationError) -> [KeyLocator.Place] {
        let reader = try readers.open(file.info)
        var places: [KeyLocator.Place] = []
        do {
            for rowGroup in file.groups.indices where file.groups[rowGroup].rowCount > 0 {
                let batches = try reader.batches(
                    ofRowGroup: rowGroup,
                    columns: columns,
                    maximumRowCount: batchRowCount
                )
                var first = 0
                while let batch = try batches.next() {
                    let slots = batch.columns.map { ColumnSlots($0) }
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
