import Glibc

/// One page of a folder's files, found by walking its directories in key order.
struct FolderListing {
    /// As many as S3 has.
    static let pageSize = 1000

    private let prefix: String
    private let last: String?
    private var objects: [ObjectInfo] = []

    static func page(
        _ tree: FolderTree,
        prefix: String,
        after cursor: ListingCursor?
    ) throws(FolderFailure) -> ObjectPage {
        let last: String? =
            switch cursor?.position {
            case .token(let key), .key(let key): key
            case nil: nil
            }
        var listing = FolderListing(prefix: prefix, last: last)
        do throws(SystemFailure) {
            let root = try tree.openRoot()
            let isComplete = try listing.walk(root, "")
            let next = isComplete ? nil : listing.objects.last.map { ListingCursor(token: $0.key) }
            return ObjectPage(objects: listing.objects, next: next)
        } catch {
            throw .system(error)
        }
    }

    private init(prefix: String, last: String?) {
        self.prefix = prefix
        self.last = last
    }

    /// Takes the files of a directory and of those in it; returns false when the page is full.
    private mutating func walk(_ directory: borrowing FileDescriptor, _ path: String) throws(SystemFailure) -> Bool {
        for entry in try DirectoryEntry.all(in: directory) {
            let key = path + entry.sortKey
            guard isWanted(key, isDirectory: entry.isDirectory) else { continue }
            if entry.isDirectory {
                guard
                    let child = try Self.ifPresent({ () throws(SystemFailure) in
                        try FolderTree.openChild(entry.name, of: directory, creating: false)
                    })
                else { continue }
                guard try walk(child, key) else { return false }
            } else {
                guard let status = try FolderTree.status(entry.name, in: directory), status.isRegular else { continue }
                guard objects.count < Self.pageSize else { return false }
                objects.append(
                    ObjectInfo(
                        key: key,
                        byteCount: status.byteCount,
                        version: status.version,
                        modified: status.modified
                    )
                )
            }
        }
        return true
    }

    /// Whether a file's key, or any key that begins with a directory's, belongs on the page.
    private func isWanted(_ key: String, isDirectory: Bool) -> Bool {
        if key.utf8.elementsEqual(ObjectKey.reservedPrefix.utf8) { return false }
        let isBelow = key.utf8.starts(with: prefix.utf8) || (isDirectory && prefix.utf8.starts(with: key.utf8))
        guard isBelow, let last else { return isBelow }
        return last.utf8.lexicographicallyPrecedes(key.utf8) || (isDirectory && last.utf8.starts(with: key.utf8))
    }

    /// A directory may go while the walk is on its way to it.
    private static func ifPresent(
        _ open: () throws(SystemFailure) -> FileDescriptor
    ) throws(SystemFailure) -> FileDescriptor? {
        do {
            return try open()
        } catch {
            guard error.number == ENOENT else { throw error }
            return nil
        }
    }
}
