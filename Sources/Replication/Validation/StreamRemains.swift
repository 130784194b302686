import Lake
import ObjectStorage

/// What is there of a stream that the lake has no checkpoint of: then nobody knows which changes the lake has.
///
/// Blocks the calling thread.
struct StreamRemains {
    /// Files that are looked at in each folder that may be one of changes.
    private static let looks = 100

    let request: ReplicationRequest
    let place: ValidationRun.Place
    let session: DatabaseSession

    /// The table of a state that a stream keeps, by its name in the lake; nil if the key is none of a state.
    static func table(ofState key: String) -> String? {
        let parts = key.split(separator: "/")
        guard parts.count == 4, parts[2] == "tables", parts[3].hasSuffix(".json") else { return nil }
        return String(parts[3].dropLast(5))
    }

    /// Says what a lake is without that has no checkpoint of the settings' slot.
    ///
    /// - Parameter folders: The folders at the lake's root.
    /// - Returns: A failure if a stream has written into the lake, a warning if there is only a slot.
    /// - Throws: ``ReplicationError`` if lake or server cannot be asked.
    func findings(_ folders: Set<String>) throws -> [ValidationFinding] {
        let key = CheckpointStore.key(slot: request.slot)
        guard try hasSlot() || !place.remains.isEmpty else { return [] }
        guard try !place.remains.isEmpty || hasChanges(folders) else {
            return [
                ValidationFinding(
                    .warning,
                    .stream,
                    "the server has slot \(request.slot), and the lake has no checkpoint of it; if its changes belong into this "
                        + "lake, check lake.url, or run sluice replicate"
                )
            ]
        }
        return [
            ValidationFinding(
                .failure,
                .stream,
                "the checkpoint \(key) is gone, although a stream has written into the lake: nothing says which changes it "
                    + "has, and none come; put the checkpoint back as it was, or run sluice drop, move the folders of changes "
                    + "(<table>_changes) out of the lake, and run sluice replicate, which loads all tables again"
            )
        ]
    }

    private func hasSlot() throws -> Bool {
        let connection = try session.connect()
        do {
            return try SlotReading.read(request.slot, on: connection).map { $0.foreignKind == nil } ?? false
        } catch {
            throw ReplicationError(error, table: nil)
        }
    }

    /// Whether the lake has files of changes that no stream calls its own, and none that was dropped has left.
    private func hasChanges(_ folders: Set<String>) throws -> Bool {
        let own = Set(place.streams.streams.flatMap { $0.tables.map { ChangeFileName.folder(of: $0.name) } })
        let (store, looks) = (place.store, Self.looks)
        let candidates = folders.subtracting(own).filter { $0.hasSuffix(ChangeFileName.folder(of: "")) }.sorted()
        return try waitForResult(cancelledBy: session.control) {
            let former = try await withCheckpoint { () throws(CheckpointStore.Failure) in
                try await CheckpointStore.lastFormerGeneration(in: store)
            }
            do {
                for folder in candidates {
                    var count = 0
                    for try await object in store.list(prefix: folder + "/") {
                        if let name = ChangeFileName(key: object.key), name.generation > former { return true }
                        count += 1
                        guard count < looks else { break }
                    }
                }
                return false
            } catch let error as ObjectStorageError {
                throw ReplicationError(error)
            }
        }
    }
}
