extension Instruments {
    /// What was seen of slot and lake at one moment.
    public struct SlotFigures: Sendable, Equatable {
        /// Bytes of WAL whose changes are not in the lake.
        public var lagByteCount: Int
        /// How old the oldest of it is.
        public var lag: Duration
        /// Whether the server sees a reader.
        public var isActive: Bool
        /// Bytes of WAL that the server keeps; nil once they are lost.
        public var retainedByteCount: Int?
        /// Bytes until the limit; nil without one.
        public var safeByteCount: Int?

        /// States what was seen.
        public init(
            lagByteCount: Int,
            lag: Duration,
            isActive: Bool,
            retainedByteCount: Int?,
            safeByteCount: Int?
        ) {
            self.lagByteCount = lagByteCount
            self.lag = lag
            self.isActive = isActive
            self.retainedByteCount = retainedByteCount
            self.safeByteCount = safeByteCount
        }
    }

    /// Notes what was seen of the slot.
    public func sawSlot(_ figures: SlotFigures) {
        registry.set(.lagBytes, to: Double(figures.lagByteCount))
        registry.set(.lagSeconds, to: figures.lag / .seconds(1))
        registry.set(.slotActive, to: figures.isActive ? 1 : 0)
        set(.retainedBytes, figures.retainedByteCount)
        set(.safeBytes, figures.safeByteCount)
    }

    /// Notes that the slot cannot be seen any more: what was seen of it last is no present value.
    public func lostSightOfSlot() {
        for metric in [Metric.lagBytes, .lagSeconds, .slotActive, .retainedBytes, .safeBytes] {
            registry.remove(metric)
        }
    }

    private func set(_ metric: Metric, _ count: Int?) {
        if let count { registry.set(metric, to: Double(count)) } else { registry.remove(metric) }
    }
}
