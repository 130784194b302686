import Lake
import ObjectStorage

/// Finds the files of changes that are in the lake for good.
struct ChangeFiles: Sendable {
    let store: any ObjectStore
    let checkpoint: Checkpoint

    /// The durable files of a table with changes after a position, in the order of their changes.
    ///
    /// - Parameters:
    ///   - table: The table's name in the lake.
    ///   - position: Files whose changes are all at it or before it are left out.
    ///   - day: The commit date before which there is nothing to look for.
    /// - Returns: The files, sorted.
    /// - Throws: ``ReplicationError`` if the store refuses.
    func list(
        of table: String,
        after position: ChangePosition,
        since day: CalendarDate? = nil
    ) async throws(ReplicationError) -> [ChangeFile] {
        var files: [ChangeFile] = []
        do throws(ObjectStorageError) {
            let folder = ChangeFileName.folder(of: table) + "/"
            // Later dates come later, and what belongs to a date comes after its folder.
            let start = day.map { ChangeFileName.folder(of: table, day: $0) } ?? folder
            for try await object in store.list(prefix: folder, startingAfter: start) {
                guard let name = ChangeFileName(key: object.key), name.table == table, isDurable(name)
                else { continue }
                let file = ChangeFile(name: name, object: object)
                if file.end > position { files.append(file) }
            }
        } catch {
            throw ReplicationError(error)
        }
        return files.sorted()
    }

    /// Whether the checkpoint vouches for a file: its changes never arrive again, and are of this life of the slot.
    func isDurable(_ name: ChangeFileName) -> Bool {
        name.last < checkpoint.position && name.generation > checkpoint.formerGenerations ?? 0
            && !checkpoint.isOrphan(name)
    }
}
