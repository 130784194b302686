import Glibc

/// One name in a directory.
struct DirectoryEntry {
    let name: String
    let isDirectory: Bool

    /// What the entry's keys begin with, so that sorting entries by it sorts the keys: a directory `a` holds `a/…`,
    /// which comes after `a.txt`.
    var sortKey: String { isDirectory ? name + "/" : name }

    /// Reads all names of a directory but symbolic links, devices and names that are not UTF-8, in key order.
    ///
    /// The corresponding C functions are `fdopendir` and `readdir`.
    static func all(in directory: borrowing FileDescriptor) throws(SystemFailure) -> [DirectoryEntry] {
        // The stream takes over a descriptor of its own.
        let number = directory.number
        let copy = try SystemFailure.check("openat") { unsafe openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = unsafe fdopendir(copy) else {
            let failure = SystemFailure(number: errno, function: "fdopendir")
            close(copy)
            throw failure
        }
        defer { unsafe _ = closedir(stream) }
        var entries: [DirectoryEntry] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe $0.prefix { $0 != 0 }.map { $0 } }
            guard let name = String(validating: bytes, as: UTF8.self), name != ".", name != ".." else { continue }
            guard let isDirectory = try kind(unsafe entry.pointee.d_type, name, in: directory) else { continue }
            entries.append(DirectoryEntry(name: name, isDirectory: isDirectory))
        }
        guard errno == 0 else { throw SystemFailure(number: errno, function: "readdir") }
        return entries.sorted { $0.sortKey.utf8.lexicographicallyPrecedes($1.sortKey.utf8) }
    }

    /// Whether an entry is a directory; nil if it is neither that nor a regular file.
    private static func kind(
        _ type: UInt8,
        _ name: String,
        in directory: borrowing FileDescriptor
    ) throws(SystemFailure) -> Bool? {
        switch Int(type) {
        case Int(DT_DIR): return true
        case Int(DT_REG): return false
        case Int(DT_UNKNOWN):
            guard let status = try FolderTree.status(name, in: directory) else { return nil }
            return status.isDirectory ? true : status.isRegular ? false : nil
        default: return nil
        }
    }
}
