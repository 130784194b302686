import Glibc

/// Objects as files in a folder, which may be shared by several processes, also over a network file system with locks.
///
/// - A key is a path below the folder. Symbolic links below it are not followed, so no key leads out of it; neither
///   can a key have the name of a directory (`a` and `a/b` exclude each other, unlike on S3).
/// - A write goes to a temporary file in `_sluice/tmp`, is made durable (`fsync`), takes its name in one step, and then
///   its directory is made durable. What a crash leaves is a temporary file; `sweepLeftovers` removes it.
/// - A version is made of inode, time of the last change to the nanosecond, and size. Conditional writes compare it
///   under the lock `_sluice/tmp/lock`, which every write and delete of this type takes; a program that changes the
///   files in another way is not held back by it.
public final class LocalFolderStore: ObjectStore {
    let tree: FolderTree
    private let pool: BlockingPool

    /// How many file system calls run at once; more would only queue up in the kernel.
    private static let threads = 4

    /// Opens a folder, and makes it if only its last component is absent.
    ///
    /// - Throws: `folderMissing` when its parent does not exist either, `accessDenied` without permission.
    public init(path: String) throws(ObjectStorageError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw ObjectStorageError(.invalidLocation, "the path of a folder is empty or contains a NUL byte")
        }
        tree = FolderTree(root: path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path)
        do {
            pool = try BlockingPool(width: Self.threads)
            try Self.openOrCreate(tree)
        } catch {
            throw error.error("cannot open the folder", tree.root, root: tree.root)
        }
    }

    /// The folder's path.
    public var location: String { tree.root }

    /// Looks at a file.
    public func head(_ key: String) async throws(ObjectStorageError) -> ObjectInfo? {
        try await run("cannot look at", key) { (tree) throws(FolderFailure) in
            guard let status = try tree.status(of: key) else { return nil }
            return ObjectInfo(
                key: key,
                byteCount: status.byteCount,
                version: status.version,
                modified: status.modified
            )
        }
    }

    /// Reads a file or a part of it.
    public func get(
        _ key: String,
        range: Range<Int>?,
        version: ObjectVersion?
    ) async throws(ObjectStorageError) -> [UInt8] {
        try await run("cannot read", key) { (tree) throws(FolderFailure) in
            try tree.read(key, range: range, version: version)
        }
    }

    /// Writes a file.
    public func put(
        _ key: String,
        _ body: ObjectBody,
        condition: WriteCondition
    ) async throws(ObjectStorageError) -> ObjectVersion {
        if Task.isCancelled { throw ObjectStorageError(.cancelled, "cancelled before \(key) was written") }
        return try await run("cannot write", key) { (tree) throws(FolderFailure) in
            try FolderWrite(tree: tree, key: key, condition: condition).run(body)
        }
    }

    /// Replaces a file; what stays is copied by the file system where it can.
    public func replace(
        _ key: String,
        version: ObjectVersion,
        with pieces: [ObjectPiece]
    ) async throws(ObjectStorageError) -> Replacement {
        if Task.isCancelled { throw ObjectStorageError(.cancelled, "cancelled before \(key) was replaced") }
        return try await run("cannot replace", key) { (tree) throws(FolderFailure) in
            try FolderWrite(tree: tree, key: key, condition: .ifMatches(version)).replace(version, with: pieces)
        }
    }

    /// Lists files.
    public func list(prefix: String, after cursor: ListingCursor?) async throws(ObjectStorageError) -> ObjectPage {
        try await run("cannot list", nil) { (tree) throws(FolderFailure) in
            try FolderListing.page(tree, prefix: prefix, after: cursor)
        }
    }

    /// Removes a file, and the directories that this leaves empty.
    public func delete(_ key: String, version: ObjectVersion?) async throws(ObjectStorageError) {
        try await run("cannot remove", key) { (tree) throws(FolderFailure) in
            try tree.remove(key, version: version)
        }
    }

    /// Removes files one after the other.
    public func delete(_ keys: [String]) async throws(ObjectStorageError) {
        for key in keys { try await delete(key, version: nil) }
    }

    /// Removes temporary files of processes that are gone, and those of other machines after a day.
    public func sweepLeftovers() async throws(ObjectStorageError) -> Int {
        try await run("cannot sweep", nil) { (tree) throws(FolderFailure) in
            try tree.sweepTemporary()
        }
    }

    /// Runs a job on the pool and completes its error with what was tried.
    private func run<Value: Sendable>(
        _ doing: String,
        _ key: String?,
        _ job: @escaping @Sendable (FolderTree) throws(FolderFailure) -> Value
    ) async throws(ObjectStorageError) -> Value {
        if let key { try ObjectKey.check(key) }
        let tree = tree
        let path = key.map { "\(tree.root)/\($0)" } ?? tree.root
        do {
            return try await pool.run { () throws(FolderFailure) in try job(tree) }
        } catch {
            switch error {
            case .system(let failure): throw failure.error(doing, path, root: tree.root)
            case .storage(let failure): throw failure
            }
        }
    }

    private static func openOrCreate(_ tree: FolderTree) throws(SystemFailure) {
        do {
            _ = try tree.openRoot()
        } catch {
            guard error.number == ENOENT else { throw error }
            let root = tree.root
            try SystemFailure.check("mkdir") { unsafe mkdir(root, 0o777) }
        }
    }
}

/// What a job in a folder may throw.
enum FolderFailure: Error {
    /// A system call failed; path and purpose are added by the store.
    case system(SystemFailure)
    /// Something that the store's contract has a word for.
    case storage(ObjectStorageError)

    /// Runs calls that throw system failures.
    static func wrap<Value: ~Copyable>(_ calls: () throws(SystemFailure) -> Value) throws(FolderFailure) -> Value {
        do { return try calls() } catch { throw .system(error) }
    }
}
