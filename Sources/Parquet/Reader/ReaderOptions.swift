/// What a reader does and how much it takes in.
///
/// Runs and compression make much out of few bytes, in honest files as in hostile ones: the limits say how much a
/// file may cost. Beyond them reading ends with an error of code `tooLarge`.
public struct ReaderOptions: Sendable {
    /// The bytes of the footer: 256 MiB, which is that of a table of 10,000 columns and many row groups.
    public static let defaultMaximumFooterByteCount = 256 << 20
    /// The bytes of one column of one row group in memory: 4 GiB.
    public static let defaultMaximumColumnByteCount = 4 << 30

    /// The bytes between pages that are fetched along rather than asked for around: 64 KiB, which a store sends in less
    /// time than it takes to answer.
    public static let defaultMaximumGapByteCount = 64 << 10

    /// Whether pages that have a checksum are compared with it.
    public var verifiesChecksums = true
    /// Whether the file's first bytes are looked at as well as its last, which say the same; a store is asked once more
    /// for that.
    public var readsHead = true
    /// Whether the header of a bloom filter that is copied is looked at first, or the length that the footer says is
    /// believed, which spares a request for each of them.
    public var readsFilterHeaders = true
    /// The bytes that a footer may have; in memory its metadata takes up to 100 times as much, seldom more than 10 times.
    public var maximumFooterByteCount = ReaderOptions.defaultMaximumFooterByteCount
    /// The bytes that the values and levels of one leaf in one row group may take in memory.
    ///
    /// Each page and dictionary may take as much before it is decoded. Buffers grow by doubling.
    public var maximumColumnByteCount = ReaderOptions.defaultMaximumColumnByteCount
    /// The bytes between two stretches of a file that are wanted, up to which both are fetched with one read.
    public var maximumGapByteCount = ReaderOptions.defaultMaximumGapByteCount

    /// Creates the default options.
    public init() {}
}
