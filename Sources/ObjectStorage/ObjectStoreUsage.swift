/// How often a store was asked for what, and how many bytes that moved.
///
/// Requests count when they are made, whatever becomes of them; bytes when they have arrived. A request that a store
/// repeats counts once.
public struct ObjectStoreUsage: Hashable, Sendable {
    /// Looks at one object.
    public var headCount = 0
    /// Reads of an object or a part of it.
    public var getCount = 0
    /// Writes of a whole object; a large one takes a server several requests.
    public var putCount = 0
    /// Replacements of an object by pieces.
    public var replacementCount = 0
    /// What those that succeeded took of a server, reads of what had to be sent again included.
    public var replacementRequestCount = 0
    /// Pages of listings, and sweeps.
    public var listCount = 0
    /// Removals, of one object or of many.
    public var deleteCount = 0
    /// Bytes that were read, those read to be sent again included.
    public var readByteCount = 0
    /// Bytes that were written by this process.
    public var writtenByteCount = 0
    /// Bytes that the server or the file system copied by itself.
    public var copiedByteCount = 0

    /// Makes the usage of a store that has not been used.
    public init() {}
}
