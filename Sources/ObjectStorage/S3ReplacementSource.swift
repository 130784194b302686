/// What an object on S3 is replaced by: pieces whose files are open.
struct S3ReplacementSource: Sendable {
    let key: String
    let version: ObjectVersion
    let pieces: [ObjectPiece]
    private let files: [String: OpenFile]

    /// Opens the files; throws `bodyUnreadable` if one cannot be, or is shorter than its piece says.
    init(_ key: String, _ version: ObjectVersion, _ pieces: [ObjectPiece]) throws(ObjectStorageError) {
        var files: [String: OpenFile] = [:]
        for piece in pieces {
            guard case .file(let path, let range) = piece else { continue }
            let file = if let open = files[path] { open } else { try Self.open(path) }
            guard range.upperBound <= file.byteCount else {
                throw ObjectStorageError(
                    .bodyUnreadable,
                    "\(path) has \(file.byteCount) bytes, its piece of \(key) is \(range)"
                )
            }
            files[path] = file
        }
        self.key = key
        self.version = version
        self.pieces = pieces
        self.files = files
    }

    private static func open(_ path: String) throws(ObjectStorageError) -> OpenFile {
        do { return try OpenFile(path: path) } catch { throw error.reading(path) }
    }

    /// The bytes of a piece that is not a copy, counted from the piece's start.
    func chunk(_ piece: Int, _ range: Range<Int>) throws(ObjectStorageError) -> S3Payload.Chunk {
        switch pieces[piece] {
        case .bytes(let bytes):
            return .memory(bytes[range])
        case .file(let path, let whole):
            guard let file = files[path] else { break }
            return S3Payload.Chunk.file(file, path: path, range: whole).slice(range)
        case .copy:
            break
        }
        throw ObjectStorageError(.systemFailure, "piece \(piece) of \(key) has no bytes of its own")
    }
}
