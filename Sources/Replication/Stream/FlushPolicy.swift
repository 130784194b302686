/// When buffered changes become files: whichever comes first.
public struct FlushOptions: Sendable, Hashable {
    /// 60 s: fresh enough for analysts, few enough files for Athena.
    public static let defaultInterval = Duration.seconds(60)
    /// 64 MiB of memory: a file that is worth reading, and two of them (one filling, one on its way) fit everywhere.
    public static let defaultSize = 64 << 20
    /// 1,000,000 rows, as a row group has.
    public static let defaultRows = 1_000_000

    /// The oldest change waits for no longer.
    public var maximumInterval: Duration
    /// The bytes of memory that changes may take.
    public var maximumSize: Int
    /// The changes that may wait.
    public var maximumRows: Int

    /// Describes when to flush.
    public init(
        maximumInterval: Duration = Self.defaultInterval,
        maximumSize: Int = Self.defaultSize,
        maximumRows: Int = Self.defaultRows
    ) {
        self.maximumInterval = maximumInterval
        self.maximumSize = maximumSize
        self.maximumRows = maximumRows
    }
}

/// Why a flush happens.
enum FlushReason: String, Sendable {
    case interval, size, rows, stop
    /// The server waits for us before it can shut down, or another part of the program asked for it.
    case requested
}

/// Decides when to flush, between transactions only.
struct FlushPolicy {
    let options: FlushOptions

    /// Returns why the buffer should be flushed now, or nil.
    func reason(rowCount: Int, byteCount: Int, age: Duration) -> FlushReason? {
        guard rowCount > 0 else { return nil }
        if rowCount >= options.maximumRows { return .rows }
        if byteCount >= options.maximumSize { return .size }
        return age >= options.maximumInterval ? .interval : nil
    }
}
