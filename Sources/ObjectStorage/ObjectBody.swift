/// The bytes of an object to be written, in memory or in a file.
public struct ObjectBody: Sendable {
    enum Source: Sendable {
        case memory([[UInt8]])
        case file(path: String, isConsumed: Bool)
    }

    let source: Source
    /// How many bytes there are.
    public let byteCount: Int

    /// A body in one piece.
    public static func bytes(_ bytes: [UInt8]) -> ObjectBody {
        segments([bytes])
    }

    /// A body in pieces that follow each other; they are never joined in memory.
    public static func segments(_ segments: [[UInt8]]) -> ObjectBody {
        ObjectBody(source: .memory(segments), byteCount: segments.reduce(0) { $0 + $1.count })
    }

    /// The present content of a file, which must not change before `put` has returned and is left where it is.
    public static func file(path: String) throws(ObjectStorageError) -> ObjectBody {
        try ObjectBody(path: path, isConsumed: false)
    }

    /// The present content of a file that the store may take over by renaming it.
    ///
    /// After a successful `put` the file is gone from its path, whatever the store did with it; after a failure it is
    /// still there.
    public static func consumingFile(path: String) throws(ObjectStorageError) -> ObjectBody {
        try ObjectBody(path: path, isConsumed: true)
    }

    private init(source: Source, byteCount: Int) {
        self.source = source
        self.byteCount = byteCount
    }

    private init(path: String, isConsumed: Bool) throws(ObjectStorageError) {
        let file: OpenFile
        do {
            file = try OpenFile(path: path)
        } catch {
            throw error.reading(path)
        }
        self.init(source: .file(path: path, isConsumed: isConsumed), byteCount: file.byteCount)
    }

    /// The path of a file that must be gone in the end.
    var consumedPath: String? {
        if case .file(let path, isConsumed: true) = source { path } else { nil }
    }
}
