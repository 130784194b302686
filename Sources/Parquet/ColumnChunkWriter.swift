import Bytes
import Columnar

/// Encodes one leaf's values of one row group into pages.
///
/// Values are taken in portions of about a thousand: into the dictionary while there is one, else as they are. A page
/// ends when it has enough rows or bytes; its levels, values and statistics are written then, in one go.
final class ColumnChunkWriter {
    /// Slots taken at a time: small enough for the cache, large enough that dispatch costs nothing.
    private static let portionSlotCount = 1_024
    /// A dictionary larger than this share of the first page's values is not worth having.
    private static let maximumDictionaryShare = 0.5
    /// Of the first thousand values nearly all must differ before the page's end is not waited for: of a column with
    /// 5,000 distinct values nine tenths do, and its dictionary is well worth having.
    private static let maximumDictionaryShareOfSample = 0.95
    private static let sampleValueCount = 1_024
    /// A page's bytes from which it can be told whether compression is worth it, and how many are tried.
    private static let compressionSampleByteCount = 64 << 10
    /// Compression that saves less than this share only costs the readers time.
    private static let minimumCompressionGain = 0.05

    /// Old readers fail on indexes of no bits.
    private static let minimumBitWidth: UInt8 = 1

    /// What an empty writer takes, about: it counts where tables have very many columns.
    private static let emptyByteCount = 2_048

    /// A chunk that has been written; offsets are counted from its first byte.
    struct Finished {
        let chunk: FileMetadata.ColumnChunk
        let columnIndex: ColumnIndex?
        let offsetIndex: OffsetIndex
        let bloomFilter: BloomFilter?
    }

    let leaf: LeafColumn
    private let layout: ColumnLayout
    private let order: ValueOrder
    private let dictionary: DictionaryBuilder
    private let bloomFilter: BloomFilterBuilder?
    private let page = PageBuffer()
    private let pages = ByteBuffer()
    /// Whether values still go into the dictionary.
    private var hasDictionary: Bool
    private var sampleIsTaken = false
    /// Pages without values that came before it was known whether there is a dictionary: where their encoding lies.
    private var undecidedEncodings: [Int] = []
    private var record: ColumnChunkRecord

    init(_ layout: ColumnLayout) {
        self.layout = layout
        leaf = layout.leaf
        order = ValueOrder(layout.leaf)
        dictionary = DictionaryBuilder(physicalType: layout.leaf.physicalType)
        bloomFilter = layout.bloomFilter.map { BloomFilterBuilder(options: $0) }
        hasDictionary = layout.beginsWithDictionary
        record = ColumnChunkRecord(layout, order: order)
    }

    /// The bytes of memory held.
    var allocatedByteCount: Int {
        Self.emptyByteCount + pages.capacity + page.allocatedByteCount + dictionary.allocatedByteCount
            + (bloomFilter?.allocatedByteCount ?? 0)
    }

    /// The bytes of the pages so far, before compression.
    var uncompressedByteCount: Int {
        record.uncompressedByteCount + page.values.count + page.indexes.count + dictionary.values.count
    }

    /// Appends all slots of a column.
    func append(_ column: Column, shredder: LevelShredder, scratch: PageScratch) throws(ParquetError) {
        if leaf.isFlat {
            try appendFlat(column, scratch: scratch)
        } else {
            let values = shredder.shred(column, leaf: leaf)
            try appendNested(values, levels: shredder, scratch: scratch)
        }
    }

    /// Ends the chunk and hands its bytes over, the dictionary page first; the writer is empty afterwards.
    func finish(
        scratch: PageScratch,
        to sink: (UnsafeRawBufferPointer) throws(ParquetError) -> Void
    ) throws(ParquetError) -> Finished {
        try flushPage(scratch: scratch)
        var dictionaryByteCount: Int?
        if record.dictionaryDataPageCount > 0 {
            precondition(scratch.output.count == 0, "scratch output is in use")
            defer { scratch.output.removeAll() }
            unsafe record.uncompressedByteCount += try pageWriter.writeDictionary(
                dictionary.values.bytes,
                count: dictionary.count,
                scratch: scratch,
                to: scratch.output
            )
            dictionaryByteCount = scratch.output.count
            unsafe try sink(scratch.output.bytes)
            decideEncodings()
        }
        unsafe try sink(pages.bytes)
        let columnIndex = record.columnIndex()
        let finished = Finished(
            chunk: record.chunk(dictionaryByteCount: dictionaryByteCount),
            columnIndex: columnIndex,
            offsetIndex: record.offsetIndex(dictionaryByteCount: dictionaryByteCount),
            bloomFilter: makeBloomFilter(columnIndex)
        )
        reset()
        return finished
    }

    /// Says of pages without values that they refer to the dictionary: a reader that finds all pages to do so takes a
    /// faster way, and Spark fails on lists of which only some do.
    private func decideEncodings() {
        for offset in undecidedEncodings {
            // The zigzag varint of a small number is one byte.
            let encoding = UInt8(truncatingIfNeeded: PageEncoding.rleDictionary.rawValue << 1)
            unsafe pages.base.storeBytes(of: encoding, toByteOffset: offset, as: UInt8.self)
        }
    }

    private func makeBloomFilter(_ columnIndex: ColumnIndex?) -> BloomFilter? {
        guard let bloomFilter else { return nil }
        if bloomFilter.options.isLeftOutWhereSorted, columnIndex?.separatesPages(order) ?? false { return nil }
        if record.dictionaryDataPageCount > 0 {
            unsafe bloomFilter.insert(
                dictionary.values.base,
                physicalType: leaf.physicalType,
                count: dictionary.count
            )
        }
        return bloomFilter.finish()
    }

    private func reset() {
        page.removeAll()
        pages.removeAll()
        dictionary.removeAll()
        bloomFilter?.removeAll()
        hasDictionary = layout.beginsWithDictionary
        sampleIsTaken = false
        undecidedEncodings.removeAll()
        record = ColumnChunkRecord(layout, order: order)
    }

    // MARK: - Taking values in

    private func appendFlat(_ column: Column, scratch: PageScratch) throws(ParquetError) {
        var slot = 0
        var position = unsafe UnsafeRawPointer(column.values.base)
        let end = unsafe position + column.values.count
        while slot < column.slotCount {
            var count = min(Self.portionSlotCount, column.slotCount - slot, layout.pageRowCount - page.rowCount)
            var valueCount = column.validity.valueCount(from: slot, count: count)
            var byteCount = unsafe try byteCount(from: position, to: end, valueCount: valueCount)
            // Large values: take fewer, so that a page stays near its limit.
            while page.values.count + byteCount > layout.pageByteCount, count > 1 {
                count = (count + 1) / 2
                valueCount = column.validity.valueCount(from: slot, count: count)
                byteCount = unsafe try self.byteCount(from: position, to: end, valueCount: valueCount)
            }
            try leaveDictionaryIfLarge(byteCount, scratch: scratch)
            page.validity.append(column.validity, from: slot, count: count)
            unsafe take(position, valueCount: valueCount, byteCount: byteCount)
            slot += count
            unsafe position += byteCount
            page.rowCount += count
            try flushPageIfFull(scratch: scratch)
        }
        guard unsafe position == end else { throw incomplete }
    }

    private func appendNested(_ column: Column, levels: LevelShredder, scratch: PageScratch) throws(ParquetError) {
        let definitions = unsafe levels.definitionLevels.base.assumingMemoryBound(to: UInt8.self)
        let repetitions = unsafe levels.repetitionLevels.base.assumingMemoryBound(to: UInt8.self)
        let total = levels.definitionLevels.count
        let width = leaf.physicalType.byteWidth
        var position = unsafe UnsafeRawPointer(column.values.base)
        let end = unsafe position + column.values.count
        var entry = 0
        while entry < total {
            let start = entry
            let room = NestedPortion.Room(
                entries: Self.portionSlotCount,
                rows: layout.pageRowCount - page.rowCount,
                bytes: layout.pageByteCount - page.values.count
            )
            var portion = NestedPortion(firstEntry: start)
            if let width {
                unsafe portion.extend(definitions, repetitions, upTo: total, values: nil, of: leaf, room: room)
                portion.byteCount = portion.valueCount * width
            } else {
                let rest = unsafe UnsafeRawBufferPointer(start: position, count: end - position)
                unsafe portion.extend(definitions, repetitions, upTo: total, values: rest, of: leaf, room: room)
                guard portion.byteCount <= rest.count else { throw incomplete }
            }
            entry = portion.endEntry
            try leaveDictionaryIfLarge(portion.byteCount, scratch: scratch)
            unsafe page.definitionLevels.append(
                UnsafeRawBufferPointer(start: definitions + start, count: entry - start)
            )
            unsafe page.repetitionLevels.append(
                UnsafeRawBufferPointer(start: repetitions + start, count: entry - start)
            )
            unsafe take(position, valueCount: portion.valueCount, byteCount: portion.byteCount)
            unsafe position += portion.byteCount
            page.rowCount += portion.rowCount
            try flushPageIfFull(scratch: scratch)
        }
        guard unsafe position == end else { throw incomplete }
    }

    /// The bytes of the next values, which must end where the column does or before.
    private func byteCount(
        from values: UnsafeRawPointer,
        to end: UnsafeRawPointer,
        valueCount: Int
    ) throws(ParquetError) -> Int {
        if let width = leaf.physicalType.byteWidth { return valueCount * width }
        let limit = unsafe end - values
        var byteCount = 0
        for _ in 0..<valueCount {
            guard byteCount &+ 4 <= limit else { throw incomplete }
            let length = unsafe values.loadUnaligned(fromByteOffset: byteCount, as: UInt32.self)
            byteCount &+= 4 &+ Int(UInt32(littleEndian: length))
        }
        guard byteCount <= limit else { throw incomplete }
        return byteCount
    }

    private var incomplete: ParquetError {
        ParquetError(
            .schemaMismatch,
            "Column \(leaf.path.joined(separator: ".")) of a batch does not end where its values do."
        )
    }

    private func take(_ values: UnsafeRawPointer, valueCount: Int, byteCount: Int) {
        guard valueCount > 0 else { return }
        page.valueCount += valueCount
        page.plainByteCount += byteCount
        guard hasDictionary else {
            return unsafe page.values.append(UnsafeRawBufferPointer(start: values, count: byteCount))
        }
        unsafe dictionary.encode(values, valueCount: valueCount, into: page.indexes)
        if !sampleIsTaken, page.valueCount >= Self.sampleValueCount {
            sampleIsTaken = true
            giveUpDictionary(ifLargerThan: Self.maximumDictionaryShareOfSample)
        }
    }

    /// Values of one row that are larger than a dictionary may be go into a page as they are.
    private func leaveDictionaryIfLarge(_ byteCount: Int, scratch: PageScratch) throws(ParquetError) {
        guard hasDictionary, byteCount > max(layout.dictionaryByteCount, layout.pageByteCount) else { return }
        try flushPage(scratch: scratch)
        hasDictionary = false
    }

    // MARK: - Pages

    private func flushPageIfFull(scratch: PageScratch) throws(ParquetError) {
        let dictionaryIsFull = hasDictionary && dictionary.values.count > layout.dictionaryByteCount
        guard
            page.rowCount >= layout.pageRowCount || page.values.count >= layout.pageByteCount
                || page.indexes.count >= layout.pageByteCount || dictionaryIsFull
        else { return }
        try flushPage(scratch: scratch)
        if dictionaryIsFull { hasDictionary = false }
    }

    private func flushPage(scratch: PageScratch) throws(ParquetError) {
        guard page.rowCount > 0 else { return }
        if hasDictionary { giveUpDictionary(ifLargerThan: Self.maximumDictionaryShare) }
        // A page of NULLs alone says nothing about dictionaries and needs none.
        let isDictionary = hasDictionary && (page.valueCount > 0 || record.dictionaryDataPageCount > 0)
        let isUndecided = hasDictionary && !isDictionary
        let levels = page.writeLevels(of: leaf, version: layout.dataPageVersion, to: scratch.levels)
        var bounds: ValueBounds?
        let values: UnsafeRawBufferPointer
        if isDictionary {
            bounds = writeIndexes(scratch)
            unsafe values = scratch.values.bytes
        } else if isUndecided {
            // As a page of no indexes has it; as a page of no values it does not matter.
            scratch.values.removeAll()
            scratch.values.append(Self.minimumBitWidth)
            unsafe values = scratch.values.bytes
        } else {
            unsafe values = encodedValues(scratch)
            if layout.writesBounds { bounds = unsafe order.bounds(page.values.base, count: page.valueCount) }
            unsafe bloomFilter?.insert(page.values.base, physicalType: leaf.physicalType, count: page.valueCount)
        }
        unsafe try decideCodec(values, isDictionary: isDictionary, scratch: scratch)
        let header = PageWriter.DataPage(
            version: layout.dataPageVersion,
            encoding: isDictionary ? .rleDictionary : layout.valueEncoding,
            entryCount: page.entryCount(isFlat: leaf.isFlat),
            valueCount: page.valueCount,
            rowCount: page.rowCount,
            repetitionByteCount: levels.repetition,
            definitionByteCount: levels.definition
        )
        let start = pages.count
        let written = unsafe try pageWriter.write(header, values: values, scratch: scratch, to: pages)
        if isUndecided { undecidedEncodings.append(written.encodingOffset) }
        record.uncompressedByteCount += written.uncompressedByteCount
        record.append(header, at: start..<pages.count, bounds: bounds, isUndecided: isUndecided)
        page.removeAll()
    }

    private var pageWriter: PageWriter {
        PageWriter(codec: record.codec ?? layout.codec, level: layout.compressionLevel, column: leaf.path)
    }

    /// The page's values as its encoding has them; PLAIN values need not be copied for it.
    private func encodedValues(_ scratch: PageScratch) -> UnsafeRawBufferPointer {
        let isCopy = layout.valueEncoding == .plain && leaf.physicalType != .boolean
        guard !isCopy else { return unsafe page.values.bytes }
        // Encodings that begin with a header have one for no values as well: parquet-java looks for it.
        scratch.values.removeAll()
        unsafe ValueEncoding.encode(
            layout.valueEncoding,
            values: page.values.bytes,
            physicalType: leaf.physicalType,
            count: page.valueCount,
            into: scratch.values
        )
        return unsafe scratch.values.bytes
    }

    /// In the first page with values it turns out whether the dictionary pays; if not, they are made plain again.
    ///
    /// Bytes count, not values: few large values that come again and again would make a page of any size.
    private func giveUpDictionary(ifLargerThan share: Double) {
        guard
            layout.encoding == nil, record.dictionaryDataPageCount == 0, page.valueCount > 0,
            Double(dictionary.values.count) > Double(page.plainByteCount) * share
        else { return }
        let indexes = unsafe page.indexes.base.assumingMemoryBound(to: UInt32.self)
        for index in 0..<page.valueCount {
            let value = unsafe dictionary.value(at: Int(indexes[index]))
            if leaf.physicalType == .byteArray { page.values.appendLittleEndian(UInt32(value.count)) }
            unsafe page.values.append(value)
        }
        page.indexes.removeAll()
        dictionary.removeAll()
        hasDictionary = false
    }

    /// Encodes the page's indexes: their width, then runs (Encodings.md, "Dictionary Encoding").
    private func writeIndexes(_ scratch: PageScratch) -> ValueBounds? {
        scratch.values.removeAll()
        let bitWidth = max(Int(Self.minimumBitWidth), RunLengthEncoder.bitWidth(of: dictionary.count - 1))
        scratch.values.append(UInt8(bitWidth))
        let indexes = unsafe page.indexes.base.assumingMemoryBound(to: UInt32.self)
        unsafe RunLengthEncoder.write(indexes, count: page.valueCount, bitWidth: bitWidth, to: scratch.values)
        return layout.writesBounds ? unsafe dictionaryBounds(indexes, stamps: scratch.stamps) : nil
    }

    /// The bounds of the page's values, each distinct one looked at once.
    private func dictionaryBounds(_ indexes: UnsafePointer<UInt32>, stamps: ByteBuffer) -> ValueBounds? {
        guard page.valueCount > 0 else { return nil }
        stamps.removeAll()
        let seen = unsafe stamps.reserve(dictionary.count).initializeMemory(
            as: UInt8.self,
            repeating: 0,
            count: dictionary.count
        )
        let used = ByteBuffer()
        for index in 0..<page.valueCount {
            let entry = unsafe Int(indexes[index])
            guard unsafe seen[entry] == 0 else { continue }
            unsafe seen[entry] = 1
            let value = unsafe dictionary.value(at: entry)
            if leaf.physicalType == .byteArray { used.appendLittleEndian(UInt32(value.count)) }
            unsafe used.append(value)
        }
        let distinctCount = (0..<dictionary.count).reduce(0) { unsafe $0 + Int(seen[$1]) }
        return unsafe order.bounds(used.base, count: distinctCount)
    }

    /// Many values that hardly become smaller are stored as they are.
    private func decideCodec(
        _ values: UnsafeRawBufferPointer,
        isDictionary: Bool,
        scratch: PageScratch
    ) throws(ParquetError) {
        guard record.codec == nil else { return }
        record.codec = layout.codec
        guard !isDictionary, layout.codec != .none, values.count >= Self.compressionSampleByteCount else { return }
        let sample = unsafe UnsafeRawBufferPointer(rebasing: values.prefix(Self.compressionSampleByteCount))
        unsafe try scratch.compressor.compress(
            sample,
            codec: layout.codec,
            level: layout.compressionLevel,
            into: scratch.compressed
        )
        let share = Double(scratch.compressed.count) / Double(sample.count)
        if share > 1 - Self.minimumCompressionGain { record.codec = CompressionCodec.none }
    }
}
