import Columnar

/// A condition on one leaf, with its values as the leaf would have them.
struct LeafCondition {
    private enum Kind {
        case comparison(RowFilter.Comparison, [UInt8])
        case isIn([[UInt8]])
        case isNull
        case isNotNull
    }

    let leaf: SchemaLeaf
    let rules: StatisticsRules
    private let kind: Kind

    /// Takes a filter that is a condition on one leaf.
    ///
    /// - Throws: ``ParquetReadError`` with code `malformed` if the file has no such leaf, or it cannot have the value.
    init(_ filter: RowFilter, _ file: ParquetFileReader) throws(ParquetReadError) {
        switch filter {
        case .comparison(let name, let comparison, let value):
            leaf = try file.leaf(named: name)
            kind = .comparison(comparison, try value.encoded(for: leaf))
        case .isIn(let name, let values):
            leaf = try file.leaf(named: name)
            var encoded: [[UInt8]] = []
            for value in values { encoded.append(try value.encoded(for: leaf)) }
            kind = .isIn(encoded)
        case .isNull(let name):
            leaf = try file.leaf(named: name)
            kind = .isNull
        case .isNotNull(let name):
            leaf = try file.leaf(named: name)
            kind = .isNotNull
        case .all, .any: throw ParquetReadError(.malformed, "Several conditions are taken for one.")
        }
        rules = StatisticsRules(leaf, file.metadata)
    }

    /// Whether a value that matches is one of a few.
    var isEquality: Bool {
        switch kind {
        case .comparison(.equal, _), .isIn: true
        default: false
        }
    }

    /// Whether equal values have equal bytes, or few others, so that a bloom filter can be asked for them.
    var hasHashes: Bool {
        if case .decimal? = leaf.logicalType, leaf.physicalType == .byteArray { return false }
        return leaf.physicalType != .boolean
    }

    /// Of the values that would match, those that may be there.
    func values(in summary: ValueSummary) -> [[UInt8]] {
        switch kind {
        case .comparison(.equal, let value): [value].filter { summary.mayMatch(.equal, $0, rules.order) }
        case .isIn(let values): values.filter { summary.mayMatch(.equal, $0, rules.order) }
        default: []
        }
    }

    /// All bytes that are equal to a value: both zeros are.
    func representations(of value: [UInt8]) -> [[UInt8]] {
        guard rules.order.isFloatingPoint || leaf.logicalType == .float16, value.dropLast().allSatisfy({ $0 == 0 }),
            let last = value.last,
            last & 0x7f == 0
        else { return [value] }
        return [value.dropLast() + [0], value.dropLast() + [0x80]]
    }

    /// Whether an entry that matches may be there.
    func mayMatch(_ summary: ValueSummary) -> Bool {
        switch kind {
        case .comparison(let comparison, let value): summary.mayMatch(comparison, value, rules.order)
        case .isIn(let values): values.contains { summary.mayMatch(.equal, $0, rules.order) }
        case .isNull: summary.mayHoldNull
        case .isNotNull: summary.mayHoldValue
        }
    }
}
