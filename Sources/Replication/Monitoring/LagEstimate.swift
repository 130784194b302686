import PostgresWire

/// How old the oldest WAL is that is not in the lake: since when the lake has been without what the server had then.
///
/// WAL bears no times beside those of commits, and a commit's time says nothing of a database in which nothing was
/// committed for long. So positions of the server are remembered with the time at which they were seen.
struct LagEstimate {
    /// Positions that are remembered: with a look every ten seconds, those of three hours.
    static let sampleLimit = 1_080

    private struct Sample {
        var position: LSN
        var time: ContinuousClock.Instant
    }

    /// In the order of their times; the lake has the first one or none.
    private var samples: [Sample] = []

    /// Takes in where the server and the lake are.
    ///
    /// - Parameters:
    ///   - position: The end of the server's WAL.
    ///   - time: When that was seen.
    ///   - durable: Up to where the lake has everything.
    /// - Returns: The lag; of what was written before the first look the time since then.
    mutating func note(_ position: LSN, at time: ContinuousClock.Instant, durable: LSN) -> Duration {
        samples.append(Sample(position: position, time: time))
        // The last position that the lake has, and those after it.
        if let last = samples.lastIndex(where: { $0.position <= durable }) { samples.removeFirst(last) }
        // The second goes, so that the beginning stays known.
        if samples.count > Self.sampleLimit { samples.remove(at: 1) }
        guard let first = samples.first, position > durable else { return .zero }
        return time - first.time
    }
}
