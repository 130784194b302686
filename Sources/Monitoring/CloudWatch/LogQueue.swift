import AWS

/// Log lines that wait to be sent; where there are too many, the oldest go.
struct LogQueue {
    /// Lines that wait at the most.
    static let countLimit = 20_000
    /// Bytes that they may take.
    static let byteLimit = 8 << 20

    private var records: ArraySlice<LogRecord> = []
    private var byteCount = 0
    /// Lines that have gone since ``takeDropped()``.
    private var droppedCount = 0
    private var firstDropped: Int64?

    /// How many lines wait.
    var count: Int { records.count }

    /// Takes a line in.
    mutating func append(_ record: LogRecord) {
        records.append(record)
        byteCount += record.byteCount
        dropExcess()
    }

    /// Hands everything over.
    mutating func takeAll() -> [LogRecord] {
        defer {
            records = []
            byteCount = 0
        }
        return Array(records)
    }

    /// Takes back what could not be sent, before what has come since.
    mutating func putBack(_ unsent: [LogRecord]) {
        records = (unsent + records)[...]
        byteCount = records.reduce(0) { $0 + $1.byteCount }
        dropExcess()
    }

    /// How many lines were lost since this was last asked, and the time of the first; nil if none was.
    mutating func takeDropped() -> (count: Int, time: Int64)? {
        defer {
            droppedCount = 0
            firstDropped = nil
        }
        return firstDropped.map { (droppedCount, $0) }
    }

    private mutating func dropExcess() {
        while records.count > Self.countLimit || byteCount > Self.byteLimit, let oldest = records.popFirst() {
            byteCount -= oldest.byteCount
            droppedCount += 1
            if firstDropped == nil { firstDropped = oldest.timestamp }
        }
        // The memory of what was taken from the front is kept as long as the slice is.
        if records.startIndex > 2 * Self.countLimit { records = Array(records)[...] }
    }
}
