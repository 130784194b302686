/// What is known of the values of a leaf in a row group or page, as far as it can be relied on.
struct ValueSummary: Sendable, Equatable {
    /// No value is below it.
    var lower: [UInt8]?
    /// No value is above it.
    var upper: [UInt8]?
    /// Whether there may be a value.
    var mayHoldValue = true
    /// Whether there may be an entry without a value.
    var mayHoldNull = true

    /// Whether one of the values may compare so with the one given.
    ///
    /// - Parameters:
    ///   - comparison: How.
    ///   - value: The value in PLAIN encoding, as the leaf would have it.
    ///   - order: The order of the bounds.
    /// - Returns: Whether that cannot be ruled out.
    func mayMatch(_ comparison: RowFilter.Comparison, _ value: [UInt8], _ order: ValueOrder) -> Bool {
        guard mayHoldValue else { return false }
        guard order.isUsable, !order.isNaN(value) else { return true }
        switch comparison {
        case .equal: return !isBelow(value, order) && !isAbove(value, order)
        case .less: return lower.map { order.isLess($0, value) } ?? true
        case .lessOrEqual: return !isBelow(value, order)
        case .greater: return upper.map { order.isLess(value, $0) } ?? true
        case .greaterOrEqual: return !isAbove(value, order)
        case .notEqual:
            // Bounds do not speak of NaN, which is another value than any.
            guard let lower, let upper, !order.isFloatingPoint else { return true }
            return order.isLess(lower, value) || order.isLess(value, upper)
                || order.isLess(value, lower) || order.isLess(upper, value)
        }
    }

    /// Whether the value is below all of them.
    private func isBelow(_ value: [UInt8], _ order: ValueOrder) -> Bool {
        lower.map { order.isLess(value, $0) } ?? false
    }

    /// Whether the value is above all of them.
    private func isAbove(_ value: [UInt8], _ order: ValueOrder) -> Bool {
        upper.map { order.isLess($0, value) } ?? false
    }
}
