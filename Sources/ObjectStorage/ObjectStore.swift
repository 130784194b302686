/// Objects by key, in a folder or on S3.
///
/// The contract, the same for every store:
///
/// - **Keys** are paths without a leading slash (see `ObjectKey`). An object is bytes; there are no directories.
/// - **Whole.** A reader sees an object as it was before a `put` or `replace` or as it is after, never part of it. When
///   these have returned, the object survives a crash of this process and of the machine.
/// - **Consistent.** What `put`, `replace` and `delete` have done, every later `get`, `head` and `list` sees, from any
///   process.
/// - **Idempotent.** `put` of the same body and `delete` may be repeated. When one of them, or `replace`, throws
///   `unavailable` or `cancelled`, it may have happened or not; everything else that is thrown means that it has not.
/// - **Conditional writes** are atomic also between processes: of several that name the same version, one succeeds and
///   the others throw `conflict`. A write that has succeeded but whose answer was lost is recognised as one's own.
/// - **Reserved.** Keys below `_sluice/tmp/` belong to the stores.
public protocol ObjectStore: Sendable {
    /// Where the objects are, for messages: `s3://bucket/prefix` or a folder's path.
    var location: String { get }

    /// Writes an object, creating or replacing it.
    ///
    /// - Parameters:
    ///   - key: Its key.
    ///   - body: Its bytes.
    ///   - condition: What must hold of the present object.
    /// - Returns: The version that was written.
    /// - Throws: `conflict` if the condition does not hold; the object is then as it was.
    func put(
        _ key: String,
        _ body: ObjectBody,
        condition: WriteCondition
    ) async throws(ObjectStorageError) -> ObjectVersion

    /// Replaces an object by one of which some bytes are those of the present one.
    ///
    /// As a `put` whose condition is `ifMatches`, but the bytes that stay need not travel: a server copies ranges of
    /// 5 MiB and more by itself, and so does a file system.
    ///
    /// - Parameters:
    ///   - key: Its key.
    ///   - version: The version that is replaced, and that the ranges are of.
    ///   - pieces: What the object shall consist of, one after the other.
    /// - Returns: The version that was written, and what it took.
    /// - Throws: `conflict` if the object has another version or is absent, `invalidRange` if it ends before a range
    ///   does; it is then as it was.
    func replace(
        _ key: String,
        version: ObjectVersion,
        with pieces: [ObjectPiece]
    ) async throws(ObjectStorageError) -> Replacement

    /// Looks at an object without reading it; nil when it is absent.
    func head(_ key: String) async throws(ObjectStorageError) -> ObjectInfo?

    /// Reads an object, or a part of it.
    ///
    /// - Parameters:
    ///   - key: Its key.
    ///   - range: The bytes wanted, all of them unless given; never answered with fewer.
    ///   - version: The version to read from, so that several reads see one object; any unless given.
    /// - Returns: The bytes.
    /// - Throws: `notFound` when it is absent, `conflict` when it has another version, `invalidRange` when it ends
    ///   before the range does, `tooLarge` when the answer would have more than 1 GiB.
    func get(_ key: String, range: Range<Int>?, version: ObjectVersion?) async throws(ObjectStorageError) -> [UInt8]

    /// Lists up to 1,000 objects whose keys begin with the prefix, in the order of their UTF-8 bytes.
    ///
    /// Servers that keep keys as paths put what is in a directory (`b/1`) before what is in a sibling whose name goes
    /// on with a lower character than the slash (`b-/1`); S3 and folders do not.
    ///
    /// - Parameters:
    ///   - prefix: The beginning of the keys, which need not end at a slash.
    ///   - cursor: Where the page before ended, or the key after which to begin; nil for the first page.
    /// - Returns: The page, with where the next begins.
    /// - Throws: `bucketMissing`, `folderMissing` or `accessDenied`; a prefix without objects is an empty page.
    func list(prefix: String, after cursor: ListingCursor?) async throws(ObjectStorageError) -> ObjectPage

    /// Removes an object; succeeds when it is absent.
    ///
    /// - Parameters:
    ///   - key: Its key.
    ///   - version: The version to remove; any unless given.
    /// - Throws: `conflict` when it has another version.
    func delete(_ key: String, version: ObjectVersion?) async throws(ObjectStorageError)

    /// Removes objects; those that are absent do no harm. Some may be gone when it throws.
    func delete(_ keys: [String]) async throws(ObjectStorageError)

    /// Removes what crashed processes have left behind and no reader can see; returns how many pieces.
    func sweepLeftovers() async throws(ObjectStorageError) -> Int
}

extension ObjectStore {
    /// Writes an object whatever is there.
    @discardableResult
    public func put(_ key: String, _ body: ObjectBody) async throws(ObjectStorageError) -> ObjectVersion {
        try await put(key, body, condition: .none)
    }

    /// Reads any version of an object.
    public func get(_ key: String, range: Range<Int>? = nil) async throws(ObjectStorageError) -> [UInt8] {
        try await get(key, range: range, version: nil)
    }

    /// Removes any version of an object.
    public func delete(_ key: String) async throws(ObjectStorageError) {
        try await delete(key, version: nil)
    }

    /// All objects whose keys begin with the prefix, page by page.
    public func list(prefix: String) -> ObjectListing {
        ObjectListing(store: self, prefix: prefix, start: nil)
    }

    /// The objects whose keys begin with the prefix and come after a key in the order of their UTF-8 bytes.
    ///
    /// What comes before is not looked at. The key need not be one of an object: `t/day=2/` begins with the first
    /// object of that directory.
    public func list(prefix: String, startingAfter key: String) -> ObjectListing {
        ObjectListing(store: self, prefix: prefix, start: ListingCursor(after: key))
    }
}
