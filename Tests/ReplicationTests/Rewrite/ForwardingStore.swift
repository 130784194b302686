import ObjectStorage

/// A store that does what another one does, but for what a test has it do otherwise.
protocol ForwardingStore: ObjectStore {
    /// The other one.
    var store: any ObjectStore { get }
}

extension ForwardingStore {
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
        try await store.get(key, range: range, version: version)
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
