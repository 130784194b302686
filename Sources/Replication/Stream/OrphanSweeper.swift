import Lake
import Logging
import ObjectStorage

/// Removes files of changes that a crashed or replaced process has left behind: their changes arrive again, so that
/// readers would see them twice.
struct OrphanSweeper {
    /// Tables that are looked at at the same time.
    private static let concurrentTables = 16

    let store: any ObjectStore
    let logger: Logger

    /// Looks at all files of changes of the tables.
    ///
    /// - Returns: How many were removed.
    /// - Throws: ``ReplicationError`` if the store refuses.
    func sweep(tables: [String], checkpoint: Checkpoint) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            var rest = tables[...]
            var removed = 0
            func addNext() {
                guard let table = rest.popFirst() else { return }
                group.addTask { try await sweep(table: table, checkpoint: checkpoint) }
            }
            for _ in 0..<Self.concurrentTables { addNext() }
            while let count = try await group.next() {
                removed += count
                addNext()
            }
            return removed
        }
    }

    private func sweep(table: String, checkpoint: Checkpoint) async throws -> Int {
        do {
            var orphans: [String] = []
            for try await object in store.list(prefix: ChangeFileName.folder(of: table) + "/") {
                guard let name = ChangeFileName(key: object.key), checkpoint.isOrphan(name) else { continue }
                orphans.append(object.key)
            }
            guard !orphans.isEmpty else { return 0 }
            try await store.delete(orphans)
            logger.info(
                "removed files of changes that were never confirmed and arrive again",
                metadata: ["table": "\(table)", "files": "\(orphans.count)"]
            )
            return orphans.count
        } catch {
            throw ReplicationError(error)
        }
    }
}
