/// A row group of a file as bytes that another file can take over as they are.
///
/// The ranges, one behind the other, are the row group: pages of every column, then bloom filters. On an object store
/// they can be copied by the server.
public struct RowGroupCopy: Sendable {
    /// Where the bytes lie in the file, in the order in which they must follow one another; neighbours are joined, so
    /// that a file of this library has one range a row group.
    public let ranges: [Range<Int>]
    /// What the other file's footer has to say about it, once it has its place there.
    public let metadata: RowGroupMetadata
}
