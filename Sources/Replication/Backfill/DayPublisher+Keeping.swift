import Foundation
import Lake
import Logging
import ObjectStorage
import Parquet

/// Days of tables whose deleted rows are kept: each is joined with the object that it replaces.
extension DayPublisher {
    /// How often a day is joined anew because its object was replaced meanwhile.
    private static let attempts = 16
    /// The share of the memory limit that the keys of one day may take: several are joined at the same time.
    private static let keyMemoryShare = 32

    /// Publishes a day that has rows in the database.
    ///
    /// - Parameters:
    ///   - export: The rows, which are left as they are.
    ///   - key: The day's object.
    ///   - plan: The table.
    ///   - keeping: How deleted rows are kept.
    /// - Returns: What the object consists of.
    /// - Throws: ``ReplicationError``, or ``ObjectStorageError``; the object is as it was then.
    func publish(
        _ export: RowGroupFile,
        as key: String,
        of plan: TablePlan,
        keeping: TablePlan.Keeping
    ) async throws -> DayJoin.Joined {
        try await replacing(key) { present in
            let joined = try await join(export, with: present, of: plan, keeping)
            try await put(joined, key, replacing: present)
            return joined
        }
    }

    /// Publishes what is kept of a day that has no rows in the database any more.
    ///
    /// Without a stream, and with nothing to be kept, its object goes.
    func publishKept(
        _ key: String,
        of plan: TablePlan,
        keeping: TablePlan.Keeping,
        _ outcome: inout TableExport.Outcome
    ) async throws {
        let path = folder + "/\(UUID().uuidString)"
        let joined = try await replacing(key) { present -> DayJoin.Joined? in
            guard let present else { return nil }
            let joined = try await join(RowGroupFile(path: path), with: present, of: plan, keeping)
            if joined.rowCount > 0 || plan.isStreamed {
                try await put(joined, key, replacing: present)
            } else {
                RowGroupFile(path: joined.path).remove()
                try await store.delete(key, version: present.version)
            }
            return joined
        }
        guard let joined else { return }
        if joined.rowCount > 0 {
            outcome.fileCount += 1
            outcome.byteCount += joined.byteCount
        } else if plan.isStreamed {
            outcome.emptiedFileCount += 1
        } else {
            outcome.removedFileCount += 1
        }
    }

    private func put(_ joined: DayJoin.Joined, _ key: String, replacing present: ObjectInfo?) async throws {
        defer { RowGroupFile(path: joined.path).remove() }
        let condition = present.map { WriteCondition.ifMatches($0.version) } ?? .ifAbsent
        _ = try await store.put(key, .consumingFile(path: joined.path), condition: condition)
    }

    /// Does something with an object, and again if somebody replaces it meanwhile.
    private func replacing<Result>(_ key: String, _ work: (ObjectInfo?) async throws -> Result) async throws -> Result {
        for attempt in 1... {
            do {
                return try await work(store.head(key))
            } catch let error as ObjectStorageError where error.code == .conflict || error.code == .notFound {
                guard attempt < Self.attempts else { throw error }
            } catch let error as ReplicationError where error.code == .lake && error.isTransient {
                // An object that is replaced while it is read looks like a store that fails.
                guard attempt < Self.attempts, try await store.head(key) != nil else { throw error }
                try await Task.sleep(for: .milliseconds(200))
            }
            logger.debug("joins \(key) anew with what is there: it was replaced meanwhile")
        }
        throw CancellationError()
    }

    private func join(
        _ export: RowGroupFile,
        with present: ObjectInfo?,
        of plan: TablePlan,
        _ keeping: TablePlan.Keeping
    ) async throws -> DayJoin.Joined {
        let (store, path, limit) = (store, export.path + ".joined", memoryLimit / Self.keyMemoryShare)
        let state = try await state(of: plan, keeping)
        guard let present, let former = try await former(present) else {
            // Nothing says that rows which were deleted in this day since the last pass were in it.
            let isFirst = state.position == .start
            let metadata = isFirst ? plan.metadata : plan.metadata(keeping: [.init(applied: state.position)])
            return try plain(export, plan, metadata, to: path)
        }
        let isKnown = state.days[RewriteState.name(of: LakeLayout.day(ofKey: present.key))] == present.version.text
        let known = isKnown ? former.progress.advanced(to: state.position) : former.progress
        return try await onOwnThread("sluice-join") {
            try DayJoin(
                plan,
                keeping,
                former: former,
                progress: known,
                readers: DayReaders(store: store),
                keyByteLimit: limit
            ).write(export, to: path)
        }
    }

    /// How far the table's days have been rewritten.
    private func state(of plan: TablePlan, _ keeping: TablePlan.Keeping) async throws -> RewriteState {
        guard let slot = keeping.slot else { return RewriteState() }
        let states = RewriteStateStore(store: store, slot: slot, table: plan.lakeName, owner: "")
        return try await withCheckpoint { () throws(CheckpointStore.Failure) in try await states.load() }
    }

    /// The object that is replaced; nil if it is none of a table's days, so that nothing of it can be kept.
    private func former(_ present: ObjectInfo) async throws -> DayFile? {
        let store = store
        do {
            return try await onOwnThread("sluice-join") {
                try DayFile(
                    present,
                    day: LakeLayout.day(ofKey: present.key),
                    DayReaders(store: store).open(present),
                    in: store
                )
            }
        } catch let error as ReplicationError where !error.isTransient {
            logger.warning("no deleted rows can be kept of what is replaced: \(error)")
            return nil
        }
    }

    /// An export alone.
    private func plain(
        _ export: RowGroupFile,
        _ plan: TablePlan,
        _ metadata: [(key: String, value: String)],
        to path: String
    ) throws -> DayJoin.Joined {
        var file = try export.copy(to: path)
        let byteCount = max(file.byteCount, FileFooter.magic.count)
        try file.finish { rowGroups in
            FileFooter.encode(
                schema: plan.schema,
                rowGroups: rowGroups,
                keyValueMetadata: metadata,
                createdBy: "sluice version \(ReleaseVersion.current)",
                fileByteCount: byteCount
            )
        }
        return DayJoin.Joined(path: path, byteCount: file.byteCount, rowCount: file.rowCount, keptRowCount: 0)
    }
}
