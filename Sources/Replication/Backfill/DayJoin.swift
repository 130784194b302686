import Columnar
import Lake
import ObjectStorage
import Parquet
import PostgresWire

/// Joins what was exported of a day with the rows of the object before that are to stay, of a table whose deleted rows are
/// kept.
///
/// Rows stay that are marked as deleted, unless the export has their key. So do the others that the export lacks, until
/// the pass that takes up the changes which the export has seen and the object before had not: they are marked as
/// deleted, their `_lsn` is NULL or below zero, and the footer says which changes they hold (see ``KeptRows``). Keys that are in another
/// day by now are seen to by the same pass.
///
/// Columns that settings leave out or mask otherwise by now have no value in rows that are kept; where they are of the key,
/// no row is.
///
/// Holds some of the keys of one row group and a batch of rows. Blocks the calling thread.
struct DayJoin {
    /// Rows of key columns that are in memory at a time.
    private static let keyBatchRowCount = 1 << 16
    /// The bytes of rows that are decoded at a time.
    private static let batchByteCount = 4 << 20
    private static let batchRowCounts = 256...65_536

    /// What a day's new object consists of.
    struct Joined {
        var path: String
        var byteCount: Int
        var rowCount: Int
        /// The rows that come from the object before.
        var keptRowCount: Int
    }

    let plan: TablePlan
    let keeping: TablePlan.Keeping
    /// The object before.
    let former: DayFile
    /// Which changes it holds.
    let progress: DayProgress
    let reader: ParquetFileReader
    let store: any ObjectStore
    /// The bytes of keys that may be in memory.
    let keyByteLimit: Int
    private let layout: RowLayout
    private let schema: TableSchema
    /// Whether rows stay that are not marked as deleted.
    private let keepsAll: Bool
    /// What the object before says of its table.
    private let before: TableDescription?
    /// Columns of the object before whose values may not stay.
    private let hidden: [String]

    init(
        _ plan: TablePlan,
        _ keeping: TablePlan.Keeping,
        former: DayFile,
        progress: DayProgress,
        readers: DayReaders,
        keyByteLimit: Int
    ) throws(ReplicationError) {
        self.plan = plan
        self.keeping = keeping
        self.former = former
        self.progress = progress
        self.keyByteLimit = keyByteLimit
        store = readers.store
        reader = try readers.open(former.info)
        before = TableDescription(keyValues: reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") })
        hidden = Self.hidden(former, before, plan, keeping)
        layout = Self.layout(of: former, as: RowLayout(dayFile: plan.schema), without: keeping.excluded)
        let hasRescued = plan.schema.fields.contains { $0.name == RowLayout.rescued }
        schema = layout.schema(hasDeleted: true, hasRescued: hasRescued || former.hasRescued)
        let snapshot = DayProgress(plan.metadata)?.snapshot
        let isCovered = progress.snapshot == nil && snapshot.map { progress.applied.lsn >= $0.lsn } ?? true
        keepsAll = keeping.slot != nil && !isCovered
    }

    private static func hidden(
        _ former: DayFile,
        _ before: TableDescription?,
        _ plan: TablePlan,
        _ keeping: TablePlan.Keeping
    ) -> [String] {
        let present = TableDescription(keyValues: plan.metadata)
        return former.layout.columns.map(\.name).filter { name in
            func mask(_ description: TableDescription?) -> String? {
                description?.columns.first { $0.name.isSameName(as: name) }?.mask
            }
            return keeping.excluded.contains { $0.isSameName(as: name) }
                || present?.columns.contains { $0.name.isSameName(as: name) } ?? false && mask(present) != mask(before)
        }
    }

    /// The columns of an export and those that only rows of the object before have, each with the wider of its types; a
    /// column whose types do not go together has that of the export.
    private static func layout(of former: DayFile, as new: RowLayout, without excluded: [String]) -> RowLayout {
        var layout = new
        for column in former.layout.columns where !excluded.contains(where: { $0.isSameName(as: column.name) }) {
            guard let index = layout.index(of: column.name) else {
                layout.columns.append(column)
                continue
            }
            layout.columns[index].type =
                RowLayout.wider(column.type, layout.columns[index].type) ?? layout.columns[index].type
        }
        return layout
    }

    /// Writes the day's new object to a local file.
    ///
    /// - Parameters:
    ///   - export: The day's rows in the database, which are left as they are.
    ///   - path: A local file that is not there yet.
    /// - Returns: What the file consists of.
    /// - Throws: ``ReplicationError`` if the local disk refuses; what reading the object before throws.
    func write(_ export: RowGroupFile, to path: String) throws -> Joined {
        var kept = RowGroupFile(path: path + ".kept")
        kept.remove()
        defer { kept.remove() }
        try writeKept(&kept, export.rowCount > 0 ? export.opened(schema: plan.schema) : nil)
        let isPlain = kept.rowCount == 0 || schema == plan.schema
        var file: RowGroupFile
        if isPlain {
            file = try export.copy(to: path)
        } else {
            file = RowGroupFile(path: path)
            file.remove()
            if export.rowCount > 0 { try encode(try export.opened(schema: plan.schema), to: &file) }
        }
        let keptRowCount = kept.rowCount
        try file.append(kept)
        let schema = isPlain ? plan.schema : schema
        let metadata = metadata(keptRowCount > 0)
        let byteCount = max(file.byteCount, FileFooter.magic.count)
        try file.finish { rowGroups in
            FileFooter.encode(
                schema: schema,
                rowGroups: rowGroups,
                keyValueMetadata: metadata,
                createdBy: "sluice version \(ReleaseVersion.current)",
                fileByteCount: byteCount
            )
        }
        return Joined(path: path, byteCount: file.byteCount, rowCount: file.rowCount, keptRowCount: keptRowCount)
    }

    /// The footer's keys and values.
    private func metadata(_ hasKept: Bool) -> [(key: String, value: String)] {
        var entries = plan.metadata
        // What an earlier export has taken over has not taken up more since.
        if keepsAll { entries = plan.metadata(keeping: progress.kept + ahead) }
        guard hasKept, var description = TableDescription(keyValues: entries) else { return entries }
        let older = layout.columns.filter { column in
            !description.columns.contains { $0.name.isSameName(as: column.name) }
        }
        description.columns += older.map { column in
            let known = before?.columns.first { $0.name.isSameName(as: column.name) }
            return TableDescription.Column(
                name: column.name,
                type: known?.type ?? "",
                key: false,
                mask: known?.mask
            )
        }
        let described = description.footerEntries
        return described + entries.filter { entry in !described.contains { $0.key == entry.key } }
    }

    /// What the rows hold that the object before has taken in ahead: a generation of their own.
    private var ahead: [DayProgress.Held] { former.additions.map { [DayProgress.Held(applied: $0.end)] } ?? [] }

    // MARK: - Rows of the export

    /// Writes rows of the export in the schema that the kept ones need.
    private func encode(_ export: ParquetFileReader, to file: inout RowGroupFile) throws {
        let scratch = PageScratch()
        let writer = try RowGroupWriter(schema: schema, options: plan.writerOptions)
        for rowGroup in 0..<export.rowGroupCount {
            let batches = try export.batches(
                ofRowGroup: rowGroup,
                maximumRowCount: Self.batchRowCount(export, rowGroup)
            )
            while let batch = try batches.next() {
                let columns = schema.fields.map { Self.column($0, of: batch, export.schema) }
                try writer.append(RowBatch(columns: columns), scratch: scratch)
                if writer.isFull { try file.append(writer, scratch: scratch) }
            }
        }
        if writer.rowCount > 0 { try file.append(writer, scratch: scratch) }
    }

    private static func batchRowCount(_ reader: ParquetFileReader, _ rowGroup: Int) -> Int {
        let byteCount = reader.metadata.rowGroups[rowGroup].uncompressedByteCount
        let rowByteCount = max(1, byteCount / max(1, reader.rowCount(ofRowGroup: rowGroup)))
        return min(max(batchByteCount / rowByteCount, batchRowCounts.lowerBound), batchRowCounts.upperBound)
    }

    /// The values that rows have in a field of the schema; NULL where they lack it or it cannot hold them.
    private static func column(_ field: Field, of batch: RowBatch, _ present: TableSchema) -> Column {
        let index = present.fields.firstIndex { $0.name.isSameName(as: field.name) }
        if let index, let values = batch.columns[index].promoted(to: field.type) { return values }
        let column = Column(type: field.type)
        column.appendNulls(batch.rowCount)
        return column
    }

    // MARK: - Rows of the object before

    private func writeKept(_ file: inout RowGroupFile, _ export: ParquetFileReader?) throws {
        guard keepsAll || former.hasDeleted, !keeping.key.contains(where: isHidden) else { return }
        let scratch = PageScratch()
        let writer = try RowGroupWriter(schema: schema, options: plan.writerOptions)
        // What the day has taken in ahead may be all there is of a row.
        let groupCount = former.groups.count + (former.additions?.groupCount ?? 0)
        for rowGroup in 0..<groupCount where reader.rowCount(ofRowGroup: rowGroup) > 0 {
            try forEachSelection(rowGroup, export) { rows in
                let batches = try reading { () throws(ParquetReadError) in
                    try reader.batches(
                        ofRowGroup: rowGroup,
                        rows: rows,
                        maximumRowCount: Self.batchRowCount(reader, rowGroup)
                    )
                }
                while let batch = try reading({ () throws(ParquetReadError) in try batches.next() }) {
                    try writer.append(marked(batch, isAhead: rowGroup >= former.groups.count), scratch: scratch)
                    if writer.isFull { try file.append(writer, scratch: scratch) }
                }
            }
        }
        if writer.rowCount > 0 { try file.append(writer, scratch: scratch) }
    }

    private func reading<Value>(_ body: () throws(ParquetReadError) -> Value) throws(ReplicationError) -> Value {
        do {
            return try body()
        } catch {
            throw ReplicationError(reading: former.info.key, error, in: store)
        }
    }

    private func isHidden(_ name: String) -> Bool { hidden.contains { $0.isSameName(as: name) } }

    /// Rows of the object before as they are kept.
    private func marked(_ batch: RowBatch, isAhead: Bool) -> RowBatch {
        let deletedPlace = former.hasDeleted ? reader.schema.fields.firstIndex { $0.name == RowLayout.deleted } : nil
        let wasDeleted = deletedPlace.map { ColumnSlots(batch.columns[$0]) }
        let columns = schema.fields.enumerated().map { place, field -> Column in
            let isRescued = place >= layout.columns.count && field.name == RowLayout.rescued
            let column = Column(type: field.type)
            // Texts of what cannot be in a column stand together.
            if isRescued ? !hidden.isEmpty : place < layout.columns.count && isHidden(field.name) {
                column.appendNulls(batch.rowCount)
                return column
            }
            guard place >= layout.columns.count, !isRescued else {
                return Self.column(field, of: batch, reader.schema)
            }
            guard field.name == RowLayout.lsn else {
                for _ in 0..<batch.rowCount { column.append(true) }
                return column
            }
            let positions = ColumnSlots(Self.column(field, of: batch, reader.schema))
            let own = KeptRows.lsn(ofGeneration: progress.generations.count + (isAhead ? 1 : 0))
            for row in 0..<batch.rowCount {
                // The next pass says how those went that were taken in ahead.
                if !isAhead, wasDeleted?.isTrue(at: row) ?? false {
                    positions.copy(row, to: column)
                } else if let own {
                    column.append(own)
                } else {
                    column.appendNulls(1)
                }
            }
            return column
        }
        return RowBatch(columns: columns)
    }

    /// Hands out which rows of a row group are kept, as many at a time as memory allows.
    private func forEachSelection(
        _ rowGroup: Int,
        _ export: ParquetFileReader?,
        _ take: ([Range<Int>]) throws -> Void
    ) throws {
        let key = keyColumns
        let names = (key ?? []).map(\.name) + (former.hasDeleted ? [RowLayout.deleted] : [])
        let rescued = former.hasRescued ? [RowLayout.rescued] : []
        guard !names.isEmpty else { return }
        let batches = try reading { () throws(ParquetReadError) in
            try reader.batches(
                ofRowGroup: rowGroup,
                columns: names + rescued,
                maximumRowCount: Self.keyBatchRowCount
            )
        }
        var candidates = Candidates()
        var first = 0
        var bytes: [UInt8] = []
        while let batch = try reading({ () throws(ParquetReadError) in try batches.next() }) {
            let deleted = former.hasDeleted ? ColumnSlots(batch.columns[names.count - 1]) : nil
            let encoder = key.map { key in
                KeyEncoder(
                    zip(key, batch.columns).map { ($0, $1.promoted(to: $0.type)) },
                    rescued: former.hasRescued ? batch.columns.last : nil
                )
            }
            for row in 0..<batch.rowCount where deleted?.isTrue(at: row) ?? false || keepsAll && encoder != nil {
                encoder?.encode(row, into: &bytes)
                candidates.add(row: first + row, key: encoder == nil ? nil : bytes)
            }
            first += batch.rowCount
            guard candidates.byteCount > keyByteLimit else { continue }
            try settle(&candidates, key, export, take)
        }
        try settle(&candidates, key, export, take)
    }

    /// The key's columns; nil if rows of the object before have not all of them, so that nothing tells which they are.
    private var keyColumns: [RowLayout.Column]? {
        let columns = keeping.key.compactMap { name in
            former.layout.index(of: name) == nil ? nil : layout.index(of: name).map { layout.columns[$0] }
        }
        let isWhole = columns.count == keeping.key.count
        return isWhole && !columns.isEmpty ? columns : nil
    }

    /// Rows that may be kept, with their keys.
    private struct Candidates {
        var keys = KeyTable()
        /// For each row its key's number.
        var rows: [(row: Int, key: Int?)] = []

        var byteCount: Int { keys.byteCount + rows.capacity * 32 }

        mutating func add(row: Int, key: [UInt8]?) {
            rows.append((row, key.map { keys.insert($0).index }))
        }
    }

    /// Hands out the candidates whose keys the export has not.
    private func settle(
        _ candidates: inout Candidates,
        _ key: [RowLayout.Column]?,
        _ export: ParquetFileReader?,
        _ take: ([Range<Int>]) throws -> Void
    ) throws {
        defer { candidates = Candidates() }
        guard !candidates.rows.isEmpty else { return }
        var isThere = [Bool](repeating: false, count: candidates.keys.count)
        if let key, let export { try mark(candidates.keys, key, in: export, &isThere) }
        var rows: [Range<Int>] = []
        for (row, key) in candidates.rows where !(key.map { isThere[$0] } ?? false) {
            if let last = rows.last, last.upperBound == row {
                rows[rows.count - 1] = last.lowerBound..<row + 1
            } else {
                rows.append(row..<row + 1)
            }
        }
        if !rows.isEmpty { try take(rows) }
    }

    /// Marks the keys that an export has.
    private func mark(
        _ keys: KeyTable,
        _ columns: [RowLayout.Column],
        in export: ParquetFileReader,
        _ isThere: inout [Bool]
    ) throws {
        let hasRescued = plan.schema.fields.contains { $0.name == RowLayout.rescued }
        let names = columns.map(\.name) + (hasRescued ? [RowLayout.rescued] : [])
        var bytes: [UInt8] = []
        for rowGroup in 0..<export.rowGroupCount {
            let batches = try export.batches(
                ofRowGroup: rowGroup,
                columns: names,
                maximumRowCount: Self.keyBatchRowCount
            )
            while let batch = try batches.next() {
                let encoder = KeyEncoder(
                    zip(columns, batch.columns).map { ($0, $1.promoted(to: $0.type)) },
                    rescued: hasRescued ? batch.columns.last : nil
                )
                for row in 0..<batch.rowCount {
                    encoder.encode(row, into: &bytes)
                    if let index = keys.find(bytes) { isThere[index] = true }
                }
            }
        }
    }
}

extension TablePlan {
    /// The footer's keys and values of an object whose rows that are marked as deleted hold less than the others.
    func metadata(keeping generations: [DayProgress.Held]) -> [(key: String, value: String)] {
        guard var progress = DayProgress(metadata) else { return metadata }
        progress.generations = generations
        let pairs = progress.keyValues
        return metadata.filter { entry in !pairs.contains { $0.key == entry.key } } + pairs
    }
}
