import Glibc

extension FolderWrite {
    /// At most this much is asked of the kernel at once.
    private static let copySize = 1 << 30

    /// Writes the pieces to a temporary file and publishes it in place of the version they are of.
    func replace(_ version: ObjectVersion, with pieces: [ObjectPiece]) throws(FolderFailure) -> Replacement {
        let byteCount: Int
        do { byteCount = try ObjectPiece.byteCount(of: pieces, key) } catch { throw .storage(error) }
        let present = try openPresent(version)
        let size = try FolderFailure.wrap { () throws(SystemFailure) in try present.status().byteCount }
        var copied = 0
        var fetched = 0
        let replaced = try writeTemporary { (file) throws(FolderFailure) in
            for piece in pieces where piece.byteCount > 0 {
                switch piece {
                case .bytes(let bytes):
                    do throws(SystemFailure) { try file.write(bytes.span) } catch { throw .system(error) }
                case .file(let path, let range):
                    let source = try reading(path) { () throws(SystemFailure) in try OpenFile(path: path) }
                    try copy(source, path, range, to: file)
                case .copy(let range):
                    guard range.upperBound <= size else {
                        throw .storage(tree.invalidRange(key, range, byteCount: size))
                    }
                    let count = try copyInKernel(present, range, to: file)
                    copied += count
                    fetched += range.count - count
                    try copyByHand(present, range.dropFirst(count), to: file)
                }
            }
        }
        return Replacement(
            version: replaced,
            byteCount: byteCount,
            copiedByteCount: copied,
            fetchedByteCount: fetched,
            requestCount: 0
        )
    }

    /// Opens the object if it has the version; whether it still has it in the end is checked under the lock.
    private func openPresent(_ version: ObjectVersion) throws(FolderFailure) -> FileDescriptor {
        let file = try openAny()
        let status = try FolderFailure.wrap { () throws(SystemFailure) in try file.status() }
        guard status.isRegular, status.version == version else { throw .storage(tree.changed(key)) }
        return file
    }

    private func openAny() throws(FolderFailure) -> FileDescriptor {
        do {
            return try tree.openObject(key)
        } catch {
            // What is absent has no version.
            guard case .storage(let failure) = error, failure.code == .notFound else { throw error }
            throw .storage(tree.changed(key))
        }
    }

    /// Copies as many bytes as the kernel does without their passing through this process; returns how many.
    private func copyInKernel(
        _ source: borrowing FileDescriptor,
        _ range: Range<Int>,
        to file: borrowing FileDescriptor
    ) throws(FolderFailure) -> Int {
        var done = 0
        while done < range.count {
            do throws(SystemFailure) {
                let count = min(range.count - done, Self.copySize)
                let step = try source.copy(at: range.lowerBound + done, count: count, to: file)
                // Some file systems say so instead of failing; whether the file really ends here, reading tells.
                guard step > 0 else { return done }
                done += step
            } catch {
                guard [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP].contains(error.number) else { throw .system(error) }
                return done
            }
        }
        return done
    }

    private func copyByHand(
        _ source: borrowing FileDescriptor,
        _ range: Range<Int>,
        to file: borrowing FileDescriptor
    ) throws(FolderFailure) {
        guard !range.isEmpty else { return }
        var piece = [UInt8](repeating: 0, count: min(Self.pieceSize, range.count))
        var offset = range.lowerBound
        while offset < range.upperBound {
            do throws(SystemFailure) {
                let count = min(try source.read(at: offset, into: &piece), range.upperBound - offset)
                guard count > 0 else { throw SystemFailure(number: EBUSY, function: "end") }
                try file.write(piece.span.extracting(..<count))
                offset += count
            } catch {
                if error.function == "end" { throw .storage(tree.changed(key)) }
                throw .system(error)
            }
        }
    }
}
