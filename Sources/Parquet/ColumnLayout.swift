import Columnar

/// What the options say of one leaf.
struct ColumnLayout: Sendable {
    let leaf: LeafColumn
    let codec: CompressionCodec
    let compressionLevel: Int?
    /// `nil` is a dictionary where it pays.
    let encoding: PageEncoding?
    let bloomFilter: BloomFilterOptions?
    let writesBounds: Bool
    let dataPageVersion: DataPageVersion
    let pageByteCount: Int
    let pageRowCount: Int
    let dictionaryByteCount: Int

    /// Sizes and counts of a page are 32-bit integers; a page ends a portion of its values late at the most.
    private static let maximumPageByteCount = 1 << 29

    /// Whether values go into a dictionary first.
    var beginsWithDictionary: Bool {
        dictionaryByteCount > 0 && leaf.physicalType != .boolean && (encoding == nil || encoding == .rleDictionary)
    }

    /// The encoding of values that are in no dictionary.
    var valueEncoding: PageEncoding {
        guard let encoding, encoding != .rleDictionary else { return .plain }
        return encoding
    }

    /// The layouts of all leaves of a schema, in the order of the file.
    ///
    /// - Throws: ``ParquetError``: `invalidSchema`, or `invalidOptions` if the options name what the schema does not have,
    ///   or ask for what a type cannot be.
    static func layouts(of schema: TableSchema, _ options: WriterOptions) throws(ParquetError) -> [ColumnLayout] {
        try SchemaCheck.check(schema)
        let leaves = LeafColumn.leaves(of: schema)
        let nodes = options.columns.isEmpty ? [] : Set(leaves.flatMap { Self.paths(to: $0) })
        for path in options.columns.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard nodes.contains(path) else { throw invalid(path, "the schema has no such column") }
        }
        for column in options.sortingColumns where !leaves.contains(where: { $0.path == column.path }) {
            throw invalid(column.path, "rows cannot be sorted by it, as the schema has no such leaf")
        }
        try check(options.codec, options.compressionLevel, [])
        var layouts: [ColumnLayout] = []
        for leaf in leaves {
            let path = options.columns.isEmpty ? nil : Self.paths(to: leaf).first { options.columns[$0] != nil }
            layouts.append(try ColumnLayout(leaf, path.flatMap { options.columns[$0] } ?? ColumnOptions(), options))
        }
        return layouts
    }

    /// The paths of a leaf and of all nodes above it, the longest first; the root's is empty.
    private static func paths(to leaf: LeafColumn) -> [[String]] {
        (0...leaf.path.count).reversed().map { Array(leaf.path.prefix($0)) }
    }

    private init(_ leaf: LeafColumn, _ column: ColumnOptions, _ options: WriterOptions) throws(ParquetError) {
        if let encoding = column.encoding {
            let isDictionary = encoding == .rleDictionary && leaf.physicalType != .boolean
            guard isDictionary || ValueEncoding.supports(encoding, leaf.physicalType) else {
                throw Self.invalid(leaf.path, "values of type \(leaf.physicalType) cannot be written as \(encoding)")
            }
        }
        if let filter = column.bloomFilter {
            guard leaf.physicalType != .boolean else { throw Self.invalid(leaf.path, "booleans have no bloom filter") }
            guard filter.falsePositiveRate > 0, filter.falsePositiveRate < 1 else {
                throw Self.invalid(leaf.path, "a bloom filter's rate must lie between 0 and 1")
            }
        }
        self.leaf = leaf
        codec = column.codec ?? options.codec
        compressionLevel = column.compressionLevel ?? (column.codec == nil ? options.compressionLevel : nil)
        try Self.check(codec, column.compressionLevel, leaf.path)
        encoding = column.encoding
        bloomFilter = column.bloomFilter
        writesBounds = column.writesBounds
        dataPageVersion = options.dataPageVersion
        pageByteCount = min(options.pageByteCount, Self.maximumPageByteCount)
        // A page of no rows would never end.
        pageRowCount = min(max(1, options.pageRowCount), Self.maximumPageByteCount)
        dictionaryByteCount = min(options.dictionaryByteCount, Self.maximumPageByteCount)
    }

    private static func check(_ codec: CompressionCodec, _ level: Int?, _ path: [String]) throws(ParquetError) {
        guard let level, let levels = codec.levels, !levels.contains(level) else { return }
        throw invalid(path, "\(codec) has levels \(levels.lowerBound) to \(levels.upperBound), not \(level)")
    }

    private static func invalid(_ path: [String], _ reason: String) -> ParquetError {
        let place = path.isEmpty ? "" : " of column \(path.joined(separator: "."))"
        return ParquetError(.invalidOptions, "The options\(place) cannot be followed: \(reason).")
    }
}
