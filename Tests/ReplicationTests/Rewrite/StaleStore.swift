import ObjectStorage

/// A store in which one object seems to be as it was.
struct StaleStore: ForwardingStore {
    let store: any ObjectStore
    private let key: String
    private let bytes: [UInt8]

    init(_ store: any ObjectStore, key: String, bytes: [UInt8]) {
        self.store = store
        self.key = key
        self.bytes = bytes
    }

    func head(_ key: String) async throws(ObjectStorageError) -> ObjectInfo? {
        guard key == self.key else { return try await store.head(key) }
        return ObjectInfo(key: key, byteCount: bytes.count, version: ObjectVersion("former"), modified: 0)
    }

    func get(_ key: String, range: Range<Int>?, version: ObjectVersion?) async throws(ObjectStorageError) -> [UInt8] {
        guard key == self.key else { return try await store.get(key, range: range, version: version) }
        return bytes
    }
}
