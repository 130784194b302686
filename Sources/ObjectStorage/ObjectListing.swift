/// An object as a listing or `head` shows it.
public struct ObjectInfo: Sendable {
    /// Its key.
    public let key: String
    /// Its length.
    public let byteCount: Int
    /// Its version.
    public let version: ObjectVersion
    /// When it was written, in seconds since 1970, by the store's clock.
    public let modified: Int64

    /// Describes an object.
    public init(key: String, byteCount: Int, version: ObjectVersion, modified: Int64) {
        self.key = key
        self.byteCount = byteCount
        self.version = version
        self.modified = modified
    }
}

/// Where a page of a listing begins.
public struct ListingCursor: Sendable {
    enum Position: Sendable {
        /// What means something only to the store that made it.
        case token(String)
        /// The key that all keys of the page come after.
        case key(String)
    }

    let position: Position

    /// Makes a cursor of a store's own.
    public init(token: String) {
        position = .token(token)
    }

    /// Makes a cursor to begin a listing with: after a key, which need not be one of an object.
    public init(after key: String) {
        position = .key(key)
    }
}

/// One page of a listing.
public struct ObjectPage: Sendable {
    /// The objects, in key order.
    public let objects: [ObjectInfo]
    /// Where the next page begins; nil after the last.
    public let next: ListingCursor?

    /// Makes a page.
    public init(objects: [ObjectInfo], next: ListingCursor?) {
        self.objects = objects
        self.next = next
    }
}

/// A listing as a sequence; one page is in memory at a time.
public struct ObjectListing: AsyncSequence, Sendable {
    /// What the sequence yields.
    public typealias Element = ObjectInfo
    /// What ends it early.
    public typealias Failure = ObjectStorageError

    let store: any ObjectStore
    let prefix: String
    let start: ListingCursor?

    /// Starts at the first object.
    public func makeAsyncIterator() -> Iterator {
        Iterator(store: store, prefix: prefix, start: start)
    }

    /// Walks a listing.
    public struct Iterator: AsyncIteratorProtocol {
        let store: any ObjectStore
        let prefix: String
        private var page: [ObjectInfo] = []
        private var index = 0
        private var cursor: ListingCursor?
        private var isFirst = true

        init(store: any ObjectStore, prefix: String, start: ListingCursor?) {
            self.store = store
            self.prefix = prefix
            cursor = start
        }

        /// Returns the next object, fetching a page when the last is used up.
        public mutating func next() async throws(ObjectStorageError) -> ObjectInfo? {
            while index == page.count {
                guard isFirst || cursor != nil else { return nil }
                let fetched = try await store.list(prefix: prefix, after: cursor)
                page = fetched.objects
                cursor = fetched.next
                index = 0
                isFirst = false
            }
            defer { index += 1 }
            return page[index]
        }

        /// The same, for callers that name their isolation.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ObjectStorageError) -> ObjectInfo? {
            try await next()
        }
    }
}
