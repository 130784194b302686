import Foundation
import Glibc

/// A local folder for the files of one run, gone when the run is.
///
/// The folder holds a lock as long as its process lives, so that a later run can tell what a crashed one has left
/// behind, whatever has become of process numbers since.
final class SpillFolder: Sendable {
    /// The folder's path.
    let path: String
    private let lock: Int32

    private static let prefix = "sluice-spill-"

    /// Removes what dead runs have left below `parent` and creates a new folder there, readable by its owner only.
    init(in parent: String) throws(ReplicationError) {
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw Self.failure("create", parent, errno)
        }
        // One at a time: before its lock is held, a new folder looks like one that was left behind.
        let turn = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        let isAlone = turn >= 0 && flock(turn, LOCK_EX) == 0
        defer { if turn >= 0 { close(turn) } }
        Self.sweep(parent, isAlone: isAlone)
        path = parent + "/" + Self.prefix + "\(getpid())-" + UUID().uuidString.prefix(8).lowercased()
        guard mkdir(path, 0o700) == 0 else { throw Self.failure("create", path, errno) }
        lock = open(path + "/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw Self.failure("create", path + "/lock", errno) }
        _ = flock(lock, LOCK_EX | LOCK_NB)
    }

    deinit {
        remove()
        close(lock)
    }

    /// Removes the folder and what is in it.
    ///
    /// The end of the run calls it: a thread that is about to end may keep the folder's owner alive for longer than
    /// the process lives.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Makes a new, empty folder within this one, and returns its path.
    func makeSubfolder() throws(ReplicationError) -> String {
        let subfolder = path + "/" + UUID().uuidString.prefix(8).lowercased()
        guard mkdir(subfolder, 0o700) == 0 else { throw Self.failure("create", subfolder, errno) }
        return subfolder
    }

    /// Removes what dead runs have left.
    ///
    /// - Parameters:
    ///   - parent: Where the folders are.
    ///   - isAlone: Whether no other run makes its folder at this moment, so that one without a lock belongs to none.
    private static func sweep(_ parent: String, isAlone: Bool) {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for entry in entries where entry.hasPrefix(prefix) {
            let folder = parent + "/" + entry
            let lock = open(folder + "/lock", O_RDWR | O_CLOEXEC)
            guard lock >= 0 else {
                if errno == ENOENT, isAlone { try? FileManager.default.removeItem(atPath: folder) }
                continue
            }
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: folder) }
            close(lock)
        }
    }

    /// The error of a file operation, with what to do.
    static func failure(_ action: String, _ path: String, _ code: Int32) -> ReplicationError {
        let reason = String(cString: strerror(code))
        let remedy =
            switch code {
            case ENOSPC, EDQUOT: "the disk is full: make room, or set spill_directory to a folder on another disk"
            case EACCES, EPERM, EROFS: "set spill_directory to a folder that this user may write"
            case EMFILE, ENFILE: "let the process have more files open: ulimit -n 1024, LimitNOFILE= of a systemd unit"
            default: "check spill_directory"
            }
        return ReplicationError(
            .disk,
            "cannot \(action) \(path): \(reason); \(remedy)",
            isDiskFull: code == ENOSPC || code == EDQUOT
        )
    }
}
