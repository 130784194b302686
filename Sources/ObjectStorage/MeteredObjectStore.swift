import Synchronization

/// A store that counts what another is asked for.
public final class MeteredObjectStore: ObjectStore {
    private let base: any ObjectStore
    private let counts = Mutex(ObjectStoreUsage())

    /// Wraps a store, with all counts at zero.
    public init(_ base: any ObjectStore) {
        self.base = base
    }

    /// The counts so far.
    public var usage: ObjectStoreUsage { counts.withLock { $0 } }

    /// Where the wrapped store's objects are.
    public var location: String { base.location }

    /// Writes an object, and counts its bytes.
    public func put(
        _ key: String,
        _ body: ObjectBody,
        condition: WriteCondition
    ) async throws(ObjectStorageError) -> ObjectVersion {
        counts.withLock { $0.putCount += 1 }
        let version = try await base.put(key, body, condition: condition)
        counts.withLock { $0.writtenByteCount += body.byteCount }
        return version
    }

    /// Replaces an object, and counts what that took.
    public func replace(
        _ key: String,
        version: ObjectVersion,
        with pieces: [ObjectPiece]
    ) async throws(ObjectStorageError) -> Replacement {
        counts.withLock { $0.replacementCount += 1 }
        let done = try await base.replace(key, version: version, with: pieces)
        counts.withLock { counts in
            counts.replacementRequestCount += done.requestCount
            counts.readByteCount += done.fetchedByteCount
            counts.writtenByteCount += done.sentByteCount
            counts.copiedByteCount += done.copiedByteCount
        }
        return done
    }

    /// Looks at an object.
    public func head(_ key: String) async throws(ObjectStorageError) -> ObjectInfo? {
        counts.withLock { $0.headCount += 1 }
        return try await base.head(key)
    }

    /// Reads an object or a part of it, and counts its bytes.
    public func get(
        _ key: String,
        range: Range<Int>?,
        version: ObjectVersion?
    ) async throws(ObjectStorageError) -> [UInt8] {
        counts.withLock { $0.getCount += 1 }
        let bytes = try await base.get(key, range: range, version: version)
        counts.withLock { $0.readByteCount += bytes.count }
        return bytes
    }

    /// Lists a page of objects.
    public func list(prefix: String, after cursor: ListingCursor?) async throws(ObjectStorageError) -> ObjectPage {
        counts.withLock { $0.listCount += 1 }
        return try await base.list(prefix: prefix, after: cursor)
    }

    /// Removes an object.
    public func delete(_ key: String, version: ObjectVersion?) async throws(ObjectStorageError) {
        counts.withLock { $0.deleteCount += 1 }
        try await base.delete(key, version: version)
    }

    /// Removes objects.
    public func delete(_ keys: [String]) async throws(ObjectStorageError) {
        counts.withLock { $0.deleteCount += 1 }
        try await base.delete(keys)
    }

    /// Removes what crashed processes have left behind.
    public func sweepLeftovers() async throws(ObjectStorageError) -> Int {
        counts.withLock { $0.listCount += 1 }
        return try await base.sweepLeftovers()
    }
}
