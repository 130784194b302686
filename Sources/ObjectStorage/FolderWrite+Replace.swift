import Glibc

extension FolderWrite {
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
                    let count = try copy(present, range, to: file)
                    copied += count
                    fetched += range.count - count
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

    private func copy(
        _ present: borrowing FileDescriptor,
        _ range: Range<Int>,
        to file: borrowing FileDescriptor
    ) throws(FolderFailure) -> Int {
        do {
            return try present.copy(range, to: file)
        } catch {
            // It was long enough, so another program has changed it in place.
            throw error.number == ENODATA ? .storage(tree.changed(key)) : .system(error)
        }
    }
}
