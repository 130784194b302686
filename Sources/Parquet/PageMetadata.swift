/// The smallest and the largest value of a page or chunk, as PLAIN bytes without length prefix.
struct ValueBounds: Sendable, Equatable {
    var min: [UInt8]
    var max: [UInt8]
}

/// One data page of a chunk that is being written.
struct PageMetadata: Sendable {
    /// Where its header begins, from the start of the chunk's data pages.
    var offset: Int
    /// Header and body.
    var compressedByteCount: Int
    /// Its first row, counted within the row group.
    var firstRow: Int
    /// Level entries that are no value.
    var nullCount: Int
    /// Whether it holds no value at all.
    var isNullPage: Bool
    /// Its bounds, where it holds values that all have an order.
    var bounds: TruncatedBounds?
}

extension ColumnIndex {
    /// The bounds of pages, or `nil` if some page has values but no bounds (PageIndex.md).
    init?(_ pages: [PageMetadata], order: ValueOrder) {
        guard !pages.isEmpty, pages.allSatisfy({ $0.isNullPage || $0.bounds != nil }) else { return nil }
        self.init(
            isNullPage: pages.map(\.isNullPage),
            lowerBounds: pages.map { $0.bounds?.min.bytes ?? [] },
            upperBounds: pages.map { $0.bounds?.max.bytes ?? [] },
            boundaryOrder: Self.boundaryOrder(pages.compactMap(\.bounds), order: order),
            nullCounts: pages.map(\.nullCount)
        )
    }

    /// Whether there are several pages, and a value can be in one of them alone, or at the ends of neighbours.
    func separatesPages(_ order: ValueOrder) -> Bool {
        let pages = isNullPage.indices.filter { !isNullPage[$0] }
        guard boundaryOrder != .unordered, pages.count > 1 else { return false }
        return zip(pages, pages.dropFirst()).allSatisfy { page, next in
            boundaryOrder == .ascending
                ? !order.isLess(lowerBounds[next], upperBounds[page])
                : !order.isLess(lowerBounds[page], upperBounds[next])
        }
    }

    private static func boundaryOrder(_ bounds: [TruncatedBounds], order: ValueOrder) -> BoundaryOrder {
        func ascends(_ values: [[UInt8]]) -> Bool {
            zip(values, values.dropFirst()).allSatisfy { !order.isLess($1, $0) }
        }
        let least = bounds.map(\.min.bytes)
        let greatest = bounds.map(\.max.bytes)
        if ascends(least), ascends(greatest) { return .ascending }
        return ascends(least.reversed()) && ascends(greatest.reversed()) ? .descending : .unordered
    }
}
