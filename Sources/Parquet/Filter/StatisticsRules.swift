import Columnar

/// Which of the statistics that a file has for a leaf can be relied on.
///
/// Bounds are no use where they follow an order that is not known, and are wrong in files of some old writers:
/// - `min_value` and `max_value` follow the leaf's `ColumnOrder`: that of the type, or for floating point IEEE 754's.
///   Without a `ColumnOrder` they are taken for signed numbers alone.
/// - `min` and `max`, which are deprecated, follow the order of signed numbers, whatever the type is (PARQUET-686).
/// - INT96, INTERVAL, half precision and decimals in byte arrays have no order.
/// - parquet-mr before 1.8.0 mixed up the bounds of bytes (PARQUET-251).
/// - Bounds that are NaN say nothing, and no bounds speak of NaN (parquet.thrift, `ColumnOrder`).
/// - A bound may be shortened: it is still below or above every value, whether it is one of them or not.
///
/// What contradicts itself is not relied on either.
struct StatisticsRules: Sendable {
    let leaf: SchemaLeaf
    let order: ValueOrder
    /// Whether `min_value`, `max_value` and the bounds of a column index hold.
    private let trustsBounds: Bool
    /// Whether `min` and `max` hold.
    private let trustsDeprecatedBounds: Bool

    init(_ leaf: SchemaLeaf, _ metadata: FileMetadata) {
        self.leaf = leaf
        let order = ValueOrder(leaf)
        self.order = order
        let isBytes = leaf.physicalType == .byteArray || (leaf.thriftType == 7)
        let mixesUpBytes = isBytes && WriterVersion(metadata.createdBy).mixesUpBounds
        let columnOrder = metadata.columnOrders.map { leaf.index < $0.count ? $0[leaf.index] : .unknown }
        switch columnOrder {
        case nil: trustsBounds = order.isSignedNumber && !mixesUpBytes
        case .type?: trustsBounds = order.isUsable && !mixesUpBytes
        case .ieee754Total?: trustsBounds = order.isFloatingPoint
        case .int96Timestamp?, .unknown?: trustsBounds = false
        }
        trustsDeprecatedBounds = order.isSignedNumber
    }

    /// What a chunk's statistics say.
    ///
    /// - Parameters:
    ///   - statistics: The statistics, if there are any.
    ///   - entryCount: The chunk's entries, those without a value included.
    /// - Returns: What can be relied on.
    func summary(_ statistics: ColumnStatistics?, entryCount: Int) -> ValueSummary {
        var summary = ValueSummary()
        summary.mayHoldValue = entryCount > 0
        summary.mayHoldNull = entryCount > 0 && leaf.maxDefinitionLevel > 0
        guard let statistics else { return summary }
        count(nulls: statistics.nullCount, in: &summary)
        if let nulls = statistics.nullCount, nulls >= entryCount { summary.mayHoldValue = false }
        if statistics.min != nil || statistics.max != nil {
            if trustsBounds { bound(statistics.min, statistics.max, &summary) }
        } else if trustsDeprecatedBounds {
            bound(statistics.deprecatedMin, statistics.deprecatedMax, &summary)
        }
        return summary
    }

    /// What a column index says of a page that it has.
    func summary(_ index: ColumnIndex, page: Int) -> ValueSummary {
        var summary = ValueSummary()
        summary.mayHoldNull = leaf.maxDefinitionLevel > 0
        count(nulls: index.nullCounts?[page], in: &summary)
        if index.isNullPage[page] {
            summary.mayHoldValue = false
            summary.mayHoldNull = leaf.maxDefinitionLevel > 0
        } else if trustsBounds {
            bound(index.lowerBounds[page], index.upperBounds[page], &summary)
        }
        return summary
    }

    /// Writers do not agree on whether a list without entries is a NULL: within lists the number says nothing.
    private func count(nulls: Int?, in summary: inout ValueSummary) {
        if nulls == 0, leaf.maxRepetitionLevel == 0 { summary.mayHoldNull = false }
    }

    private func bound(_ lower: [UInt8]?, _ upper: [UInt8]?, _ summary: inout ValueSummary) {
        // What of two bounds is no bound makes the other doubtful.
        for bound in [lower, upper] {
            guard let bound else { continue }
            guard order.accepts(bound: bound) else { return }
        }
        if let lower, let upper, order.isLess(upper, lower) { return }
        summary.lower = lower
        summary.upper = upper
    }
}
