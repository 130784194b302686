import Foundation
import Glibc
import Lake
import Logging
import ObjectStorage
import Parquet
import PostgresWire

/// Brings the days of one table up to what its changes say.
///
/// Blocks the calling thread; used by one thread at a time.
final class TableRewriter {
    /// How often a run begins anew because an object was replaced meanwhile.
    private static let attempts = 16
    /// How often it begins anew, and after how many seconds, because something could not be read.
    private static let readAttempts = 3
    private static let readPause = 0.2
    private static let leastPassByteCount = 1 << 10
    /// Days that are written at the same time, if memory allows: one waits for the store while another is encoded.
    private static let concurrentWrites = 4
    /// The bytes that writing a day takes beside its row groups: rows that were decoded, pages, dictionaries.
    private static let writingByteCount = 48 << 20

    private let place: Place
    private let settings: RewriteSettings
    private let logger: Logger
    private let control: RunControl
    let claim: RewriteClaim
    private let catalog: DayCatalog
    private var summary = Summary()
    /// The memory that the changes of a pass may take, less than allowed where the rows beside them are large.
    private var passByteCount: Int
    /// Whether passes go as far as what days have taken in ahead, whatever memory that takes.
    private var goesAsFarAsAdditions = true
    /// Is told of days of which some get their first rows, and of those that there are, before any is written.
    var beforeWriting: (_ days: [CalendarDate], _ present: [CalendarDate]) -> Void = { _, _ in }
    /// What all days have taken up.
    private var position = ChangePosition.start
    /// What a dry run would do.
    private(set) var preview: [RewritePreview] = []

    init(_ place: Place, settings: RewriteSettings, logger: Logger, control: RunControl, catalog: DayCatalog? = nil) {
        self.place = place
        self.settings = settings
        self.logger = logger
        self.control = control
        passByteCount = settings.memoryLimit
        claim = RewriteClaim(
            RewriteStateStore(store: place.store, slot: place.slot, table: place.table, owner: place.owner),
            table: place.table
        )
        self.catalog = catalog ?? DayCatalog(DayReaders(store: place.store), table: place.table)
    }

    /// Takes up all changes that are durable.
    ///
    /// - Parameters:
    ///   - checkpoint: What is durable.
    ///   - isDry: Whether only ``preview`` is wanted: what the next pass would do.
    /// - Returns: What was done.
    /// - Throws: ``ReplicationError``.
    func run(_ checkpoint: Checkpoint, isDry: Bool = false) throws -> Summary {
        summary = Summary()
        for attempt in 1... {
            do {
                try runOnce(checkpoint, isDry: isDry)
                return summary
            } catch let error as ReplicationError where error.code == .lake && error.isTransient {
                // An object that is replaced while it is read looks like a store that fails.
                guard attempt < Self.readAttempts, !control.isCancelled else { throw error }
                logger.debug("begins to rewrite \(place.table) anew: \(error)")
                Thread.sleep(forTimeInterval: Self.readPause)
            } catch let error as Repeat {
                guard attempt < Self.attempts else {
                    throw ReplicationError(
                        .lake,
                        "the days of table \(place.table) were replaced by somebody else again and again while they were "
                            + "being rewritten (\(error.reason)); see which other process writes them",
                        isTransient: true
                    )
                }
                logger.debug("begins to rewrite \(place.table) anew: \(error.reason)")
            } catch {
                guard let damage = try damage(error) else { throw error }
                guard !isDry else { throw damage.byDay.min { $0.key < $1.key }?.value ?? error }
                try note(damage)
                return summary
            }
        }
        return summary
    }

    /// The days that an error is about, if they are to be exported again.
    private func damage(_ error: any Error) throws -> DayCatalog.Damage? {
        if let damage = error as? DayCatalog.Damage { return damage }
        guard let error = error as? ReplicationError, error.damagedKey != nil else { return nil }
        var damage = DayCatalog.Damage()
        // Its footer was read, so it is one of the table as it is divided now.
        try damage.note(error, table: place.table, objectCount: 1)
        return damage
    }

    /// Has days exported again whose objects cannot be read.
    private func note(_ damage: DayCatalog.Damage) throws {
        for (_, error) in damage.byDay.sorted(by: { $0.key < $1.key }) { logger.warning("\(error)") }
        var state = try claim.take()
        try noteRepairs(Set(damage.byDay.keys), in: &state)
    }

    /// Merges the files of changes of commit dates that are finished and have been taken up; after a run.
    ///
    /// - Parameters:
    ///   - checkpoint: What is durable.
    ///   - first: The first commit date of which files may have to be merged, if it is known.
    ///   - day: The first commit date that is not finished.
    /// - Returns: What was done, and the first commit date to look at the next time.
    /// - Throws: ``ReplicationError``.
    func compact(
        _ checkpoint: Checkpoint,
        since first: CalendarDate?,
        before day: CalendarDate
    ) throws -> (summary: ChangeCompaction.Summary, next: CalendarDate) {
        let compaction = ChangeCompaction(
            place,
            options: WriterOptions(settings.parquet),
            logger: logger,
            control: control,
            watch: ChangeCompaction.Watch(requireOwnership: { [claim] in try claim.require() })
        )
        let summary = try compaction.run(checkpoint, applied: position, since: first, before: day)
        return (summary, compaction.firstOpenDay ?? day)
    }

    /// The run has to begin anew.
    private struct Repeat: Error {
        var reason: String
    }

    // MARK: - A run

    private func runOnce(_ checkpoint: Checkpoint, isDry: Bool) throws {
        var state = isDry ? try claim.load() : try claim.take()
        Failpoint.afterRewriteClaim.reached()
        // A run that ended before it could export them has left them behind.
        summary.repairs = state.repairs
        let loaded = checkpoint.tables.first { $0.name == place.table }?.loaded
        var view = DayView(files: try catalog.refresh(control), state: state, loaded: loaded)
        guard settings.days == nil || !view.files.contains(where: { $0.day == nil }) else {
            return logger.info("table \(place.table) has no days, and is left alone where some are chosen")
        }
        let target = ChangePosition(before: checkpoint.position)
        let files = try changeFiles(checkpoint, view, state)
        let floor = view.floor(files)
        if floor < target {
            let source = ChangeSource(
                files: files,
                in: place.store,
                after: floor,
                through: target,
                seenBy: settings.snapshot
            )
            // What days have taken in ahead goes when they are written, so the pass has to do without it.
            let open = OpenDays(range: settings.days)
            let ahead = view.files.filter { open.contains($0.day) }.compactMap(\.additions?.end).max() ?? .start
            let least = goesAsFarAsAdditions ? ahead : .start
            var reader = PassReader(source, end: target, byteCount: passByteCount, least: least)
            while let changes = try reader.next() {
                guard !control.isCancelled else { throw ReplicationError.cancelled }
                do {
                    try pass(changes, &view, &state, isDry: isDry)
                } catch is RewritePlanner.TooLarge {
                    guard least == .start else {
                        // What is lost of them then is exported again.
                        goesAsFarAsAdditions = false
                        throw Repeat(reason: "it takes more memory than is allowed")
                    }
                    guard passByteCount > Self.leastPassByteCount else {
                        throw ReplicationError(
                            .configuration,
                            "rows of table \(place.table) do not fit into memory_limit while they are rewritten; raise it"
                        )
                    }
                    passByteCount /= 4
                    throw Repeat(reason: "it takes more memory than is allowed")
                }
                if isDry { return }
            }
        }
        guard !isDry, settings.days == nil else { return }
        try finish(&view, &state, target)
    }

    private func changeFiles(
        _ checkpoint: Checkpoint,
        _ view: DayView,
        _ state: RewriteState
    ) throws -> [ChangeFile] {
        // What is behind may need changes from long ago.
        let isWhole = view.hasLaggards
        let (table, position) = (place.table, isWhole ? ChangePosition.start : state.position)
        let earliest = isWhole ? nil : state.firstDayOfChanges(checkpoint)
        let changes = ChangeFiles(store: place.store, checkpoint: checkpoint)
        return try waitForResult { try await changes.list(of: table, after: position, since: earliest) }
    }

    /// Notes what is known when nothing is pending any more, and removes what has no rows.
    private func finish(_ view: inout DayView, _ state: inout RewriteState, _ target: ChangePosition) throws {
        view.passed(target)
        try removeUnconfirmed(&view, PassEnd(position: target, absent: view.absent))
        for file in view.files where file.rowCount == 0 && file.additions == nil && file.day != nil {
            guard EmptyDay.isOver(file.info, at: Int64(time(nil))) else { continue }
            // An export that found no rows says so, until all changes that it has seen have gone by; unless a day without
            // an object says as much.
            let progress = view.progress(of: file)
            guard progress.snapshot == nil || progress == view.absent else { continue }
            try remove(file, &view)
        }
        view.passed(target)
        var next = state
        view.note(in: &next)
        try claim.save(next, over: &state)
        position = state.position
    }

    /// Removes rows of which an export has said that they are gone, and no change that they were deleted.
    private func removeUnconfirmed(_ view: inout DayView, _ end: PassEnd) throws {
        for file in view.files where file.hasUnconfirmed {
            let progress = view.progress(of: file)
            guard progress.snapshot == nil,
                let plan = try KeptRows.removal(from: file, progress, catalog.readers)
            else { continue }
            try write(plan.works, with: writer(of: plan), &view, end)
        }
    }

    private func writer(of plan: RewritePlan) -> DayWriter {
        DayWriter(
            plan,
            table: place.table,
            readers: catalog.readers,
            options: settings,
            folder: place.folder,
            control: control
        )
    }

    private func remove(_ file: DayFile, _ view: inout DayView) throws {
        let store = place.store
        Failpoint.beforeDayRemoval.reached()
        try replacing { try waitForResult { try await store.delete(file.info.key, version: file.info.version) } }
        Failpoint.afterDayRemoval.reached()
        catalog.forget(file.info.key)
        view.remove(file.day)
        logger.debug("removed \(file.info.key), which has had no rows for long")
    }

    // MARK: - A pass

    private func pass(
        _ changes: PassChanges,
        _ view: inout DayView,
        _ state: inout RewriteState,
        isDry: Bool
    ) throws {
        let plan = try plan(changes, view, state.unsettled ?? [])
        // What is known of keys alone is freed now, and in small pieces between others.
        MemoryAllocator.giveBackFreedMemory()
        let writer = writer(of: plan)
        if isDry {
            preview = RewritePreview.list(plan.works, writer, among: view.files)
            return
        }
        let lost = plan.works.map(\.day).filter { view.hasLost($0) }.map { RewriteState.name(of: $0) }
        if !lost.isEmpty {
            let text =
                "objects of table \(place.table) are gone that were written before: rows of theirs would be missing beside those "
                + "that come now, so that the days are exported again"
            logger.warning("\(text)", metadata: ["days": "\(lost.sorted().joined(separator: ", "))"])
        }
        try noteRepairs(Set(plan.unresolved.map { RewriteState.name(of: $0) }).union(lost), in: &state)
        let written = plan.works.map { RewriteState.name(of: $0.day) }.sorted()
        if !written.isEmpty {
            var next = state
            next.writing = written
            try claim.replace(&state, by: next)
        }
        let days = plan.works.filter { !$0.rows.isEmpty }.compactMap(\.day)
        beforeWriting(days, view.files.compactMap(\.day))
        var after = view
        if settings.days == nil { after.passed(changes.end) }
        try write(plan, with: writer, &view, PassEnd(position: changes.end, absent: after.absent))
        if plan.incomplete.rowCount > 0 { warn(of: plan.incomplete, in: plan.layout) }
        summary.passes += 1
        summary.changes += changes.batches.reduce(0) { $0 + $1.rowCount }
        summary.counts.add(plan.counts)
        var next = state
        next.settle(written)
        // Days of a selection are ahead of the others.
        guard settings.days == nil else { return try claim.save(next, over: &state) }
        view.passed(changes.end)
        view.note(in: &next)
        if next.position > state.position, let day = changes.commitDay { next.commitDay = "\(day)" }
        try claim.save(next, over: &state)
    }

    private func warn(of incomplete: RewritePlan.Incomplete, in layout: RowLayout) {
        let names = incomplete.columns.sorted().map { layout.columns[$0].name }.joined(separator: ", ")
        let reason =
            "an export found other rows with their keys, and no change has repeated what the database has no more"
        logger.warning(
            "deleted rows of table \(place.table) stay without some of their values: \(reason)",
            metadata: ["columns": "\(names)", "rows": "\(incomplete.rowCount)"]
        )
    }

    /// Notes that days have to be exported again, before they are written: an object that holds a change does not say that
    /// a row of it is missing.
    private func noteRepairs(_ days: Set<String>, in state: inout RewriteState) throws {
        guard !days.isEmpty else { return }
        var next = state
        next.repairs = days.union(state.repairs).sorted()
        summary.repairs = next.repairs
        try claim.save(next, over: &state)
    }

    private func plan(_ changes: PassChanges, _ view: DayView, _ unsettled: [String]) throws -> RewritePlan {
        var days = RewritePlanner.Days(
            files: view.files,
            progress: view.files.map { view.progress(of: $0) },
            absent: view.absent,
            open: OpenDays(range: settings.days),
            unsettled: unsettled
        )
        while true {
            let planner = try RewritePlanner(
                changes,
                days: days,
                keepsDeleted: settings.keepsDeleted,
                memoryLimit: settings.memoryLimit,
                readers: catalog.readers,
                control: control
            )
            let plan = try planner.plan()
            // A row that leaves a chosen day needs the day to which it goes.
            let missing = plan.works.reduce(into: Set<CalendarDate?>()) { $0.formUnion($1.waitsFor) }
                .filter { !days.open.contains($0) }
            guard !missing.isEmpty else { return plan }
            days.open.others.formUnion(missing)
        }
    }

    private func write(_ plan: RewritePlan, with writer: DayWriter, _ view: inout DayView, _ end: PassEnd) throws {
        let works = plan.works.sorted { RewriteState.name(of: $0.day) < RewriteState.name(of: $1.day) }
        let numbers = Dictionary(uniqueKeysWithValues: works.indices.map { (works[$0].day, $0) })
        let order = WriteOrder(works.map { Set($0.waitsFor.compactMap { numbers[$0] }) })
        for source in plan.sources { source.prepare() }
        defer { MemoryAllocator.giveBackFreedMemory() }
        for step in order.steps {
            switch step {
            case .whole(let indexes): try write(indexes.map { works[$0] }, with: writer, &view, end)
            case .additions(let index):
                guard !control.isCancelled else { throw ReplicationError.cancelled }
                try claim.requireNowAndThen()
                try writeAdditions(works[index], with: writer, through: end.position)
            }
        }
    }

    /// Gives a day the rows that come to it, while those that leave it are still to be found there.
    private func writeAdditions(_ work: DayWork, with writer: DayWriter, through end: ChangePosition) throws {
        let object = try replacing { try writer.writeAdditions(work, through: end) }
        Failpoint.afterDayAdditions.reached()
        // Its other rows are where they were.
        work.file = try take(object, work, writer)
    }

    /// Writes days that do not wait for each other, some at the same time.
    private func write(
        _ works: [DayWork],
        with writer: DayWriter,
        _ view: inout DayView,
        _ end: PassEnd
    ) throws {
        let results = WriteResults()
        let lent = Lent(value: (rewriter: self, works: works, writer: writer))
        concurrently(works.count, width: width(works, writer)) { index in
            // What is left is seen to when the run begins anew.
            guard !results.hasFailed else { return }
            let (rewriter, works, writer) = lent.value
            results.note(Result { try rewriter.write(works[index], with: writer, end) }, of: index)
        }
        for (work, result) in zip(works, results.inOrder(works.count)) {
            guard let written = try? result?.get() else { continue }
            let counts = work.counts
            summary.insertedRows += counts.inserted
            summary.updatedRows += counts.updated
            summary.deletedRows += counts.deleted
            summary.encodedGroups += written.encodedGroupCount
            summary.groups += written.groupCount
            guard let file = written.file else {
                view.remove(work.day)
                continue
            }
            if file.rowCount == 0, work.file != nil, file.day != nil {
                summary.removedDays += 1
            } else {
                summary.writtenDays += 1
            }
            view.replace(file)
        }
        try results.rethrow()
    }

    /// How many days are written at the same time: so many that they take no more memory than twice the pass's changes.
    private func width(_ works: [DayWork], _ writer: DayWriter) -> Int {
        let largest = works.lazy.map { writer.encodedByteCount(of: $0) }.max() ?? 0
        // A row group is in memory once as it was read and once as it is written, compressed.
        return min(Self.concurrentWrites, max(1, settings.memoryLimit * 2 / (Self.writingByteCount + 2 * largest)))
    }

    /// Writes a day, on any thread.
    private func write(_ work: DayWork, with writer: DayWriter, _ end: PassEnd) throws -> WriteResults.Day {
        guard !control.isCancelled else { throw ReplicationError.cancelled }
        try claim.requireNowAndThen()
        Failpoint.beforeDayWrite.reached()
        let progress = work.progress.advanced(to: end.position)
        let outcome = try replacing {
            try writer.write(work, progress: progress, absent: end.absent) { [claim] in try claim.latestStart() }
        }
        Failpoint.afterDayWrite.reached()
        let file = try outcome.object.map { try take($0, work, writer) }
        if file == nil { catalog.forget(writer.key(of: work)) }
        return WriteResults.Day(
            file: file,
            encodedGroupCount: outcome.encodedGroupCount,
            groupCount: outcome.groupCount
        )
    }

    private func take(
        _ object: DayOutput.Published,
        _ work: DayWork,
        _ writer: DayWriter
    ) throws(ReplicationError) -> DayFile {
        let key = writer.key(of: work)
        let info = ObjectInfo(key: key, byteCount: object.byteCount, version: object.version, modified: 0)
        return try catalog.take(info, day: work.day, footer: object.footer)
    }

    /// Runs a write, whose conflict means that somebody has replaced the object: the run looks again.
    private func replacing<Value>(_ write: () throws -> Value) throws -> Value {
        do {
            return try write()
        } catch let error as ObjectStorageError {
            guard error.code == .conflict || error.code == .notFound else { throw ReplicationError(error) }
            throw Repeat(reason: "\(error)")
        }
    }
}
