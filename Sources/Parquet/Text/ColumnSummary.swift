/// What the footer says about one leaf, over one row group or many.
///
/// Its numbers are those of the file, which may be damaged; sums stop at the greatest integer.
public struct ColumnSummary: Sendable {
    /// In how many of the column chunks, or of their pages, something is.
    public enum Presence: Sendable, Equatable {
        /// In none.
        case no
        /// In some, or in parts.
        case partly
        /// In all.
        case yes
    }

    /// The least or the greatest value, or what the file knows of it.
    public struct Bound: Sendable, Equatable {
        /// The value in PLAIN encoding, without a length before it.
        public let bytes: [UInt8]
        /// Whether it is a value of the column: if not, it lies beyond all of them; `nil` where the file does not say.
        public let isExact: Bool?
    }

    /// The codecs (`CompressionCodec`), in the order in which they occur.
    public internal(set) var codecs: [Int32] = []
    /// The encodings of values and levels (`Encoding`), in the order in which they are listed.
    public internal(set) var encodings: [Int32] = []
    /// Whether values are written with a dictionary.
    public internal(set) var dictionary = Presence.no
    /// Whether there are bloom filters.
    public internal(set) var bloomFilter = Presence.no
    /// Whether it is known where each page lies (`OffsetIndex`).
    public internal(set) var offsetIndex = Presence.no
    /// Whether the bounds of each page are known (`ColumnIndex`).
    public internal(set) var columnIndex = Presence.no
    /// The bytes of the pages and their headers.
    public internal(set) var compressedByteCount = 0
    /// The bytes of the pages and their headers before compression.
    public internal(set) var uncompressedByteCount = 0
    /// The entries, NULLs and empty lists included.
    public internal(set) var entryCount = 0
    /// The entries without a value; `nil` where some row group does not say.
    public internal(set) var nullCount: Int?
    /// The values that are not a number; `nil` where some row group does not say.
    public internal(set) var nanCount: Int?
    /// The least value; `nil` where there is none, or some row group does not say.
    public internal(set) var min: Bound?
    /// The greatest value; `nil` where there is none, or some row group does not say.
    public internal(set) var max: Bound?
}

extension ParquetFileReader {
    /// What the footer says about a leaf.
    ///
    /// Bounds are left out where they must not be relied upon: those of an order that is not known, those that old
    /// writers got wrong, and those that are no number.
    ///
    /// - Parameters:
    ///   - leaf: One of ``leaves``.
    ///   - rowGroups: The row groups to look at, all of them unless given.
    /// - Returns: Sums and bounds over those row groups.
    /// - Precondition: There are such row groups.
    public func summary(of leaf: SchemaLeaf, rowGroups: Range<Int>? = nil) -> ColumnSummary {
        let chunks = metadata.rowGroups[rowGroups ?? metadata.rowGroups.indices].map { $0.columns[leaf.index] }
        var summary = ColumnSummary()
        for chunk in chunks {
            if !summary.codecs.contains(chunk.codec) { summary.codecs.append(chunk.codec) }
            for encoding in chunk.encodings where !summary.encodings.contains(encoding) {
                summary.encodings.append(encoding)
            }
            summary.compressedByteCount.add(chunk.compressedByteCount)
            summary.uncompressedByteCount.add(chunk.uncompressedByteCount)
            summary.entryCount.add(chunk.valueCount)
        }
        summary.dictionary = .of(chunks.map(\.dictionary))
        summary.bloomFilter = .of(chunks.map { .of($0.bloomFilterOffset) })
        summary.offsetIndex = .of(chunks.map { .of($0.offsetIndexOffset) })
        summary.columnIndex = .of(chunks.map { .of($0.columnIndexOffset) })
        summary.nullCount = Self.total(chunks.map { $0.statistics?.nullCount })
        summary.nanCount = Self.total(chunks.map { $0.statistics?.nanCount })
        let rules = StatisticsRules(leaf, metadata)
        var bounds: [(min: ColumnSummary.Bound?, max: ColumnSummary.Bound?)] = []
        for chunk in chunks {
            let known = rules.summary(chunk.statistics, entryCount: chunk.valueCount)
            // Where there is no value there is no bound either, and none is missing.
            guard known.mayHoldValue else { continue }
            bounds.append(
                (
                    known.lower.map { ColumnSummary.Bound(bytes: $0, isExact: chunk.statistics?.isMinExact) },
                    known.upper.map { ColumnSummary.Bound(bytes: $0, isExact: chunk.statistics?.isMaxExact) }
                )
            )
        }
        summary.min = Self.extreme(bounds.map(\.min)) { rules.order.isLess($0, $1) }
        summary.max = Self.extreme(bounds.map(\.max)) { rules.order.isLess($1, $0) }
        return summary
    }

    private static func total(_ counts: [Int?]) -> Int? {
        counts.reduce(counts.isEmpty ? nil : 0) { total, count in
            guard var total, let count else { return nil }
            total.add(count)
            return total
        }
    }

    /// The bound that comes before all others, by preference one that is exact; `nil` if one is not known.
    private static func extreme(
        _ bounds: [ColumnSummary.Bound?],
        isBefore: ([UInt8], [UInt8]) -> Bool
    ) -> ColumnSummary.Bound? {
        guard var found = bounds.first ?? nil else { return nil }
        for bound in bounds.dropFirst() {
            guard let bound else { return nil }
            let isAsGood = bound.isExact == true && !isBefore(found.bytes, bound.bytes)
            if isBefore(bound.bytes, found.bytes) || isAsGood { found = bound }
        }
        return found
    }
}

extension ColumnSummary.Presence {
    fileprivate static func of(_ value: Int?) -> Self { value == nil ? .no : .yes }

    fileprivate static func of(_ values: [Self]) -> Self {
        guard let first = values.first else { return .no }
        return values.allSatisfy { $0 == first } ? first : .partly
    }
}

extension FileMetadata.ColumnChunk {
    /// Whether values are written with a dictionary, as far as the footer says.
    fileprivate var dictionary: ColumnSummary.Presence {
        let names: Set<Int32> = [PageEncoding.rleDictionary.rawValue, PageEncoding.plainDictionary.rawValue]
        // Data pages are of type 0, or 3 in their second version.
        let dataPages = pageEncodings.filter { ($0.pageType == 0 || $0.pageType == 3) && $0.count > 0 }
        if !dataPages.isEmpty { return .of(dataPages.map { names.contains($0.encoding) ? .yes : .no }) }
        return encodings.contains(where: names.contains) || (dictionaryPageOffset ?? 0) > 0 ? .yes : .no
    }
}

extension Int {
    /// Adds a number of the file, which may be any.
    fileprivate mutating func add(_ other: Int) {
        let (sum, overflows) = addingReportingOverflow(other)
        self = overflows ? (other < 0 ? .min : .max) : sum
    }
}
