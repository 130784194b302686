import ObjectStorage
import Synchronization

@testable import Replication

/// A store that ends a run while it is asked to read, as a signal would.
final class CancellingStore: ObjectStore {
    private let store: any ObjectStore
    private let control: RunControl
    private let limit: Int
    private let count = Mutex(0)

    /// Ends the run at the read of that number.
    init(_ store: any ObjectStore, _ control: RunControl, atRead limit: Int) {
        self.store = store
        self.control = control
        self.limit = limit
    }

    /// The reads so far.
    var readCount: Int { count.withLock { $0 } }

    var location: String { store.location }

    func put(
        _ key: String,
        _ body: ObjectBody,
        condition: WriteCondition
    ) async throws(ObjectStorageError) -> ObjectVersion {
        try await store.put(key, body, condition: condition)
    }

    func replace(
        _ key: String,
        version: ObjectVersion,
        with pieces: [ObjectPiece]
    ) async throws(ObjectStorageError) -> Replacement {
        try await store.replace(key, version: version, with: pieces)
    }

    func head(_ key: String) async throws(ObjectStorageError) -> ObjectInfo? { try await store.head(key) }

    func get(_ key: String, range: Range<Int>?, version: ObjectVersion?) async throws(ObjectStorageError) -> [UInt8] {
        let number = count.withLock { count in
            count += 1
            return count
        }
        if number == limit { control.cancel() }
        return try await store.get(key, range: range, version: version)
    }

    func list(prefix: String, after cursor: ListingCursor?) async throws(ObjectStorageError) -> ObjectPage {
        try await store.list(prefix: prefix, after: cursor)
    }

    func delete(_ key: String, version: ObjectVersion?) async throws(ObjectStorageError) {
        try await store.delete(key, version: version)
    }

    func delete(_ keys: [String]) async throws(ObjectStorageError) { try await store.delete(keys) }

    func sweepLeftovers() async throws(ObjectStorageError) -> Int { try await store.sweepLeftovers() }
}
