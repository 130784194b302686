import Columnar
import Lake
import ObjectStorage
import Parquet

/// Writes the objects of days as a plan wants them.
///
/// Row groups of which no row changes are taken over as bytes. Blocks the calling thread; several threads may write, each
/// another day.
final class DayWriter {
    /// A row group below this share of a full one is filled up by the rows that come, instead of being followed by
    /// another small one.
    private static let smallShare = 8
    /// A day with more row groups than this, and ``fragmentedFactor`` times as many as its bytes need, is written anew.
    private static let toleratedGroupCount = 8
    private static let fragmentedFactor = 4
    /// The bytes of a row group that are decoded at a time.
    private static let batchByteCount = 8 << 20
    private static let batchRowCounts = 256...65_536
    private static let appendedRowCount = 4_096

    private let plan: RewritePlan
    private let readers: DayReaders
    private let parquet: ParquetOptions
    private let keepsDeleted: Bool
    private let folder: String
    private let control: RunControl
    private let table: String

    /// Prepares for the days of a plan.
    ///
    /// - Parameters:
    ///   - plan: The plan.
    ///   - table: The table's name in the lake.
    ///   - readers: Opens the present objects.
    ///   - options: How objects are written.
    ///   - folder: A local folder for row groups that are not in the lake yet.
    ///   - control: Ends the writing of a day before its object is replaced.
    init(
        _ plan: RewritePlan,
        table: String,
        readers: DayReaders,
        options: RewriteSettings,
        folder: String,
        control: RunControl
    ) {
        self.plan = plan
        self.table = table
        self.readers = readers
        parquet = options.parquet
        keepsDeleted = options.keepsDeleted
        self.folder = folder
        self.control = control
    }

    /// What came of a day's object.
    struct Outcome {
        /// The object, which may have no rows; nil if there was none and nothing came.
        var object: DayOutput.Published?
        /// Row groups that were encoded anew, and all that the present object had.
        var encodedGroupCount = 0
        var groupCount = 0
    }

    /// What becomes of each row group of the present object.
    enum GroupFate: Equatable {
        case gone, copied, encoded
    }

    /// The key of a day's object.
    func key(of work: DayWork) -> String { work.file?.info.key ?? LakeLayout.key(table: table, day: work.day) }

    /// What becomes of the row groups of a day's present object.
    func groupFates(of work: DayWork) -> [GroupFate] {
        guard let file = work.file else { return [] }
        if work.isEmptied { return file.groups.map { _ in .gone } }
        let options = WriterOptions(parquet)
        let total = file.groups.reduce(0) { $0 + $1.uncompressedByteCount }
        let needed = max(1, total / max(1, options.rowGroupByteCount) + 1)
        let isFragmented =
            file.groups.count > Self.toleratedGroupCount && file.groups.count > needed * Self.fragmentedFactor
        return file.groups.indices.map { index in
            if isFragmented || !(work.fates[index] ?? [:]).isEmpty { return .encoded }
            let isLast = index == file.groups.count - 1
            return isLast && !work.appended.isEmpty && isSmall(file.groups[index], options) ? .encoded : .copied
        }
    }

    /// The bytes of the largest row group that is encoded anew, before compression.
    func encodedByteCount(of work: DayWork) -> Int {
        zip(groupFates(of: work), work.file?.groups ?? []).lazy.filter { $0.0 == .encoded }
            .map(\.1.uncompressedByteCount).max() ?? 0
    }

    private func isSmall(_ group: DayFile.Group, _ options: WriterOptions) -> Bool {
        group.rowCount < options.rowGroupRowCount / Self.smallShare
            && group.uncompressedByteCount < options.rowGroupByteCount / Self.smallShare
    }

    /// Writes a day's object.
    ///
    /// - Parameters:
    ///   - work: What is to be done.
    ///   - progress: Which changes the object holds then.
    ///   - absent: Which changes a day without an object holds then.
    ///   - latestStart: Until when an object may be begun where there is none.
    /// - Returns: What came of the object.
    /// - Throws: ``ObjectStorageError`` with code `conflict` if somebody has replaced the object, or any other error.
    func write(
        _ work: DayWork,
        progress: DayProgress,
        absent: DayProgress,
        latestStart: () throws -> ContinuousClock.Instant
    ) throws -> Outcome {
        let job = try Job(self, work)
        defer { job.output.discard() }
        let fates = groupFates(of: work)
        try job.prepareCopies(of: fates.indices.filter { fates[$0] == .copied })
        for (index, fate) in fates.enumerated() {
            switch fate {
            case .gone: break
            case .encoded: try job.encode(index)
            case .copied: try job.copy(index)
            }
        }
        try job.append(work.appended)
        var outcome = Outcome(groupCount: fates.count)
        outcome.encodedGroupCount = fates.count { $0 == .encoded }
        let key = key(of: work)
        // Without its object a day would be taken for one that is as far as all others.
        let mayBeAbsent = work.day != nil && work.file == nil && !work.isUnsettled && progress == absent
        guard job.output.rowCount > 0 || !mayBeAbsent else { return outcome }
        outcome.object = try job.output.publish(
            key,
            replacing: work.file?.info.version,
            metadata: entries(progress, with: job.droppedColumns),
            to: readers.store,
            latestStart: latestStart
        )
        return outcome
    }

    /// Appends the rows that come to a day's object and leaves the others as they are.
    ///
    /// Rows of theirs have to stay until the days to which they move are written. For as long a row that comes in the place
    /// of another stands beside it.
    ///
    /// - Parameters:
    ///   - work: What is to be done to a day that has an object.
    ///   - end: The last change of the pass.
    /// - Returns: The object.
    /// - Throws: As ``write(_:progress:absent:latestStart:)``.
    func writeAdditions(_ work: DayWork, through end: ChangePosition) throws -> DayOutput.Published {
        let job = try Job(self, work)
        defer { job.output.discard() }
        let groups = (work.file?.groups ?? []).indices
        try job.prepareCopies(of: Array(groups))
        for index in groups { try job.copy(index) }
        try job.output.endRowGroup()
        let groupCount = job.output.rowGroupCount
        try job.append(work.arriving)
        try job.output.endRowGroup()
        let additions = DayAdditions(groupCount: job.output.rowGroupCount - groupCount, end: end)
        return try job.output.publish(
            key(of: work),
            replacing: work.file?.info.version,
            metadata: entries(work.progress, with: job.droppedColumns) + additions.keyValues,
            to: readers.store,
            // Rows leave it, so it is there.
            latestStart: { .now }
        )
    }

    private func entries(
        _ progress: DayProgress,
        with dropped: [TableDescription.Column]
    ) -> [(key: String, value: String)] {
        var description = plan.description
        description.columns += dropped
        // It is about changes.
        description.identity = nil
        return description.footerEntries + progress.keyValues
    }

    // MARK: - One day

    /// The writing of one object.
    private final class Job {
        let output: DayOutput
        private let plan: RewritePlan
        private let work: DayWork
        private let control: RunControl
        private let reader: ParquetFileReader?
        private let store: any ObjectStore
        private let layout: RowLayout
        private let hasDeleted: Bool
        private let hasRescued: Bool
        private let schema: TableSchema
        /// For each column of the layout its place in the plan's.
        private let planPlaces: [Int?]
        /// The columns that the present object lacks or has in a narrower type.
        private let narrow: [Field]
        private var copies: [Int: RowGroupCopy] = [:]

        init(_ writer: DayWriter, _ work: DayWork) throws {
            plan = writer.plan
            self.work = work
            store = writer.readers.store
            control = writer.control
            reader = try work.isEmptied ? nil : work.file.map { try writer.readers.open($0.info) }
            let present = work.isEmptied ? nil : work.file
            let layout = try present.map { try $0.layout.merged(into: writer.plan.layout).get() } ?? writer.plan.layout
            self.layout = layout
            hasDeleted = writer.keepsDeleted || (present?.hasDeleted ?? false)
            hasRescued =
                (present?.hasRescued ?? false) || layout.columns.contains { $0.type.mayBeRescued }
                || work.rows.contains { row in
                    row.row.flatMap { writer.plan.sources[Int($0.source)].rescuedJSON(Int($0.row)) } != nil
                }
            schema = layout.schema(hasDeleted: hasDeleted, hasRescued: hasRescued)
            narrow = schema.fields.filter { [reader] field in
                // Of the same columns in another order nothing is encoded anew.
                !(reader?.schema.fields ?? []).contains { $0.name.isSameName(as: field.name) && $0.type == field.type }
            }
            planPlaces = layout.columns.map { writer.plan.layout.index(of: $0.name) }
            output = try DayOutput(
                path: writer.folder + "/day-\(work.day.map { "\($0)" } ?? "all").parquet",
                schema: schema,
                options: WriterOptions(writer.parquet, key: writer.plan.description.key, of: schema)
            )
            output.discard()
        }

        /// Columns that only older rows have.
        var droppedColumns: [TableDescription.Column] {
            let present = reader.flatMap { reader in
                TableDescription(keyValues: reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") })
            }
            let older = layout.columns.filter { column in
                !plan.description.columns.contains { $0.name.isSameName(as: column.name) }
            }
            return older.map { column in
                let known = present?.columns.first { $0.name.isSameName(as: column.name) }
                return TableDescription.Column(
                    name: column.name,
                    type: known?.type ?? "",
                    key: false,
                    mask: known?.mask
                )
            }
        }

        // MARK: Present rows

        private func requireRunning() throws(ReplicationError) {
            guard !control.isCancelled else { throw .cancelled }
        }

        /// Has the store asked at once for what copying several row groups takes.
        func prepareCopies(of indexes: [Int]) throws {
            guard let reader, let file = work.file, !indexes.isEmpty else { return }
            let copies = try reading(file) { () throws(ParquetReadError) in
                try output.copies(of: indexes, from: reader, without: narrow)
            }
            self.copies = Dictionary(uniqueKeysWithValues: zip(indexes, copies))
        }

        /// Copies a row group of the present object that was prepared for.
        func copy(_ index: Int) throws {
            try requireRunning()
            guard let reader, let file = work.file, let copy = copies.removeValue(forKey: index) else { return }
            var replaced: [[UInt8]: Column] = [:]
            if !narrow.isEmpty {
                let there = narrow.map(\.name).filter { name in
                    reader.schema.fields.contains { $0.name.isSameName(as: name) }
                }
                let batch = try reading(file) { () throws(ParquetReadError) in
                    try reader.readRowGroup(index, columns: there)
                }
                for field in narrow {
                    let values = there.firstIndex { $0.isSameName(as: field.name) }
                        .flatMap { batch.columns[$0].promoted(to: field.type) }
                    replaced[Array(field.name.utf8)] = values ?? Self.nulls(file.groups[index].rowCount, of: field.type)
                }
            }
            do {
                try output.append(copy, of: reader, replacing: replaced)
            } catch let error as ParquetReadError {
                throw ReplicationError(reading: file.info.key, error, in: store)
            }
        }

        func encode(_ index: Int) throws {
            guard let reader, let file = work.file else { return }
            let group = file.groups[index]
            let rowByteCount = max(1, group.uncompressedByteCount / max(1, group.rowCount))
            let rowCount = min(
                max(DayWriter.batchByteCount / rowByteCount, DayWriter.batchRowCounts.lowerBound),
                DayWriter.batchRowCounts.upperBound
            )
            let batches = try reading(file) { () throws(ParquetReadError) in
                try reader.batches(ofRowGroup: index, maximumRowCount: rowCount)
            }
            let fates = (work.fates[index] ?? [:]).sorted { $0.key < $1.key }
            var next = 0
            var first = 0
            while let batch = try reading(file, { () throws(ParquetReadError) in try batches.next() }) {
                try requireRunning()
                let end = first + batch.rowCount
                var own: [(row: Int, fate: DayWork.Fate)] = []
                while next < fates.count, fates[next].key < end {
                    let (row, fate) = fates[next]
                    next += 1
                    own.append((row - first, fate))
                }
                try output.append(merged(batch, of: reader.schema, own))
                first = end
            }
        }

        private func reading<Value>(
            _ file: DayFile,
            _ body: () throws(ParquetReadError) -> Value
        ) throws(ReplicationError) -> Value {
            do {
                return try body()
            } catch {
                throw ReplicationError(reading: file.info.key, error, in: store)
            }
        }

        /// Rows of the present object with those that change.
        private func merged(
            _ batch: RowBatch,
            of present: TableSchema,
            _ fates: [(row: Int, fate: DayWork.Fate)]
        ) -> RowBatch {
            let columns = schema.fields.enumerated().map { place, field -> Column in
                let values = present.fields.firstIndex { $0.name.isSameName(as: field.name) }
                    .flatMap { batch.columns[$0].promoted(to: field.type) }
                if fates.isEmpty { return values ?? Self.nulls(batch.rowCount, of: field.type) }
                return merged(values ?? Self.nulls(batch.rowCount, of: field.type), place, fates)
            }
            return RowBatch(columns: columns)
        }

        private func merged(_ values: Column, _ place: Int, _ fates: [(row: Int, fate: DayWork.Fate)]) -> Column {
            let target = Column(type: values.type)
            var cursor = ColumnCursor(values)
            let isRescued = hasRescued && place == schema.fields.count - 1
            let slots = isRescued ? ColumnSlots(values) : nil
            for (row, fate) in fates {
                cursor.copy(row - cursor.slot, to: target)
                guard case .replaced(let number) = fate else {
                    cursor.skip(1)
                    continue
                }
                if let slots {
                    let present: [UInt8]? = slots.withValue(at: row) { $0.map { Array($0) } }
                    cursor.skip(1)
                    append(rescued: work.rows[number], present: present, to: target)
                } else if isKept(place, work.rows[number]) {
                    cursor.copy(1, to: target)
                } else {
                    cursor.skip(1)
                    append(work.rows[number], place, to: target)
                }
            }
            cursor.copy(cursor.remainingCount, to: target)
            return target
        }

        private func isKept(_ place: Int, _ row: DayWork.NewRow) -> Bool {
            guard place < layout.columns.count else { return false }
            guard row.row != nil else { return true }
            guard let planPlace = planPlaces[place], case .inPlace? = row.kept[planPlace] else { return false }
            return true
        }

        // MARK: New rows

        func append(_ newRows: [Int]) throws {
            var rest = newRows[...]
            while !rest.isEmpty {
                try requireRunning()
                let rows = rest.prefix(DayWriter.appendedRowCount)
                rest = rest.dropFirst(DayWriter.appendedRowCount)
                let batch = RowBatch(schema: schema)
                for (place, column) in batch.columns.enumerated() {
                    let isRescued = hasRescued && place == schema.fields.count - 1
                    for row in rows {
                        if isRescued {
                            append(rescued: work.rows[row], present: nil, to: column)
                        } else {
                            append(work.rows[row], place, to: column)
                        }
                    }
                }
                try output.append(batch)
            }
        }

        /// Appends the value that a new row has in a column.
        private func append(_ row: DayWork.NewRow, _ place: Int, to target: Column) {
            guard place < layout.columns.count else {
                if place > layout.columns.count { return target.append(row.isDeleted) }
                guard let lsn = row.lsn else { return target.appendNulls(1) }
                return target.append(lsn)
            }
            guard let planPlace = planPlaces[place] else { return target.appendNulls(1) }
            var reference = row.row
            if case .row(let other)? = row.kept[planPlace] { reference = other }
            guard let reference, let slots = plan.sources[Int(reference.source)].slots(ofColumn: planPlace) else {
                return target.appendNulls(1)
            }
            slots.copy(Int(reference.row), to: target)
        }

        /// Appends the texts of values that columns of a new row cannot hold: its own and those of the rows that it
        /// takes values from.
        private func append(rescued row: DayWork.NewRow, present: [UInt8]?, to target: Column) {
            guard let reference = row.row else {
                if let present { target.append(binary: present) } else { target.appendNulls(1) }
                return
            }
            let own = plan.sources[Int(reference.source)].rescuedJSON(Int(reference.row))
            guard !row.kept.isEmpty else {
                if let own { target.append(binary: own) } else { target.appendNulls(1) }
                return
            }
            var values = RescuedValues()
            func take(_ json: [UInt8]?, _ columns: [String]?) {
                guard let json, let read = json.withUnsafeBytes({ RescuedValues(json: $0) }) else { return }
                values = values.merging(columns.map { read.subset(of: $0) } ?? read)
            }
            take(own, nil)
            for (column, kept) in row.kept.sorted(by: { $0.key < $1.key }) {
                let name = [plan.layout.columns[column].name]
                switch kept {
                case .inPlace: take(present, name)
                case .row(let other): take(plan.sources[Int(other.source)].rescuedJSON(Int(other.row)), name)
                }
            }
            if values.isEmpty { target.appendNulls(1) } else { target.append(binary: values.json()) }
        }

        private static func nulls(_ count: Int, of type: ColumnType) -> Column {
            let column = Column(type: type)
            column.appendNulls(count)
            return column
        }
    }
}
