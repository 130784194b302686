import Columnar
import Ingest
import Lake
import Parquet

/// Adds up the rows of a day's file, batch by batch.
struct FileChecksum {
    /// A column of the plan that the file has.
    private struct Place {
        /// Its place among the plan's columns.
        var column: Int
        var form: PrintedValue
    }

    private let plan: ChecksumPlan
    private let places: [Place]
    /// For each column of the plan its place among ``places``, nil where the file lacks it.
    private let placeOfColumn: [Int?]
    private let hasDeleted: Bool
    private let hasRescued: Bool
    /// The columns of the file that are wanted, in the order of a batch: those of the plan, `_deleted`, `_rescued`.
    let names: [String]
    private(set) var checksum: DayChecksum
    /// The hashes of one column, or where rows are compared as wholes those of each.
    private let hashes: [ColumnHashes]
    private let rows = ColumnHashes()

    /// Prepares for the rows of a file.
    init(plan: ChecksumPlan, schema: TableSchema) {
        self.plan = plan
        let layout = RowLayout(dayFile: schema)
        let own = schema.fields.dropFirst(layout.columns.count)
        var places: [Place] = []
        for (index, column) in plan.columns.enumerated() {
            guard let file = layout.index(of: column.name) else { continue }
            let form =
                column.comparison == .presence
                ? .presence : PrintedValue(of: layout.columns[file].type, as: column.mapping, decimals: column.decimals)
            places.append(Place(column: index, form: form))
        }
        self.places = places
        var placeOfColumn: [Int?] = Array(repeating: nil, count: plan.columns.count)
        for (index, place) in places.enumerated() { placeOfColumn[place.column] = index }
        self.placeOfColumn = placeOfColumn
        hasDeleted = own.contains { $0.name == RowLayout.deleted && $0.type == .leaf(.boolean, nil) }
        hasRescued = own.contains { field in
            guard field.name == RowLayout.rescued, case .leaf(.byteArray, _) = field.type else { return false }
            return true
        }
        let marks = (hasDeleted ? [RowLayout.deleted] : []) + (hasRescued ? [RowLayout.rescued] : [])
        let wanted = places.map { plan.columns[$0.column].name } + marks
        // Rows are counted by some column.
        names = wanted.isEmpty ? schema.fields.prefix(1).map(\.name) : wanted
        checksum = DayChecksum(columnCount: plan.columns.count)
        hashes = (0..<max(1, plan.key.isEmpty ? plan.columns.count : 1)).map { _ in ColumnHashes() }
    }

    /// Adds the rows of a batch, whose columns are those of ``names``.
    mutating func add(_ batch: RowBatch) {
        let count = batch.rowCount
        var isCounted = Array(repeating: true, count: count)
        if hasDeleted {
            let deleted = ColumnSlots(batch.columns[places.count])
            for row in 0..<count where deleted.isTrue(at: row) { isCounted[row] = false }
        }
        checksum.rowCount += isCounted.count { $0 }
        let rescued = hasRescued ? rescued(batch.columns[places.count + (hasDeleted ? 1 : 0)]) : [:]
        let none = Array(repeating: 0 as UInt64, count: count)
        if plan.key.isEmpty {
            for column in plan.columns.indices {
                hash(column, of: batch, rescued, seeds: none, into: hashes[column])
                checksum.columnSums[column] &+= hashes[column].sum(where: isCounted)
            }
            rows.hashRows(of: plan.columns.indices.map { hashes[$0] }, count: count)
            checksum.keySum &+= rows.sum(where: isCounted)
            return
        }
        var seeds = none
        for column in plan.key {
            hash(column, of: batch, rescued, seeds: seeds, into: rows)
            seeds = rows.values
            // A key is never NULL in the database, where a hash seeded with NULL would be NULL.
            for row in 0..<count where !rows.isPresent[row] { isCounted[row] = false }
        }
        checksum.keySum &+= rows.sum(where: isCounted)
        for column in plan.columns.indices {
            hash(column, of: batch, rescued, seeds: seeds, into: hashes[0])
            checksum.columnSums[column] &+= hashes[0].sum(where: isCounted)
        }
    }

    private func hash(
        _ column: Int,
        of batch: RowBatch,
        _ rescued: [Int: [(row: Int, text: [UInt8])]],
        seeds: [UInt64],
        into hashes: ColumnHashes
    ) {
        if let place = placeOfColumn[column] {
            hashes.hash(batch.columns[place], as: places[place].form, seeds: seeds)
        } else {
            hashes.hashNothing(count: seeds.count)
        }
        for value in rescued[column] ?? [] { hashes.set(value.row, value.text, seed: seeds[value.row]) }
    }

    /// The values that stand in `_rescued`, by the plan's columns.
    private func rescued(_ column: Column) -> [Int: [(row: Int, text: [UInt8])]] {
        guard column.validity.valueCount > 0 else { return [:] }
        let slots = ColumnSlots(column)
        var texts: [Int: [(row: Int, text: [UInt8])]] = [:]
        for row in 0..<column.slotCount {
            guard let values = slots.withValue(at: row, { $0.flatMap { RescuedValues(json: $0) } }) else { continue }
            for value in values.values {
                guard let index = plan.columns.firstIndex(where: { $0.name.isSameName(as: value.column) }) else {
                    continue
                }
                let isTrimmed = plan.columns[index].decimals == .needed
                texts[index, default: []].append((row, isTrimmed ? PrintedValue.trimmed(value.text) : value.text))
            }
        }
        return texts
    }
}
