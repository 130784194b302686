import Foundation
import Glibc
import Lake
import Logging
import ObjectStorage
import Parquet
import Telemetry

/// Merges the files of changes of finished commit dates into few.
///
/// In this order: what is going to happen is written down (``CompactionIntent``), then the merged file, then that it is
/// whole; only then the files that it replaces are removed, at last the note. Whoever finds a note carries on from there,
/// so that after an end at any point every change is there and, once that is done, in one file. In between a reader may see
/// a change twice, told apart by `(_lsn, _seq)`.
///
/// Blocks the calling thread; used by one thread at a time.
final class ChangeCompaction {
    /// The bytes of a merged file: 1 GiB, which readers still divide among themselves by row groups.
    static let defaultFileByteCount = 1 << 30

    /// What was done.
    struct Summary: Sendable, Equatable {
        /// Files that were merged and are gone.
        var mergedFiles = 0
        /// Files that they were merged into.
        var writtenFiles = 0
    }

    private let place: TableRewriter.Place
    private let plan: CompactionPlan
    private let merge: ChangeMerge
    private let logger: Logger
    private let requireOwnership: () throws -> Void
    private let reached: (Failpoint) throws -> Void
    private let notes: CompactionIntentStore
    private var localFileCount = 0
    /// After a run the first commit date that could not be looked at, as it has changes that are yet to be applied; nil
    /// if there is none.
    private(set) var firstOpenDay: CalendarDate?

    /// Prepares to merge files of a table.
    ///
    /// - Parameters:
    ///   - place: The table, and a local folder for files on their way.
    ///   - options: How files are written.
    ///   - maximumByteCount: The bytes that a merged file is to have at most.
    ///   - logger: Is told what was merged.
    ///   - control: Ends the work.
    ///   - watch: Has a say in whether it goes on.
    init(
        _ place: TableRewriter.Place,
        options: WriterOptions,
        maximumByteCount: Int = ChangeCompaction.defaultFileByteCount,
        logger: Logger,
        control: RunControl,
        watch: Watch = Watch()
    ) {
        self.place = place
        self.logger = logger
        plan = CompactionPlan(store: place.store, maximumByteCount: maximumByteCount)
        merge = ChangeMerge(store: place.store, options: options, control: control)
        notes = CompactionIntentStore(store: place.store, slot: place.slot, table: place.table)
        requireOwnership = watch.requireOwnership
        reached = watch.reached
    }

    /// What has a say in whether the work goes on.
    struct Watch {
        /// Throws if another process has taken over; asked before anything is written or removed.
        var requireOwnership: () throws -> Void = {}
        /// Told of each step that was taken; a test throws to end there.
        var reached: (Failpoint) throws -> Void = { $0.reached() }
    }

    /// The first commit date that is not finished yet: all before it ended so long ago that no flush is still to come.
    ///
    /// - Parameters:
    ///   - seconds: The present time, since 1970-01-01 UTC.
    ///   - delay: How long a date is left alone after its end.
    /// - Returns: The date, in UTC.
    static func firstUnfinishedDay(at seconds: Int64, after delay: Duration) -> CalendarDate {
        let settled = seconds - delay.components.seconds
        let days = settled >= 0 ? settled / 86_400 : (settled - 86_399) / 86_400
        return CalendarDate(daysSinceEpoch: Int32(clamping: days))
    }

    /// Finishes what was begun, then merges the files of commit dates of which all changes have been applied.
    ///
    /// - Parameters:
    ///   - checkpoint: What is durable.
    ///   - applied: The last change that current rows have taken up.
    ///   - first: The first commit date to look at; nil for all.
    ///   - day: The first commit date that is not finished.
    /// - Returns: What was done.
    /// - Throws: ``ReplicationError``; what was begun is finished by the next run.
    func run(
        _ checkpoint: Checkpoint,
        applied: ChangePosition,
        since first: CalendarDate? = nil,
        before day: CalendarDate
    ) throws(ReplicationError) -> Summary {
        try Self.reporting { try mergeAll(checkpoint, applied, first, day) }
    }

    /// Finishes what a run before has begun and not brought to its end.
    ///
    /// - Returns: What was done.
    /// - Throws: ``ReplicationError``.
    func finish() throws(ReplicationError) -> Summary { try Self.reporting { try carryOn() } }

    // MARK: - Runs

    private static func reporting(_ work: () throws -> Summary) throws(ReplicationError) -> Summary {
        do {
            return try work()
        } catch {
            throw (error as? ReplicationError) ?? (error as? ObjectStorageError).map { ReplicationError($0) }
                ?? ReplicationError(.lake, "cannot merge files of changes: \(error)")
        }
    }

    private func mergeAll(
        _ checkpoint: Checkpoint,
        _ applied: ChangePosition,
        _ first: CalendarDate?,
        _ day: CalendarDate
    ) throws -> Summary {
        var summary = try carryOn()
        let (store, table) = (place.store, place.table)
        let files = try waitForResult {
            try await ChangeFiles(store: store, checkpoint: checkpoint).list(of: table, after: .start, since: first)
        }
        let dates = Dictionary(grouping: files.filter { $0.name.day < day }, by: \.name.day)
        firstOpenDay = files.lazy.filter { $0.end > applied }.map(\.name.day).min().map { min($0, day) }
        for (_, files) in dates.sorted(by: { $0.key < $1.key }) where files.allSatisfy({ $0.end <= applied }) {
            var names = files.map(\.name)
            for run in try plan.runs(of: files) {
                guard let name = ChangeFileName(merging: run.map(\.name), among: names) else { continue }
                names.append(name)
                try replace(run, by: name)
                summary.mergedFiles += run.count
                summary.writtenFiles += 1
            }
        }
        return summary
    }

    private func carryOn() throws -> Summary {
        guard var (intent, version) = try notes.load() else { return Summary() }
        if intent.owner != place.owner {
            // Whoever wrote it gets no further than its next step.
            intent.owner = place.owner
            version = try notes.save(intent, over: version)
        }
        let present = try files(beside: intent.file)
        let others = intent.replaced.compactMap { present[$0] }
        if present[intent.file] == nil {
            guard others.count == intent.replaced.count else {
                guard !intent.isWritten else {
                    throw ReplicationError(
                        .lake,
                        "\(intent.file) is gone, which \(intent.replaced.count) files of changes were merged into: bring it "
                            + "back, or remove \(notes.key) if those changes may be missing"
                    )
                }
                logger.warning("\(notes.key) speaks of files that are gone, and nothing was merged; it is removed")
                try notes.remove(version)
                return Summary()
            }
            intent.isWritten = false
            let files = others.compactMap { object in
                ChangeFileName(key: object.key).map { ChangeFile(name: $0, object: object) }
            }
            let (path, _) = try mergedFile(files.sorted())
            defer { unlink(path) }
            try upload(path, intent, version)
        }
        try complete(intent, version)
        return Summary(mergedFiles: intent.replaced.count, writtenFiles: 1)
    }

    // MARK: - Steps

    private func replace(_ files: [ChangeFile], by name: ChangeFileName) throws {
        let start = ContinuousClock.now
        let (path, rowCount) = try mergedFile(files)
        let intent = CompactionIntent(
            file: name.key,
            replaced: files.map(\.object.key),
            owner: place.owner,
            started: "\(UTCTime.now)"
        )
        // Gone already once the store has it.
        defer { unlink(path) }
        try reached(.beforeCompactionIntent)
        try requireOwnership()
        let version = try notes.save(intent, over: nil)
        try reached(.afterCompactionIntent)
        // From here on nobody else begins to merge; what others have merged before must not come back.
        let present = try self.files(beside: intent.file)
        guard intent.replaced.allSatisfy({ present[$0] != nil }) else {
            try notes.remove(version)
            throw notes.overtaken
        }
        try upload(path, intent, version)
        try complete(intent, version)
        logger.info(
            "merged files of changes of table \(place.table)",
            metadata: [
                "day": "\(name.day)", "files": "\(files.count)", "changes": "\(rowCount)",
                "seconds": "\(HumanUnits.seconds(ContinuousClock.now - start))",
            ]
        )
    }

    private func mergedFile(_ files: [ChangeFile]) throws -> (path: String, rowCount: Int) {
        localFileCount += 1
        let (file, rowCount) = try merge.write(files, to: "\(place.folder)/merged-\(localFileCount).parquet")
        return (file.path, rowCount)
    }

    private func upload(_ path: String, _ intent: CompactionIntent, _ version: ObjectVersion) throws {
        try requireOwnership()
        guard try notes.isCurrent(version) else { throw notes.overtaken }
        do {
            let (store, file) = (place.store, intent.file)
            _ = try waitForResult { try await store.put(file, .consumingFile(path: path), condition: .ifAbsent) }
        } catch let error as ObjectStorageError where error.code == .conflict {
            // Another process has finished this step: its file holds the same changes.
            logger.debug("\(intent.file) is there already")
        }
        try reached(.afterCompactionUpload)
    }

    /// Removes what the merged file replaces; the file is there.
    private func complete(_ intent: CompactionIntent, _ version: ObjectVersion) throws {
        var (intent, version) = (intent, version)
        if !intent.isWritten {
            intent.isWritten = true
            try requireOwnership()
            version = try notes.save(intent, over: version)
            try reached(.afterCompactionMark)
        }
        try requireOwnership()
        let (store, file, replaced) = (place.store, intent.file, intent.replaced)
        guard try waitForResult({ try await store.head(file) }) != nil else { throw notes.overtaken }
        try waitForResult { try await store.delete(replaced) }
        try reached(.afterCompactionRemoval)
        try notes.remove(version)
        try reached(.afterCompaction)
    }

    /// All files of a commit date, by key.
    private func files(beside key: String) throws -> [String: ObjectInfo] {
        guard let name = ChangeFileName(key: key) else { return [:] }
        let (store, folder) = (place.store, ChangeFileName.folder(of: name.table, day: name.day))
        return try waitForResult {
            var files: [String: ObjectInfo] = [:]
            for try await object in store.list(prefix: folder) { files[object.key] = object }
            return files
        }
    }
}
