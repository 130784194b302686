import Glibc

/// A system call that failed; becomes an `ObjectStorageError` where path and purpose are known.
struct SystemFailure: Error {
    let number: Int32
    let function: String

    /// The one place where system calls are checked: repeats an interrupted call, throws for any other failure.
    @discardableResult
    static func check<Result: FixedWidthInteger & SignedInteger>(
        _ function: String,
        _ call: () -> Result
    ) throws(SystemFailure) -> Result {
        while true {
            let result = call()
            if result >= 0 { return result }
            let number = errno
            if number != EINTR { throw SystemFailure(number: number, function: function) }
        }
    }

    /// The system's words.
    var text: String { "\(unsafe String(cString: strerror(number))) [\(function)]" }

    /// The error of reading a file that was to become an object.
    func reading(_ path: String) -> ObjectStorageError {
        ObjectStorageError(.bodyUnreadable, "\(path) cannot be read: \(text)", underlying: self)
    }

    /// The error of an operation in a folder.
    ///
    /// - Parameters:
    ///   - doing: What was tried, such as `cannot write`.
    ///   - path: The path as the user knows it.
    ///   - root: The folder of the store.
    /// - Returns: The error, with what to do about it.
    func error(_ doing: String, _ path: String, root: String) -> ObjectStorageError {
        let detail = "\(doing) \(path): \(text)"
        switch number {
        case ENOSPC:
            return ObjectStorageError(
                .diskFull,
                detail,
                remedy: "The file system of \(root) is full: make room there, or choose another folder",
                isTransient: true,
                underlying: self
            )
        case EDQUOT:
            return ObjectStorageError(
                .diskFull,
                detail,
                remedy: "The disk quota is used up: make room in \(root), or have the quota raised",
                isTransient: true,
                underlying: self
            )
        case EACCES, EPERM, EROFS:
            return ObjectStorageError(
                .accessDenied,
                detail,
                remedy: "Give the user with id \(geteuid()) permission to read and write below \(root)",
                underlying: self
            )
        case ENOENT:
            return ObjectStorageError(
                .folderMissing,
                detail,
                remedy: "Create it: mkdir -p '\(root)'",
                underlying: self
            )
        case ELOOP:
            return ObjectStorageError(
                .accessDenied,
                detail,
                remedy: "Symbolic links below \(root) are not followed: replace the link by a folder",
                underlying: self
            )
        case ENOTDIR, EISDIR, EEXIST, ENOTEMPTY:
            return ObjectStorageError(
                .invalidKey,
                detail,
                remedy: "In a folder an object cannot have the name of a directory, nor the other way round",
                underlying: self
            )
        case EMFILE, ENFILE:
            return ObjectStorageError(
                .systemFailure,
                detail,
                remedy: "Let the process have more files open: ulimit -n 1024, LimitNOFILE= of a systemd unit",
                underlying: self
            )
        default:
            return ObjectStorageError(.systemFailure, detail, underlying: self)
        }
    }
}
