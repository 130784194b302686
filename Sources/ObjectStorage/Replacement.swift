/// What replacing an object by pieces has done, and what it took.
public struct Replacement: Hashable, Sendable {
    /// The version that was written.
    public let version: ObjectVersion
    /// The length of the object.
    public let byteCount: Int
    /// How many of its bytes went through this process, fetched ones included.
    public let sentByteCount: Int
    /// How many of its bytes the server or the file system copied by itself.
    public let copiedByteCount: Int
    /// How many bytes of the former object were read to be sent again.
    public let fetchedByteCount: Int
    /// How many requests were sent to a server, each counted once however often it was tried; none for a folder.
    public let requestCount: Int

    /// Describes a replacement.
    public init(
        version: ObjectVersion,
        byteCount: Int,
        copiedByteCount: Int,
        fetchedByteCount: Int,
        requestCount: Int
    ) {
        self.version = version
        self.byteCount = byteCount
        sentByteCount = byteCount - copiedByteCount
        self.copiedByteCount = copiedByteCount
        self.fetchedByteCount = fetchedByteCount
        self.requestCount = requestCount
    }
}
