import ObjectStorage
import Synchronization

/// A store that fails at one request: before it is carried out, or after, with the answer lost.
///
/// Of several objects that are to be removed, half are removed before.
final class FailingStore: ForwardingStore {
    let store: any ObjectStore
    private let failing: Int
    private let isCarriedOut: Bool
    private let count = Mutex(0)

    /// Fails at the request of half that number; where it is odd, after the request was carried out.
    init(_ store: any ObjectStore, failingAt number: Int) {
        self.store = store
        failing = number / 2
        isCarriedOut = number % 2 == 1
    }

    private func isFailing() -> Bool {
        count.withLock { count in
            count += 1
            return count == failing + 1
        }
    }

    private static var failure: ObjectStorageError { ObjectStorageError(.unavailable, "lost", isTransient: true) }

    func put(
        _ key: String,
        _ body: ObjectBody,
        condition: WriteCondition
    ) async throws(ObjectStorageError) -> ObjectVersion {
        let isFailing = isFailing()
        if isFailing, !isCarriedOut { throw Self.failure }
        let version = try await store.put(key, body, condition: condition)
        if isFailing { throw Self.failure }
        return version
    }

    func head(_ key: String) async throws(ObjectStorageError) -> ObjectInfo? {
        if isFailing() { throw Self.failure }
        return try await store.head(key)
    }

    func get(_ key: String, range: Range<Int>?, version: ObjectVersion?) async throws(ObjectStorageError) -> [UInt8] {
        if isFailing() { throw Self.failure }
        return try await store.get(key, range: range, version: version)
    }

    func list(prefix: String, after cursor: ListingCursor?) async throws(ObjectStorageError) -> ObjectPage {
        if isFailing() { throw Self.failure }
        return try await store.list(prefix: prefix, after: cursor)
    }

    func delete(_ key: String, version: ObjectVersion?) async throws(ObjectStorageError) {
        let isFailing = isFailing()
        if isFailing, !isCarriedOut { throw Self.failure }
        try await store.delete(key, version: version)
        if isFailing { throw Self.failure }
    }

    func delete(_ keys: [String]) async throws(ObjectStorageError) {
        let isFailing = isFailing()
        try await store.delete(isFailing ? Array(keys.prefix(isCarriedOut ? keys.count : keys.count / 2)) : keys)
        if isFailing { throw Self.failure }
    }
}
