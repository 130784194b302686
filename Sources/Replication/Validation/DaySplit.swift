import Lake

/// Takes days that the server has seen otherwise than this machine apart, and rows to the days to which exports bring them.
///
/// The two may differ where a clock is put back over midnight, or in what they know of a time zone. The first and the last
/// instant of the server's day tell: where they are of one day, so is all between them.
struct DaySplit {
    private let days: LocalDays?
    /// The server's days that hold rows of more than one day.
    private(set) var serverDays: [Int] = []
    /// Where the days of those rows begin.
    private var starts: [Int: Int64] = [:]

    /// Where the days begin, in their order.
    private var boundaries: [(day: Int, start: Int64)] { starts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    /// Prepares for the rows of a table.
    init(_ partition: DayCondition?) {
        days = partition.flatMap { $0.dependsOnRules ? LocalDays(zoneName: $0.timeZone) : nil }
    }

    /// The day to which a row of the server's answer belongs; nil if it has to be taken apart.
    mutating func day(of row: ChecksumRow) -> Int? {
        guard let days, let instants = row.instants, let serverDay = row.day else { return row.day ?? 0 }
        // As a rule the server is right, and that is told with less.
        if days.start(of: serverDay) <= instants.lowerBound, instants.upperBound < days.start(of: serverDay + 1) {
            return serverDay
        }
        let first = days.day(holding: instants.lowerBound).day
        let last = days.day(holding: instants.upperBound).day
        // What has no day of its own is counted among the rows of 1970-01-01.
        if first == last, serverDay != 0 { return first }
        serverDays.append(serverDay)
        for day in first...last { starts[day] = days.start(of: day) }
        return nil
    }

    /// SQL that numbers the days, for ``day(ofBucket:)``.
    func bucket(of instant: String) -> String {
        let starts = boundaries.map { DayCondition.literal(ofInstant: $0.start) }
        return "coalesce(pg_catalog.width_bucket(\(instant), ARRAY[\(starts.joined(separator: ", "))]), 0)"
    }

    /// The day of a number.
    func day(ofBucket bucket: Int?) -> Int? {
        guard let bucket, bucket >= 0, bucket <= boundaries.count else { return nil }
        return bucket == 0 ? 0 : boundaries[bucket - 1].day
    }
}
