import Columnar

/// What is known of a column chunk while it is being written, page by page.
struct ColumnChunkRecord {
    private let layout: ColumnLayout
    private let order: ValueOrder
    /// The codec of the pages, once it is decided.
    var codec: CompressionCodec?
    /// The bytes of all pages with their headers, before compression.
    var uncompressedByteCount = 0
    /// The rows of all data pages.
    private(set) var rowCount = 0
    /// The data pages that refer to the dictionary.
    private(set) var dictionaryDataPageCount = 0

    private var valueDataPageCount = 0
    /// Pages without values, which refer to the dictionary if there is one in the end.
    private var undecidedDataPageCount = 0
    private var entryCount = 0
    private var nullCount = 0
    private var pages: [PageMetadata] = []
    /// The bounds so far, whole.
    private var bounds: ValueBounds?
    /// Whether some value has no order, so that the chunk has no bounds.
    private var hasUnorderedValue = false

    init(_ layout: ColumnLayout, order: ValueOrder) {
        self.layout = layout
        self.order = order
    }

    /// Adds a data page.
    ///
    /// - Parameters:
    ///   - page: Its header.
    ///   - range: Its bytes, from the start of the chunk's data pages.
    ///   - pageBounds: The bounds of its values, if all have an order.
    ///   - isUndecided: Whether it has no values, and it is not known yet whether there is a dictionary.
    mutating func append(
        _ page: PageWriter.DataPage,
        at range: Range<Int>,
        bounds pageBounds: ValueBounds?,
        isUndecided: Bool
    ) {
        pages.append(
            PageMetadata(
                offset: range.lowerBound,
                compressedByteCount: range.count,
                firstRow: rowCount,
                nullCount: page.entryCount - page.valueCount,
                isNullPage: page.valueCount == 0,
                // Whole values would take as much memory as the pages, for as long as the file is being written.
                bounds: pageBounds.flatMap { TruncatedBounds($0, leaf: layout.leaf) }
            )
        )
        entryCount += page.entryCount
        nullCount += page.entryCount - page.valueCount
        rowCount += page.rowCount
        if isUndecided {
            undecidedDataPageCount += 1
        } else if page.encoding == .rleDictionary {
            dictionaryDataPageCount += 1
        } else {
            valueDataPageCount += 1
        }
        guard page.valueCount > 0 else { return }
        guard let pageBounds else { return hasUnorderedValue = true }
        guard let known = bounds else { return bounds = pageBounds }
        if order.isLess(pageBounds.min, known.min) { bounds?.min = pageBounds.min }
        if order.isLess(known.max, pageBounds.max) { bounds?.max = pageBounds.max }
    }

    /// The bounds of all pages, where each page with values has some.
    func columnIndex() -> ColumnIndex? {
        layout.writesBounds ? ColumnIndex(pages, order: order) : nil
    }

    /// Where the data pages lie, from the start of the chunk.
    func offsetIndex(dictionaryByteCount: Int?) -> OffsetIndex {
        let start = dictionaryByteCount ?? 0
        return OffsetIndex(
            pages: pages.map {
                OffsetIndex.Page(
                    offset: start + $0.offset,
                    byteCount: $0.compressedByteCount,
                    firstRow: $0.firstRow
                )
            }
        )
    }

    /// The chunk as the footer has it, with a dictionary page of so many bytes or none; offsets are counted from its
    /// start.
    func chunk(dictionaryByteCount: Int?) -> FileMetadata.ColumnChunk {
        var statistics = ColumnStatistics()
        statistics.nullCount = nullCount
        if !hasUnorderedValue, let truncated = bounds.flatMap({ TruncatedBounds($0, leaf: layout.leaf) }) {
            statistics.min = truncated.min.bytes
            statistics.max = truncated.max.bytes
            statistics.isMinExact = truncated.min.isExact
            statistics.isMaxExact = truncated.max.isExact
        }
        var chunk = FileMetadata.ColumnChunk(
            physicalType: layout.leaf.thriftType,
            encodings: encodings(hasDictionary: dictionaryByteCount != nil),
            path: layout.leaf.path,
            codec: (codec ?? layout.codec).thriftValue,
            valueCount: entryCount,
            uncompressedByteCount: uncompressedByteCount,
            compressedByteCount: pages.reduce(dictionaryByteCount ?? 0) { $0 + $1.compressedByteCount },
            dataPageOffset: dictionaryByteCount ?? 0
        )
        chunk.dictionaryPageOffset = dictionaryByteCount == nil ? nil : 0
        chunk.statistics = statistics
        chunk.pageEncodings = pageEncodings(hasDictionary: dictionaryByteCount != nil)
        return chunk
    }

    /// Those of the values, of the dictionary page and of the levels, in the order of their numbers.
    private func encodings(hasDictionary: Bool) -> [Int32] {
        var encodings: Set = [PageEncoding.rle]
        if hasDictionary { encodings.formUnion([.plain, .rleDictionary]) }
        if valueDataPageCount > 0 || !hasDictionary { encodings.insert(layout.valueEncoding) }
        return encodings.map(\.rawValue).sorted()
    }

    private func pageEncodings(hasDictionary: Bool) -> [FileMetadata.PageEncodingCount] {
        let type: Int32 = layout.dataPageVersion == .v1 ? 0 : 3
        let kinds: [(type: Int32, encoding: PageEncoding, count: Int)] = [
            (2, .plain, hasDictionary ? 1 : 0),
            (type, .rleDictionary, dictionaryDataPageCount + (hasDictionary ? undecidedDataPageCount : 0)),
            (type, layout.valueEncoding, valueDataPageCount + (hasDictionary ? 0 : undecidedDataPageCount)),
        ]
        return kinds.filter { $0.count > 0 }.map {
            FileMetadata.PageEncodingCount(
                pageType: $0.type,
                encoding: $0.encoding.rawValue,
                count: Int32(clamping: $0.count)
            )
        }
    }
}
