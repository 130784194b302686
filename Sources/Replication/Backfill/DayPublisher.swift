import Lake
import Logging
import ObjectStorage
import Parquet

/// Turns a table's fragments into the lake's objects, and removes the days that no longer have rows.
struct DayPublisher: Sendable {
    /// Uploads at a time: enough to hide the store's answer time, few enough to keep memory and sockets small.
    private static let concurrentUploads = 8

    let store: any ObjectStore
    let logger: Logger

    /// Publishes all days of a table.
    func publish(_ days: [Int: [RowGroupFile]], of plan: TablePlan) async throws -> TableExport.Outcome {
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
        outcome.removedFileCount = try await removeStale(of: plan, keeping: written)
        warnOfEmptyDays(of: plan, published: Set(days.keys))
        return outcome
    }

    private func publish(
        _ fragments: [RowGroupFile],
        day: Int,
        of plan: TablePlan
    ) async throws -> (key: String, rows: Int, bytes: Int) {
        var pieces = fragments[...]
        guard var file = pieces.popFirst() else { return ("", 0, 0) }
        for piece in pieces { try file.append(piece) }
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
        let date = plan.routing == nil ? nil : CalendarDate(daysSinceEpoch: Int32(day))
        let key = LakeLayout.key(table: plan.lakeName, day: date)
        try await store.put(key, .consumingFile(path: file.path))
        return (key, file.rowCount, file.byteCount)
    }

    /// Removes objects of the exported days that were not written again.
    private func removeStale(of plan: TablePlan, keeping written: Set<String>) async throws -> Int {
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
        guard !stale.isEmpty else { return 0 }
        try await store.delete(stale)
        return stale.count
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
