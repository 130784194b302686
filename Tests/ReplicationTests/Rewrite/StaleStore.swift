import ObjectStorage

/// A store in which one object seems to be as it was.
struct StaleStore: ObjectStore {
    private let store: any ObjectStore
    private let key: String
    private let bytes: [UInt8]

    init(_ store: any ObjectStore, key: String, bytes: [UInt8]) {
        self.store = store
        self.key = key
        self.bytes = bytes
    }

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

    func head(_ key: String) async throws(ObjectStorageError) -> ObjectInfo? {
        guard key == self.key else { return try await store.head(key) }
        return ObjectInfo(key: key, byteCount: bytes.count, version: ObjectVersion("former"), modified: 0)
    }

    func get(_ key: String, range: Range<Int>?, version: ObjectVersion?) async throws(ObjectStorageError) -> [UInt8] {
        guard key == self.key else { return try await store.get(key, range: range, version: version) }
        return bytes
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
