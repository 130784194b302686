import Glibc

extension FolderTree {
    /// The largest answer kept in memory at once.
    static let readLimit = 1 << 30

    /// Looks at the file of a key; nil when there is none.
    func status(of key: String) throws(FolderFailure) -> FileStatus? {
        let (directories, name) = Self.split(key)
        do throws(SystemFailure) {
            let status = try Self.status(name, in: try open(directories))
            return status?.isRegular == true ? status : nil
        } catch {
            // A file where a directory should be means that there is no such key.
            if try isAbsent(error) { return nil }
            throw .system(error)
        }
    }

    /// Reads the file of a key, or a part of it.
    func read(_ key: String, range: Range<Int>?, version: ObjectVersion?) throws(FolderFailure) -> [UInt8] {
        let file = try openObject(key)
        let status = try FolderFailure.wrap { () throws(SystemFailure) in try file.status() }
        guard status.isRegular else { throw .storage(absent(key)) }
        if let version, version != status.version { throw .storage(changed(key)) }
        let range = range ?? 0..<status.byteCount
        guard range.lowerBound >= 0, range.upperBound <= status.byteCount else {
            throw .storage(invalidRange(key, range, byteCount: status.byteCount))
        }
        guard range.count <= Self.readLimit else {
            throw .storage(ObjectStorageError(.tooLarge, "\(root)/\(key): more than 1 GiB was wanted at once"))
        }
        var bytes = [UInt8](repeating: 0, count: range.count)
        let count = try FolderFailure.wrap { () throws(SystemFailure) in
            try file.read(at: range.lowerBound, into: &bytes)
        }
        guard count == range.count else { throw .storage(changed(key)) }
        return bytes
    }

    /// Removes the file of a key and the directories that this leaves empty.
    func remove(_ key: String, version: ObjectVersion?) throws(FolderFailure) {
        let (directories, name) = Self.split(key)
        do throws(SystemFailure) {
            let lock = try lock(alone: version != nil)
            defer { extendLifetime(lock) }
            let directory = try open(directories)
            if let version {
                guard let status = try Self.status(name, in: directory) else { return }
                guard status.version == version else { throw SystemFailure(number: EBUSY, function: "version") }
            }
            let number = directory.number
            try SystemFailure.check("unlinkat") { unsafe unlinkat(number, name, 0) }
            try directory.synchronize()
        } catch {
            if error.function == "version" { throw .storage(changed(key)) }
            if try isAbsent(error) { return }
            throw .system(error)
        }
        removeEmpty(directories)
    }

    /// Removes temporary files whose writers are gone; returns how many.
    func sweepTemporary() throws(FolderFailure) -> Int {
        do throws(SystemFailure) {
            let directory = try open(Self.temporary)
            let now = Int64(time(nil))
            var count = 0
            for entry in try DirectoryEntry.all(in: directory) where !entry.isDirectory && entry.name != Self.lockName {
                guard let status = try Self.status(entry.name, in: directory),
                    TemporaryName.isLeftover(entry.name, modified: status.modified, now: now)
                else { continue }
                if unsafe unlinkat(directory.number, entry.name, 0) == 0 { count += 1 }
            }
            return count
        } catch {
            if try isAbsent(error) { return 0 }
            throw .system(error)
        }
    }

    func absent(_ key: String) -> ObjectStorageError {
        ObjectStorageError(.notFound, "\(root)/\(key) does not exist")
    }

    func invalidRange(_ key: String, _ range: Range<Int>, byteCount: Int) -> ObjectStorageError {
        ObjectStorageError(.invalidRange, "\(root)/\(key) has \(byteCount) bytes, \(range) were wanted")
    }

    func changed(_ key: String) -> ObjectStorageError {
        ObjectStorageError(.conflict, "\(root)/\(key) is not the version that was expected: another writer changed it")
    }

    func late(_ key: String) -> ObjectStorageError {
        ObjectStorageError(.conflict, "\(root)/\(key) was not written: the time has passed before which it had to be")
    }

    /// Whether a failure means that a name is absent, and not that the whole folder is.
    func isAbsent(_ failure: SystemFailure) throws(FolderFailure) -> Bool {
        guard failure.number == ENOENT || failure.number == ENOTDIR else { return false }
        _ = try FolderFailure.wrap { () throws(SystemFailure) in try openRoot() }
        return true
    }

    func openObject(_ key: String) throws(FolderFailure) -> FileDescriptor {
        let (directories, name) = Self.split(key)
        do throws(SystemFailure) {
            let directory = try open(directories)
            return try FileDescriptor(name, in: directory.number, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        } catch {
            if try isAbsent(error) { throw .storage(absent(key)) }
            throw .system(error)
        }
    }
}
