import Columnar

/// The bounds of a page or chunk as a file has them: shortened where the type allows it.
struct TruncatedBounds: Sendable {
    let min: (bytes: [UInt8], isExact: Bool)
    let max: (bytes: [UInt8], isExact: Bool)

    /// Bounds that were shortened before.
    init(min: (bytes: [UInt8], isExact: Bool), max: (bytes: [UInt8], isExact: Bool)) {
        self.min = min
        self.max = max
    }

    /// Shortens both, or neither: of one bound alone some readers conclude that the other is an empty value.
    init?(_ bounds: ValueBounds, leaf: LeafColumn) {
        guard leaf.physicalType == .byteArray else {
            min = (bounds.min, true)
            max = (bounds.max, true)
            return
        }
        let isText = [.string, .json, .enumeration].contains(leaf.logicalType)
        guard let upper = BoundTruncation.upper(bounds.max, isText: isText) else { return nil }
        min = BoundTruncation.lower(bounds.min, isText: isText)
        max = upper
    }
}
