import CLinux
import Glibc

/// The two ends of a pipe.
struct Pipe: ~Copyable {
    let reading: FileDescriptor
    let writing: FileDescriptor
}

/// Owns an open file or directory.
struct FileDescriptor: ~Copyable {
    let number: Int32

    /// Takes over an open descriptor.
    init(number: Int32) {
        self.number = number
    }

    /// Opens a file relative to a directory.
    ///
    /// The corresponding C function is `openat`.
    init(_ path: String, in directory: Int32, _ flags: Int32, mode: mode_t = 0o666) throws(SystemFailure) {
        number = try SystemFailure.check("openat") {
            unsafe openat(directory, path, flags | O_CLOEXEC, mode)
        }
    }

    /// Makes a pipe: the end to read from and the end to write to.
    ///
    /// The corresponding C function is `pipe`.
    static func pipe() throws(SystemFailure) -> Pipe {
        var numbers: [Int32] = [-1, -1]
        try SystemFailure.check("pipe") { unsafe Glibc.pipe(&numbers) }
        for number in numbers { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        return Pipe(reading: FileDescriptor(number: numbers[0]), writing: FileDescriptor(number: numbers[1]))
    }

    deinit {
        // What was written has been made durable by `synchronize` before, which reports its errors.
        close(number)
    }

    /// The corresponding C function is `fstat`.
    func status() throws(SystemFailure) -> FileStatus {
        var status = stat()
        try SystemFailure.check("fstat") { unsafe fstat(number, &status) }
        return FileStatus(status)
    }

    /// Makes everything written so far survive a crash of the machine.
    ///
    /// The corresponding C function is `fsync`.
    func synchronize() throws(SystemFailure) {
        try SystemFailure.check("fsync") { fsync(number) }
    }

    /// Writes all the bytes at the present position.
    ///
    /// The corresponding C function is `write`.
    func write(_ bytes: borrowing Span<UInt8>) throws(SystemFailure) {
        var written = 0
        while written < bytes.count {
            let rest = bytes.extracting(written...)
            written += try SystemFailure.check("write") {
                unsafe rest.withUnsafeBytes { unsafe Glibc.write(number, $0.baseAddress, $0.count) }
            }
        }
    }

    /// Reads bytes at an offset, as many as the file has and the buffer takes.
    ///
    /// The corresponding C function is `pread`.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(SystemFailure) -> Int {
        var count = 0
        while count < buffer.count {
            let step = try SystemFailure.check("pread") {
                unsafe pread(
                    number,
                    buffer.baseAddress?.advanced(by: count),
                    buffer.count - count,
                    off_t(offset + count)
                )
            }
            guard step > 0 else { break }
            count += step
        }
        return count
    }

    /// Reads into an array, as many bytes as the file has at the offset and the array takes.
    func read(at offset: Int, into bytes: inout [UInt8]) throws(SystemFailure) -> Int {
        let result = unsafe bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(SystemFailure) in try unsafe read(at: offset, into: buffer) }
        }
        return try result.get()
    }

    /// Lets the kernel copy bytes to the present position of another file; returns how many it did.
    ///
    /// It does none at the end of this file, and fails with `EXDEV`, `EINVAL`, `ENOSYS` or `EOPNOTSUPP` where it cannot
    /// do it for these files. The corresponding C function is `copy_file_range`.
    func copy(at offset: Int, count: Int, to file: borrowing FileDescriptor) throws(SystemFailure) -> Int {
        var position = off_t(offset)
        let target = file.number
        return try SystemFailure.check("copy_file_range") {
            unsafe copy_file_range(number, &position, target, nil, count, 0)
        }
    }

    /// Sets the time of the last change to now, to the nanosecond.
    ///
    /// The kernel's own time stamps move in steps of some milliseconds, too coarse to tell two versions apart.
    /// The corresponding C functions are `clock_gettime` and `futimens`.
    func stampNow() throws(SystemFailure) {
        var now = timespec()
        unsafe _ = clock_gettime(CLOCK_REALTIME, &now)
        let times = [now, now]
        try SystemFailure.check("futimens") { unsafe futimens(number, times) }
    }
}

/// What the file system knows about a file.
struct FileStatus {
    let isRegular: Bool
    let isDirectory: Bool
    let byteCount: Int
    let modified: Int64
    let device: UInt64
    let mode: mode_t
    /// From inode, time of the last change and size: no two states of a path share all three.
    let version: ObjectVersion

    init(_ status: stat) {
        let kind = status.st_mode & S_IFMT
        isRegular = kind == S_IFREG
        isDirectory = kind == S_IFDIR
        byteCount = Int(status.st_size)
        modified = Int64(status.st_mtim.tv_sec)
        device = UInt64(status.st_dev)
        mode = status.st_mode & 0o7777
        let parts = [
            UInt64(status.st_ino), UInt64(bitPattern: Int64(status.st_mtim.tv_sec)),
            UInt64(bitPattern: Int64(status.st_mtim.tv_nsec)), UInt64(bitPattern: Int64(status.st_size)),
        ]
        version = ObjectVersion(parts.map { String($0, radix: 16) }.joined(separator: "-"))
    }
}
