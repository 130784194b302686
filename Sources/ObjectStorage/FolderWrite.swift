import Glibc

/// One write of an object in a folder: stage, make durable, publish.
struct FolderWrite {
    let tree: FolderTree
    let key: String
    let condition: WriteCondition

    /// How often a publication is repeated because another process removed the empty directory it was meant for.
    private static let attempts = 100
    /// A file is copied in pieces of this size.
    private static let pieceSize = 1 << 20

    /// Bytes under a name that no reader looks at.
    private struct Staged {
        let directory: Int32
        let name: String
        let version: ObjectVersion
    }

    private enum Outcome {
        case published
        /// The staged file is on another file system than the folder.
        case elsewhere
    }

    func run(_ body: ObjectBody) throws(FolderFailure) -> ObjectVersion {
        if case .file(let path, isConsumed: true) = body.source, let version = try takeOver(path, body) {
            return version
        }
        let version = try writeTemporary { (file) throws(FolderFailure) in try write(body, to: file) }
        if let path = body.consumedPath { OpenFile.remove(path) }
        return version
    }

    // MARK: - Staging

    /// Publishes the caller's own file; nil if it is on another file system.
    private func takeOver(_ path: String, _ body: ObjectBody) throws(FolderFailure) -> ObjectVersion? {
        let version = try reading(path) { () throws(SystemFailure) -> ObjectVersion in
            let file = try FileDescriptor(path, in: AT_FDCWD, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
            let status = try file.status()
            guard status.isRegular, status.byteCount == body.byteCount else {
                throw SystemFailure(number: EINVAL, function: "not the regular file that it was")
            }
            // Temporary files are often private to their user; the objects of a folder are as its umask has them.
            if let mode = ProcessMask.fileMode, mode != status.mode {
                let number = file.number
                try SystemFailure.check("fchmod") { fchmod(number, mode) }
            }
            try file.stampNow()
            try file.synchronize()
            return try file.status().version
        }
        let outcome = try publish(Staged(directory: AT_FDCWD, name: path, version: version))
        return outcome == .published ? version : nil
    }

    /// Fills a temporary file, publishes it, and removes it if that fails.
    func writeTemporary(
        _ fill: (borrowing FileDescriptor) throws(FolderFailure) -> Void
    ) throws(FolderFailure) -> ObjectVersion {
        let directory = try FolderFailure.wrap { () throws(SystemFailure) in
            try tree.open(FolderTree.temporary, creating: true)
        }
        let name = TemporaryName().text
        do throws(FolderFailure) {
            let version = try stage(name, in: directory, fill)
            _ = try publish(Staged(directory: directory.number, name: name, version: version))
            return version
        } catch {
            unsafe _ = unlinkat(directory.number, name, 0)
            throw error
        }
    }

    private func stage(
        _ name: String,
        in directory: borrowing FileDescriptor,
        _ fill: (borrowing FileDescriptor) throws(FolderFailure) -> Void
    ) throws(FolderFailure) -> ObjectVersion {
        let number = directory.number
        let file = try FolderFailure.wrap { () throws(SystemFailure) in
            try FileDescriptor(name, in: number, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
        }
        try fill(file)
        do throws(SystemFailure) {
            try file.stampNow()
            try file.synchronize()
            return try file.status().version
        } catch {
            throw .system(error)
        }
    }

    private func write(_ body: ObjectBody, to file: borrowing FileDescriptor) throws(FolderFailure) {
        switch body.source {
        case .memory(let segments):
            for segment in segments {
                do throws(SystemFailure) { try file.write(segment.span) } catch { throw .system(error) }
            }
        case .file(let path, _):
            let source = try reading(path) { () throws(SystemFailure) in try OpenFile(path: path) }
            guard source.byteCount == body.byteCount else { throw changedBody(path) }
            try copy(source, path, 0..<body.byteCount, to: file)
        }
    }

    /// Writes a part of a file of the caller's.
    func copy(
        _ source: OpenFile,
        _ path: String,
        _ range: Range<Int>,
        to file: borrowing FileDescriptor
    ) throws(FolderFailure) {
        var piece = [UInt8](repeating: 0, count: min(Self.pieceSize, range.count))
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = try reading(path) { () throws(SystemFailure) in
                min(try source.read(at: offset, into: &piece), range.upperBound - offset)
            }
            guard count > 0 else { throw changedBody(path) }
            do throws(SystemFailure) { try file.write(piece.span.extracting(..<count)) } catch { throw .system(error) }
            offset += count
        }
    }

    private func changedBody(_ path: String) -> FolderFailure {
        .storage(ObjectStorageError(.bodyUnreadable, "\(path) changed while it was being written to \(key)"))
    }

    func reading<Value>(
        _ path: String,
        _ calls: () throws(SystemFailure) -> Value
    ) throws(FolderFailure) -> Value {
        do { return try calls() } catch { throw .storage(error.reading(path)) }
    }

    // MARK: - Publishing

    private func publish(_ staged: Staged) throws(FolderFailure) -> Outcome {
        let (directories, name) = FolderTree.split(key)
        for _ in 1..<Self.attempts {
            do throws(SystemFailure) {
                let directory = try tree.open(directories, creating: true)
                try rename(staged, to: name, in: directory)
                try directory.synchronize()
                return .published
            } catch {
                switch (error.number, error.function) {
                case (EXDEV, _): return .elsewhere
                case (ETIME, "condition"): throw .storage(tree.late(key))
                case (_, "condition"): throw .storage(tree.changed(key))
                // The directory was removed as empty between opening and renaming.
                case (ENOENT, _):
                    _ = try tree.isAbsent(error)
                    guard isThere(staged) else { throw .storage(error.reading(staged.name)) }
                default: throw .system(error)
                }
            }
        }
        throw .storage(
            ObjectStorageError(
                .unavailable,
                "\(tree.root)/\(key) cannot be written: its directory is being removed over and over",
                isTransient: true
            )
        )
    }

    private func isThere(_ staged: Staged) -> Bool {
        unsafe faccessat(staged.directory, staged.name, F_OK, 0) == 0
    }

    /// Gives the staged file its name if the condition holds.
    ///
    /// The corresponding C functions are `renameat` and `linkat`.
    private func rename(
        _ staged: Staged,
        to name: String,
        in directory: borrowing FileDescriptor
    ) throws(SystemFailure) {
        let lock = try tree.lock(alone: condition != .none)
        defer { extendLifetime(lock) }
        let number = directory.number
        let present = try FolderTree.status(name, in: directory)
        if present?.isDirectory == true { throw SystemFailure(number: EISDIR, function: "renameat") }
        switch condition {
        case .none:
            break
        case .ifMatches(let version):
            guard present?.version == version else { throw SystemFailure(number: EBUSY, function: "condition") }
        case .ifAbsent, .ifAbsentUntil:
            guard present == nil else { throw SystemFailure(number: EEXIST, function: "condition") }
            if case .ifAbsentUntil(let end) = condition, ContinuousClock.now >= end {
                throw SystemFailure(number: ETIME, function: "condition")
            }
            if try link(staged, to: name, in: number) { return }
        }
        try SystemFailure.check("renameat") { unsafe renameat(staged.directory, staged.name, number, name) }
    }

    /// Names the file without ever replacing one, not even that of a program that ignores the lock; false where the
    /// file system has no hard links.
    private func link(_ staged: Staged, to name: String, in directory: Int32) throws(SystemFailure) -> Bool {
        do throws(SystemFailure) {
            try SystemFailure.check("linkat") { unsafe linkat(staged.directory, staged.name, directory, name, 0) }
        } catch {
            switch error.number {
            case EEXIST: throw SystemFailure(number: EEXIST, function: "condition")
            case EPERM, EOPNOTSUPP, ENOSYS, EMLINK: return false
            default: throw error
            }
        }
        unsafe _ = unlinkat(staged.directory, staged.name, 0)
        return true
    }
}
