import Lake
import Logging
import ObjectStorage
import Parquet

/// Turns a table's fragments into the lake's objects, and sees to the days that no longer have rows.
struct DayPublisher: Sendable {
    /// Uploads at a time: enough to hide the store's answer time, few enough to keep memory and sockets small.
    private static let concurrentUploads = 8

    let store: any ObjectStore
    let logger: Logger
    /// A local folder.
    let folder: String
    /// The bytes that the keys of all days which are joined with their objects may take.
    var memoryLimit = BackfillRequest.minimumMemoryLimit

    /// Publishes all days of a table.
    ///
    /// - Parameters:
    ///   - days: The fragments of each day.
    ///   - plan: The table.
    /// - Returns: What has become of it.
    /// - Throws: ``ReplicationError`` that is transient if a stream has begun to carry the table since it was planned.
    func publish(_ days: [Int: [RowGroupFile]], of plan: TablePlan) async throws -> TableExport.Outcome {
        if !plan.isStreamed { try await expectNoStream(of: plan) }
        var outcome = TableExport.Outcome()
        var written: Set<String> = []
        try await withThrowingTaskGroup(of: (key: String, rows: Int, bytes: Int).self) { group in
            var pending = days.sorted { $0.key < $1.key }[...]
            func addNext() {
                guard let (day, fragments) = pending.popFirst() else { return }
                group.addTask { try await publish(fragments, day: day, of: plan) }
            }
            for _ in 0..<Self.concurrentUploads { addNext() }
            while let done = try await group.next() {
                outcome.rowCount += done.rows
                outcome.fileCount += 1
                outcome.byteCount += done.bytes
                written.insert(done.key)
                addNext()
            }
        }
        var stale = try await staleKeys(of: plan, keeping: written)
        if let keeping = plan.keeping {
            for key in stale where Self.isDay(key, of: plan) {
                try await publishKept(key, of: plan, keeping: keeping, &outcome)
            }
            stale.removeAll { Self.isDay($0, of: plan) }
        }
        let emptied = plan.isStreamed ? stale.filter { Self.isDay($0, of: plan) } : []
        try await empty(emptied, of: plan)
        outcome.emptiedFileCount += emptied.count
        outcome.removedFileCount += stale.count - emptied.count
        let kept = Set(emptied)
        if stale.count > emptied.count { try await store.delete(stale.filter { !kept.contains($0) }) }
        warnOfEmptyDays(of: plan, published: Set(days.keys))
        return outcome
    }

    /// A stream that has begun meanwhile lacks what was written between the snapshot and its beginning, and has loaded, or
    /// will load, the table from a snapshot that has it.
    private func expectNoStream(of plan: TablePlan) async throws(ReplicationError) {
        let owner = try await withCheckpoint { () throws(CheckpointStore.Failure) in
            try await LakeStreams.load(from: store).owner(of: plan.lakeName)
        }
        guard let owner,
            owner.stream.slot != plan.formerOwner?.stream.slot || owner.table.oid != plan.formerOwner?.table.oid
        else { return }
        throw ReplicationError(
            .lake,
            "the stream of slot \(owner.stream.slot) has begun to carry table \(plan.displayName) since its rows were read",
            isTransient: true
        )
    }

    private func publish(
        _ fragments: [RowGroupFile],
        day: Int,
        of plan: TablePlan
    ) async throws -> (key: String, rows: Int, bytes: Int) {
        var pieces = fragments[...]
        guard var file = pieces.popFirst() else { return ("", 0, 0) }
        for piece in pieces { try file.append(piece) }
        let date = plan.routing == nil ? nil : CalendarDate(daysSinceEpoch: Int32(day))
        let key = LakeLayout.key(table: plan.lakeName, day: date)
        if let keeping = plan.keeping {
            defer { file.remove() }
            let kept = try await publish(file, as: key, of: plan, keeping: keeping)
            return (key, file.rowCount, kept.byteCount)
        }
        let byteCount = max(file.byteCount, FileFooter.magic.count)
        try file.finish { rowGroups in
            FileFooter.encode(
                schema: plan.schema,
                rowGroups: rowGroups,
                keyValueMetadata: plan.metadata,
                createdBy: "sluice version \(ReleaseVersion.current)",
                fileByteCount: byteCount
            )
        }
        try await store.put(key, .consumingFile(path: file.path))
        return (key, file.rowCount, file.byteCount)
    }

    /// Replaces the objects of days whose rows are gone by ones that have none.
    ///
    /// Such an object may have held rows of changes that the snapshot does not see. The footer of the new one says from
    /// where on changes are to be applied again; without an object nothing would.
    private func empty(_ keys: [String], of plan: TablePlan) async throws {
        let footer = FileFooter.encode(
            schema: plan.schema,
            rowGroups: [],
            keyValueMetadata: plan.metadata,
            createdBy: "sluice version \(ReleaseVersion.current)",
            fileByteCount: FileFooter.magic.count
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, key) in keys.enumerated() {
                if index >= Self.concurrentUploads { try await group.next() }
                group.addTask { [store] in try await store.put(key, .bytes(FileFooter.magic + footer)) }
            }
            try await group.waitForAll()
        }
    }

    /// Whether the key is one that the table's days have now, unlike that of a table which had none before.
    static func isDay(_ key: String, of plan: TablePlan) -> Bool {
        plan.routing != nil && key != LakeLayout.key(table: plan.lakeName, day: nil)
    }

    /// Objects of the exported days that were not written again.
    private func staleKeys(of plan: TablePlan, keeping written: Set<String>) async throws -> [String] {
        var stale: [String] = []
        if let days = plan.days {
            var day = days.lowerBound
            while day <= days.upperBound {
                try Task.checkCancellation()
                let key = LakeLayout.key(table: plan.lakeName, day: day)
                if !written.contains(key), try await store.head(key) != nil { stale.append(key) }
                day = day.advanced(by: 1)
            }
        } else {
            for try await object in store.list(prefix: plan.lakeName + "/")
            where !written.contains(object.key) && LakeLayout.isCurrentRows(object.key, of: plan.lakeName) {
                stale.append(object.key)
            }
        }
        return stale
    }

    private func warnOfEmptyDays(of plan: TablePlan, published: Set<Int>) {
        guard let days = plan.days else { return }
        var day = days.lowerBound
        while day <= days.upperBound {
            if !published.contains(Int(day.daysSinceEpoch)) {
                logger.warning("no data found for table \(plan.displayName) on date \(day)")
            }
            day = day.advanced(by: 1)
        }
    }
}
