import Glibc

/// The directories of a folder store; no path below the root ever follows a symbolic link.
struct FolderTree: Sendable {
    /// The folder that holds everything.
    let root: String

    /// Temporary files and the lock.
    static let temporary = ["_sluice", "tmp"]
    static let lockName = "lock"

    private static let directoryFlags = O_RDONLY | O_DIRECTORY

    /// Opens the root, through symbolic links if it is one.
    func openRoot() throws(SystemFailure) -> FileDescriptor {
        try FileDescriptor(root, in: AT_FDCWD, Self.directoryFlags)
    }

    /// Opens a directory below the root; one that is `creating` makes those that are absent, each durable in its parent.
    func open(_ components: [String], creating: Bool = false) throws(SystemFailure) -> FileDescriptor {
        var directory = try openRoot()
        for component in components {
            directory = try Self.openChild(component, of: directory, creating: creating)
        }
        return directory
    }

    static func openChild(
        _ name: String,
        of directory: borrowing FileDescriptor,
        creating: Bool
    ) throws(SystemFailure) -> FileDescriptor {
        do {
            return try FileDescriptor(name, in: directory.number, directoryFlags | O_NOFOLLOW)
        } catch {
            guard creating, error.number == ENOENT else { throw error }
        }
        do {
            let number = directory.number
            try SystemFailure.check("mkdirat") { unsafe mkdirat(number, name, 0o777) }
            try directory.synchronize()
        } catch {
            // Another writer made it in between.
            guard error.number == EEXIST else { throw error }
        }
        return try FileDescriptor(name, in: directory.number, directoryFlags | O_NOFOLLOW)
    }

    /// Splits a key into the directories above the object and the name in the last of them.
    static func split(_ key: String) -> (directories: [String], name: String) {
        var components = key.split(separator: "/").map(String.init)
        let name = components.popLast() ?? ""
        return (components, name)
    }

    /// Looks at a name in a directory; nil when there is none.
    ///
    /// A symbolic link is looked at, not followed.
    ///
    /// The corresponding C function is `fstatat`.
    static func status(_ name: String, in directory: borrowing FileDescriptor) throws(SystemFailure) -> FileStatus? {
        var status = stat()
        let number = directory.number
        do {
            try SystemFailure.check("fstatat") { unsafe fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) }
        } catch {
            guard error.number == ENOENT else { throw error }
            return nil
        }
        return FileStatus(status)
    }

    /// Takes the lock that orders the changes of all processes, until the descriptor is released.
    ///
    /// Those that compare before they change hold it alone; those that only change share it.
    /// The corresponding C function is `flock`.
    func lock(alone: Bool) throws(SystemFailure) -> FileDescriptor {
        let directory = try open(Self.temporary, creating: true)
        let lock = try FileDescriptor(Self.lockName, in: directory.number, O_RDWR | O_CREAT | O_NOFOLLOW)
        let number = lock.number
        try SystemFailure.check("flock") { flock(number, alone ? LOCK_EX : LOCK_SH) }
        return lock
    }

    /// Removes directories that have become empty, from the deepest up; best effort, since a writer may need them.
    func removeEmpty(_ components: [String]) {
        var components = components
        while let name = components.popLast() {
            guard let parent = try? open(components), unsafe unlinkat(parent.number, name, AT_REMOVEDIR) == 0 else {
                return
            }
        }
    }
}
