import Lake
import Logging
import ObjectStorage
import Synchronization

/// The days of a table as they were at one moment, over which changes can be applied that nobody else sees.
///
/// Blocks the calling thread; used by one thread at a time.
final class PinnedTable {
    /// Footers read at the same time.
    private static let concurrentReads = 8
    /// The bytes of objects of a table that are copied because they may be replaced before they are read.
    private static let keptByteCount = 2 << 30
    /// How often a pass begins anew because objects could not be read.
    private static let attempts = 16

    let table: ValidatedTable
    private let overlay: OverlayStore
    private let readers: DayReaders
    private let control: RunControl
    /// The position of the table's state.
    private(set) var state = RewriteState()
    /// The days' objects as they were found.
    private(set) var files: [CalendarDate?: DayFile] = [:]
    /// What is known of days already: their objects cannot be read.
    private(set) var verdicts: [CalendarDate?: DayVerdict] = [:]

    init(_ table: ValidatedTable, in overlay: OverlayStore, control: RunControl) {
        self.table = table
        self.overlay = overlay
        self.control = control
        readers = DayReaders(store: overlay)
    }

    /// Where the pinned objects are, and what is made of them.
    var store: any ObjectStore { overlay }

    // MARK: - Pinning

    /// Notes which objects there are, and copies those that may soon be replaced.
    ///
    /// - Parameters:
    ///   - base: The lake.
    ///   - slot: The slot whose changes come into the table.
    ///   - hotFor: How long ago an object was written that may soon be replaced; nil to copy none.
    /// - Throws: ``ReplicationError`` if the lake cannot be asked.
    func pin(_ base: any ObjectStore, slot: String, hotFor: Int64?) throws {
        let (overlay, name, table) = (overlay, table.name, table)
        let stateKey = RewriteStateStore.key(slot: slot, table: name)
        let objects = try waitForResult {
            do {
                // As a rewriter does: first what is known of the days, then the days.
                let states = try await Self.pinState(stateKey, of: base, in: overlay)
                var objects: [ObjectInfo] = []
                for try await object in base.list(prefix: name + "/")
                where table.mayHold(object.key) {
                    objects.append(object)
                }
                overlay.pin(objects, prefix: name + "/")
                if let hotFor { await Self.keep(objects, states, hotFor, in: overlay) }
                return objects
            } catch let error as ObjectStorageError {
                throw ReplicationError(error)
            }
        }
        let states = RewriteStateStore(store: overlay, slot: slot, table: name, owner: "")
        state = try waitForResult {
            try await withCheckpoint { () throws(CheckpointStore.Failure) in try await states.load() }
        }
        readFooters(objects)
    }

    /// Copies the table's state, which may be replaced at any moment.
    private static func pinState(
        _ key: String,
        of base: any ObjectStore,
        in overlay: OverlayStore
    ) async throws(ObjectStorageError) -> [ObjectInfo] {
        for attempt in 1... {
            let states = try await base.head(key).map { [$0] } ?? []
            overlay.pin(states, prefix: key)
            do throws(ObjectStorageError) {
                if !states.isEmpty { try await overlay.keep(key) }
                return states
            } catch {
                guard error.code == .conflict || error.code == .notFound, attempt < attempts else { throw error }
            }
        }
        return []
    }

    private static func keep(
        _ objects: [ObjectInfo],
        _ states: [ObjectInfo],
        _ seconds: Int64,
        in overlay: OverlayStore
    ) async {
        // By the store's clock, as far as it is known.
        let newest = (objects + states).map(\.modified).max() ?? 0
        var byteCount = 0
        for object in objects.sorted(by: { $0.modified > $1.modified }) where object.modified >= newest - seconds {
            byteCount += object.byteCount
            guard byteCount <= keptByteCount else { return }
            // What is gone already is noted by the overlay.
            try? await overlay.keep(object.key)
        }
    }

    private func readFooters(_ objects: [ObjectInfo]) {
        let results = FoundFooters(count: objects.count)
        let (overlay, readers) = (overlay, readers)
        concurrently(objects.count, width: Self.concurrentReads) { index in
            let object = objects[index]
            let result = Result<DayFile, ReplicationError> { () throws(ReplicationError) in
                try DayFile(object, day: LakeLayout.day(ofKey: object.key), readers.open(object), in: overlay)
            }
            results.note(result, of: index)
        }
        for (object, result) in zip(objects, results.all()) {
            let day = LakeLayout.day(ofKey: object.key)
            switch result {
            case .success(let file): files[day] = file
            case .failure(let error): exclude(object.key, day, because: error)
            }
        }
    }

    /// Leaves a day out whose object cannot be read.
    private func exclude(_ key: String, _ day: CalendarDate?, because error: ReplicationError) {
        var verdict: DayVerdict
        if overlay.lostKeys.contains(key) {
            verdict = DayVerdict(
                .uncompared("its object is replaced again and again while it is read; run the same command later")
            )
        } else if error.isTransient || error.code != .lake {
            // Nothing is wrong with the object.
            verdict = DayVerdict(.uncompared("\(error)"))
        } else {
            verdict = DayVerdict(.damaged(error.text(naming: table.option)))
        }
        verdict.file = key
        verdict.lsn = files[day].map { Self.lsn(of: $0) }
        verdicts[day] = verdict
        overlay.hide(key)
        readers.forget(key)
    }

    private static func lsn(of file: DayFile) -> String {
        "\(file.progress.snapshot?.lsn ?? file.progress.applied.lsn)"
    }

    /// The last change that any of the days holds.
    var end: ChangePosition {
        files.values.reduce(state.position) { end, file in
            max(end, file.progress.kept.map(\.applied).max() ?? .start, file.additions?.end ?? .start)
        }
    }

    // MARK: - Bringing days to a snapshot

    /// Applies what the lake has of changes that a snapshot sees.
    ///
    /// - Parameters:
    ///   - checkpoint: Has all changes that the snapshot sees.
    ///   - place: The table in the overlay, and a local folder.
    ///   - settings: How days are rewritten, and the snapshot.
    ///   - logger: Is told of what goes wrong.
    /// - Throws: ``ReplicationError`` if it cannot be done.
    func apply(_ checkpoint: Checkpoint, _ place: TableRewriter.Place, _ settings: RewriteSettings, _ logger: Logger)
        throws
    {
        var quiet = logger
        // What it would say of the lake is said by the process that rewrites it.
        quiet.logLevel = .critical
        for attempt in 1... {
            let rewriter = TableRewriter(
                place,
                settings: settings,
                logger: quiet,
                control: control,
                catalog: DayCatalog(readers, table: table.name)
            )
            do {
                let summary = try rewriter.run(checkpoint)
                let state = try rewriter.claim.load()
                let isComplete = settings.days != nil || state.position >= ChangePosition(before: checkpoint.position)
                guard !isComplete || excludeUnreadable(summary.repairs) else { return }
            } catch let error as ReplicationError {
                guard error.code == .lake, excludeLost(), attempt < Self.attempts else { throw error }
            }
            guard attempt < Self.attempts else {
                throw ReplicationError(.lake, "days of table \(table.displayName) cannot be read again and again")
            }
        }
    }

    /// Leaves out the objects that were replaced since they were pinned; whether there are any.
    private func excludeLost() -> Bool {
        let lost = overlay.lostKeys.filter { table.mayHold($0) }
            .filter { verdicts[LakeLayout.day(ofKey: $0)] == nil }
        for key in lost { exclude(key, LakeLayout.day(ofKey: key), because: .cancelled) }
        return !lost.isEmpty
    }

    /// Leaves out the objects of days that a pass could not read; whether there are any.
    private func excludeUnreadable(_ days: [String]) -> Bool {
        if excludeLost() { return true }
        var isOther = false
        for day in RewriteState.days(named: days) {
            guard let file = files[day], verdicts[day] == nil, let error = firstError(of: file) else { continue }
            exclude(file.info.key, day, because: error)
            isOther = true
        }
        return isOther
    }

    /// What is wrong with an object, found by reading all of it.
    private func firstError(of file: DayFile) -> ReplicationError? {
        do {
            _ = try table.checksums.read(file.info, through: readers, control: control)
            return nil
        } catch {
            return error
        }
    }

    // MARK: - Comparing

    /// Compares the days with the database.
    ///
    /// - Parameters:
    ///   - database: The checksums of the days there.
    ///   - wanted: The days that are compared; nil for all.
    ///   - width: Days that are read at the same time.
    ///   - progress: Is told of each day with its rows and bytes.
    /// - Returns: What came of each day that one of the sides has.
    /// - Throws: ``ReplicationError`` if the overlay cannot be listed, or the run was cancelled.
    func compare(
        with database: [CalendarDate?: DayChecksum],
        wanted: Set<CalendarDate?>?,
        width: Int,
        progress: @Sendable @escaping (_ rows: Int, _ bytes: Int) -> Void
    ) throws -> [CalendarDate?: DayVerdict] {
        let (overlay, name) = (overlay, table.name)
        let all = try waitForResult {
            var objects: [ObjectInfo] = []
            for try await object in overlay.list(prefix: name + "/") { objects.append(object) }
            return objects
        }
        let objects = all.filter { wanted?.contains(LakeLayout.day(ofKey: $0.key)) ?? true }
        let found = FoundLakeChecksums(count: objects.count)
        let (plan, readers, control) = (table.checksums, readers, control)
        concurrently(objects.count, width: width) { index in
            guard !control.isCancelled else { return }
            let result = Result<DayChecksum, ReplicationError> { () throws(ReplicationError) in
                try plan.read(objects[index], through: readers, control: control)
            }
            found.note(result, of: index)
            if case .success(let checksum) = result { progress(checksum.rowCount, objects[index].byteCount) }
        }
        guard !control.isCancelled else { throw ReplicationError.cancelled }
        var lake: [CalendarDate?: DayChecksum] = [:]
        for (object, result) in zip(objects, found.all()) {
            let day = LakeLayout.day(ofKey: object.key)
            switch result {
            case .success(let checksum): lake[day] = checksum
            case .failure(let error): exclude(object.key, day, because: error)
            }
        }
        var compared: [CalendarDate?: DayVerdict] = [:]
        for day in Set(database.keys).union(lake.keys).union(verdicts.keys) where wanted?.contains(day) ?? true {
            var verdict = verdicts[day] ?? DayVerdict(database: database[day], lake: lake[day], plan)
            if verdicts[day] != nil { verdict.databaseRowCount = database[day]?.rowCount ?? 0 }
            verdict.file = verdict.file ?? LakeLayout.key(table: table.name, day: day)
            verdict.lsn = verdict.lsn ?? files[day].map { Self.lsn(of: $0) }
            compared[day] = verdict
        }
        return compared
    }
}

/// Results that several threads have, each at its place.
private final class FoundResults<Value: Sendable>: Sendable {
    private let results: Mutex<[Result<Value, ReplicationError>]>

    init(count: Int) {
        results = Mutex(Array(repeating: .failure(.cancelled), count: count))
    }

    func note(_ result: Result<Value, ReplicationError>, of index: Int) {
        results.withLock { $0[index] = result }
    }

    func all() -> [Result<Value, ReplicationError>] { results.withLock { $0 } }
}

private typealias FoundFooters = FoundResults<DayFile>
private typealias FoundLakeChecksums = FoundResults<DayChecksum>
