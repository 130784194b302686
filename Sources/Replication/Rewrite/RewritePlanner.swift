import Columnar
import Lake
import ObjectStorage
import Parquet
import PostgresWire

/// Decides what a pass does to which day.
///
/// What counts is what is to be in the end, not what a change does: each key that the pass touches is to be in exactly
/// the day that its row names, once, and in no other. So a pass that was ended in the middle can be repeated.
///
/// Blocks the calling thread; used once.
final class RewritePlanner {
    /// What rewriting knows of the days before a pass.
    struct Days {
        /// The objects.
        var files: [DayFile]
        /// Which changes each of them holds.
        var progress: [DayProgress]
        /// Which changes a day without an object holds.
        var absent: DayProgress
        /// The days that may be written.
        var open: OpenDays
        /// Those that have to be written even if nothing of theirs changes, by their names in ``RewriteState``.
        var unsettled: [String] = []
    }

    /// The rows that have to be read beside the changes do not fit into memory: the pass has to take fewer changes.
    struct TooLarge: Error {}

    let changes: PassChanges
    var days: Days
    let keepsDeleted: Bool
    private let memoryLimit: Int
    let readers: DayReaders
    let control: RunControl
    let resolver: DayResolver?
    let fileOfDay: [CalendarDate?: Int]
    var works: [CalendarDate?: DayWork] = [:]
    var sources: [RowSource]
    var counts = KeyLocator.Counts()
    /// Days of rows that build on others that are not in the lake.
    private var unresolved: Set<CalendarDate?> = []
    private var incomplete = RewritePlan.Incomplete()

    /// Prepares a plan.
    ///
    /// - Throws: ``ReplicationError`` if the days were made otherwise than the changes say.
    init(
        _ changes: PassChanges,
        days: Days,
        keepsDeleted: Bool,
        memoryLimit: Int,
        readers: DayReaders,
        control: RunControl
    ) throws(ReplicationError) {
        self.changes = changes
        self.days = days
        self.keepsDeleted = keepsDeleted
        self.memoryLimit = memoryLimit
        self.readers = readers
        self.control = control
        sources = changes.sources
        resolver = changes.description.partition.flatMap { DayResolver($0, layout: changes.layout) }
        fileOfDay = Dictionary(days.files.indices.map { (days.files[$0].day, $0) }) { first, _ in first }
        for (index, file) in days.files.enumerated()
        where ((file.day == nil) != (resolver == nil) || isForeign(file.partition)) && lacksSome(index) {
            throw ReplicationError(
                .configuration,
                "\(readers.store.location)/\(file.info.key) was divided into days otherwise than now (partition_by or time_zone of "
                    + "table \(changes.description.table)): export the table again with sluice backfill --mode full"
            )
        }
    }

    /// Whether an object lacks a change of the pass.
    ///
    /// An export may be newer than all of them, and than the settings that they were written with.
    private func lacksSome(_ file: Int) -> Bool {
        changes.batches.enumerated().contains { index, batch in
            (0..<batch.rowCount).contains { days.progress[file].lacks(changes.stamp(index, $0)) }
        }
    }

    private func isForeign(_ partition: TableDescription.Partition?) -> Bool {
        guard let partition, let own = changes.description.partition else { return false }
        // A column whose type has changed goes on under another name: created_at__v2.
        let isSuccessor =
            own.column.hasPrefix(partition.column + "__v") || partition.column.hasPrefix(own.column + "__v")
        return partition.timeZone != own.timeZone || (partition.column != own.column && !isSuccessor)
    }

    /// Makes the plan.
    func plan() throws -> RewritePlan {
        switch changes.identity {
        case .key: try planKeys()
        case .wholeRow: try planWholeRows()
        case .none: try planInserts()
        }
        try planWiderColumns()
        for file in days.files where file.additions != nil && isOpen(file.day) { _ = work(file.day) }
        for day in RewriteState.days(named: days.unsettled) {
            // The table may have been divided otherwise then.
            guard (day == nil) == (resolver == nil), isOpen(day) else { continue }
            work(day).isUnsettled = true
        }
        return RewritePlan(
            layout: changes.layout,
            description: changes.description,
            sources: sources,
            works: works.values.filter(\.isTouched),
            unresolved: unresolved,
            incomplete: incomplete,
            counts: counts
        )
    }

    func requireRunning() throws(ReplicationError) {
        guard !control.isCancelled else { throw .cancelled }
    }

    // MARK: - Days

    func work(_ day: CalendarDate?) -> DayWork {
        if let work = works[day] { return work }
        let index = fileOfDay[day]
        let work = DayWork(
            day: day,
            file: index.map { days.files[$0] },
            fileIndex: index,
            progress: index.map { days.progress[$0] } ?? days.absent
        )
        works[day] = work
        return work
    }

    /// Whether a change is yet to be applied to a day, which may be written.
    func lacks(_ day: CalendarDate?, _ stamp: ChangeStampReference) -> Bool {
        isOpen(day) && hasYetToApply(fileOfDay[day], stamp)
    }

    private func isOpen(_ day: CalendarDate?) -> Bool { days.open.contains(day) }

    private func hasYetToApply(_ file: Int?, _ stamp: ChangeStampReference) -> Bool {
        (file.map { days.progress[$0] } ?? days.absent).lacks(stamp)
    }

    func day(of reference: RowReference) -> CalendarDate? {
        resolver?.day(of: Int(reference.row), in: sources[Int(reference.source)])
    }

    /// All rows of the days that have not taken up a TRUNCATE go.
    func empty(_ truncation: ChangeStampReference?) throws {
        guard let truncation else { return }
        for file in days.files where lacks(file.day, truncation) { work(file.day).isEmptied = true }
        for (index, file) in days.files.enumerated()
        where isOpen(file.day) && !isEmptied(index) {
            let places = try KeptRows.deletedPlaces(
                in: file,
                index,
                lacking: truncation,
                days.progress[index],
                readers
            )
            for place in places { work(file.day).drop(place) }
        }
    }

    func isEmptied(_ file: Int) -> Bool { works[days.files[file].day]?.isEmptied ?? false }

    /// Objects with columns that are narrower than changes have them are written anew: Athena refuses mixed types.
    private func planWiderColumns() throws {
        for file in days.files {
            let merged: RowLayout
            do {
                merged = try file.layout.merged(into: changes.layout).get()
            } catch {
                throw ReplicationError(
                    .configuration,
                    "column \(error.column) has type \(error.types[0].parquetText) in "
                        + "\(readers.store.location)/\(file.info.key) and "
                        + "\(error.types[1].parquetText) in its changes: export the table again with sluice backfill --mode full"
                )
            }
            let isNarrow = file.layout.columns.contains { column in
                merged.index(of: column.name).map { merged.columns[$0].type.parquetText != column.type.parquetText }
                    ?? false
            }
            guard isNarrow, isOpen(file.day) else { continue }
            work(file.day).isNarrow = true
        }
    }

    // MARK: - Rows with keys

    private func planKeys() throws {
        let effect = try netEffect()
        try empty(effect.truncation)
        guard !effect.entries.isEmpty else { return }
        for file in days.files.indices where !isEmptied(file) && days.files[file].rowCount > 0 {
            guard let missing = changes.keyColumns.first(where: { days.files[file].layout.index(of: $0.name) == nil }),
                lacksChanges(file)
            else { continue }
            throw keyless(file, missing.name)
        }
        let finalDays = effect.entries.map { entry in entry.isThere ? entry.row.map { day(of: $0) } : nil }
        let locator = KeyLocator(
            effect.keys,
            columns: changes.keyColumns,
            days: days,
            with: readers,
            control: control
        )
        try locate(effect, finalDays, with: locator)
        counts = locator.counts
        var placement = KeyPlacement(
            effect: effect,
            finalDays: finalDays,
            located: locator,
            files: days.files,
            end: changes.end
        )
        placement.resolve(
            isOpen: { self.isOpen($0) },
            lacks: { file, change, generation in
                let progress = file.map { self.days.progress[$0] } ?? self.days.absent
                return generation.map { progress.lacks(change, ofGeneration: $0) } ?? progress.lacks(change)
            }
        )
        let fetched = try fetch(placement.fetches)
        apply(placement, fetched)
    }

    /// Whether an object has some of the pass's changes yet to take up.
    private func lacksChanges(_ file: Int) -> Bool {
        changes.batches.indices.contains { batch in
            (0..<changes.batches[batch].rowCount).contains { hasYetToApply(file, changes.stamp(batch, $0)) }
        }
    }

    /// An object in whose rows those that changes name cannot be found.
    func keyless(_ file: Int, _ column: String) -> ReplicationError {
        ReplicationError(
            .lake,
            "\(readers.store.location)/\(days.files[file].info.key) has no column \(column), by which changes of table "
                + "\(changes.description.table) name their rows: export the table again with sluice backfill --mode full, "
                + "unless it is being loaded again already"
        )
    }

    private func netEffect() throws -> NetEffect {
        var effect = NetEffect(
            keepsDeleted: keepsDeleted,
            mayMeetDeleted: keepsDeleted || days.files.contains { $0.hasDeleted }
        )
        let columns = changes.keyColumns
        let places = columns.map { changes.layout.index(of: $0.name) ?? 0 }
        var (key, oldKey) = ([UInt8](), [UInt8]())
        for (index, batch) in changes.batches.enumerated() {
            try requireRunning()
            let source = sources[index]
            let encoder = KeyEncoder(zip(columns, places).map { ($0, source.columns[$1]) }, rescued: source.rescued)
            let former = try FormerRows(of: batch, columns: columns)
            let layoutPlaces = batch.file.columns.map { changes.layout.index(of: $0.name) ?? 0 }
            for row in 0..<batch.rowCount {
                let stamp = changes.stamp(index, row)
                let reference = RowReference(source: index, row: row)
                switch batch.operations[row] {
                case UInt8(ascii: "T"): effect.truncate(stamp)
                case UInt8(ascii: "D"):
                    encoder.encode(row, into: &key)
                    effect.delete(key, stamp)
                case UInt8(ascii: "U"):
                    encoder.encode(row, into: &key)
                    let isOther = former.encode(row, into: &oldKey)
                    effect.update(
                        key,
                        oldKey: isOther ? oldKey : nil,
                        reference,
                        unchanged: (batch.unchanged[row] ?? []).map { layoutPlaces[$0] },
                        stamp
                    )
                default:
                    encoder.encode(row, into: &key)
                    effect.insert(key, reference, stamp)
                }
            }
        }
        return effect
    }

    /// Finds the rows that have the pass's keys now.
    private func locate(
        _ effect: NetEffect,
        _ finalDays: [CalendarDate??],
        with locator: KeyLocator
    ) throws {
        /// Whether an object may hold a row with a key.
        func mayHold(_ key: Int, _ file: Int) -> Bool {
            let entry = effect.entries[key]
            return !entry.beginsWithInsert || !days.progress[file].lacks(entry.first)
        }
        var home: [Int: [Int]] = [:]
        for key in effect.entries.indices {
            guard let day = finalDays[key], let file = fileOfDay[day], !isEmptied(file), mayHold(key, file) else {
                continue
            }
            home[file, default: []].append(key)
        }
        try locator.search(home.sorted { $0.key < $1.key }.map { (file: $0.key, keys: $0.value) })
        // Of objects that hold the same changes one at most has a key.
        var classes: [(progress: DayProgress, files: [Int])] = []
        for file in days.files.indices.reversed() where !isEmptied(file) {
            if let known = classes.firstIndex(where: { $0.progress == days.progress[file] }) {
                classes[known].files.append(file)
            } else {
                classes.append((days.progress[file], [file]))
            }
        }
        for (_, files) in classes {
            let members = Set(files)
            let wanted = effect.entries.indices.filter { key in
                mayHold(key, files[0])
                    && !locator.places.contains(key, inFile: { members.contains($0) })
            }
            if !wanted.isEmpty { try locator.search(wanted, inOneOf: files) }
        }
        // A row that was deleted before an export may have the key of one that the export has in another day.
        let all = Array(effect.entries.indices)
        try locator.search(locator.behind.keys.sorted().filter { !isEmptied($0) }.map { (file: $0, keys: all) })
        try locator.searchAdditions()
    }

    /// Reads rows that new ones take values from.
    private func fetch(_ wanted: [KeyLocator.Place: Set<Int>]) throws -> [KeyLocator.Place: RowReference] {
        var fetched: [KeyLocator.Place: RowReference] = [:]
        var byteCount = 0
        let groups = Dictionary(grouping: wanted.keys) { [$0.file, $0.rowGroup] }
        for (_, places) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            try requireRunning()
            let places = places.sorted { $0.row < $1.row }
            let file = days.files[places[0].file]
            let columns = places.reduce(into: Set<Int>()) { $0.formUnion(wanted[$1] ?? []) }
            let names = columns.sorted().map { changes.layout.columns[$0].name }
                .filter { file.layout.index(of: $0) != nil }
            let reader = try readers.open(file.info)
            let batch: RowBatch
            do {
                batch = try reader.readRowGroup(
                    places[0].rowGroup,
                    columns: names + (file.hasRescued ? [RowLayout.rescued] : []),
                    rows: places.map { $0.row..<$0.row + 1 }
                )
            } catch {
                throw ReplicationError(reading: file.info.key, error, in: readers.store)
            }
            byteCount += batch.valueByteCount
            guard byteCount <= memoryLimit else { throw TooLarge() }
            for (row, place) in places.enumerated() {
                fetched[place] = RowReference(source: sources.count, row: row)
            }
            sources.append(
                RowSource(
                    columns: RowSource.arranged(zip(names, batch.columns).map { ($0, $1) }, as: changes.layout),
                    rescued: file.hasRescued ? batch.columns.last : nil
                )
            )
        }
        return fetched
    }

    private func apply(_ placement: KeyPlacement, _ fetched: [KeyLocator.Place: RowReference]) {
        for decision in placement.decisions {
            let work = work(decision.day)
            var row = DayWork.NewRow(
                row: decision.row,
                lsn: decision.lsn.map { Int64(bitPattern: $0.rawValue) },
                isDeleted: decision.isDeleted,
                isMoved: decision.isMoved
            )
            for (column, value) in decision.kept {
                switch value {
                case .inPlace: row.kept[column] = .inPlace
                case .change(let reference): row.kept[column] = .row(reference)
                case .place(let place): if let reference = fetched[place] { row.kept[column] = .row(reference) }
                }
            }
            if let place = decision.place { work.replace(place, by: row) } else { work.append(row) }
        }
        for drop in placement.drops {
            let work = work(days.files[drop.place.file].day)
            work.drop(drop.place)
            if let day = drop.writtenBefore, day != work.day { work.waitsFor.insert(day) }
        }
        for move in placement.moves { work(move.from).waitsFor.insert(move.to) }
        unresolved.formUnion(placement.unresolved)
        incomplete = placement.incomplete
    }
}
