/// Events that one PutLogEvents takes: in the order of their times, and within the service's limits.
public struct LogBatch: Sendable {
    /// Events of one batch.
    static let countLimit = 10_000
    /// Bytes of one batch, with 26 for each event.
    static let byteLimit = 1_048_576
    /// Milliseconds from the first event of a batch to its last: "a batch of log events in a single request cannot span
    /// more than 24 hours".
    static let spanLimit: Int64 = 24 * 3_600 * 1_000

    /// The events; never none.
    public private(set) var records: [LogRecord]
    private var byteCount: Int

    private init(_ record: LogRecord) {
        records = [record]
        byteCount = record.byteCount
    }

    /// Divides events among as few batches as the limits allow; those of one time keep their order.
    public static func batches(of records: some Sequence<LogRecord>) -> [LogBatch] {
        let sorted = records.enumerated().sorted { left, right in
            (left.element.timestamp, left.offset) < (right.element.timestamp, right.offset)
        }
        var batches: [LogBatch] = []
        for (_, record) in sorted where batches.isEmpty || !batches[batches.count - 1].add(record) {
            batches.append(LogBatch(record))
        }
        return batches
    }

    private mutating func add(_ record: LogRecord) -> Bool {
        guard records.count < Self.countLimit, byteCount + record.byteCount <= Self.byteLimit,
            record.timestamp - records[0].timestamp < Self.spanLimit
        else { return false }
        records.append(record)
        byteCount += record.byteCount
        return true
    }
}
