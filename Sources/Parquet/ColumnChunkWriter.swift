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
    private static let minimumCompressionGain = 0.1

    /// What an empty writer takes, about: it counts where tables have very many columns.
    private static let emptyByteCount = 2_048

    private enum ValueEncoding { case dictionary, plain }

    let leaf: LeafColumn
    private let options: WriterOptions
    private let order: ValueOrder
    private let dictionary: DictionaryBuilder
    private let page = PageBuffer()
    private let pages = ByteBuffer()
    private let firstEncoding: ValueEncoding
    private var encoding: ValueEncoding
    private var sampleIsTaken = false
    private var codecIsDecided = false
    private var metadata = ColumnChunkMetadata()
    /// The bounds so far, whole.
    private var bounds: ValueBounds?
    /// Whether some value has no order, so that the chunk has no bounds.
    private var hasUnorderedValue = false
    private var rowCount = 0

    init(leaf: LeafColumn, options: WriterOptions) {
        self.leaf = leaf
        var options = options
        // A page of no rows would never end.
        options.pageRowCount = max(1, options.pageRowCount)
        self.options = options
        order = ValueOrder(leaf)
        dictionary = DictionaryBuilder(physicalType: leaf.physicalType)
        firstEncoding = leaf.physicalType == .boolean || options.dictionaryByteCount == 0 ? .plain : .dictionary
        encoding = firstEncoding
    }

    /// The bytes of memory held.
    var allocatedByteCount: Int {
        Self.emptyByteCount + pages.capacity + page.allocatedByteCount + dictionary.allocatedByteCount
    }

    /// The bytes of the pages so far, before compression.
    var uncompressedByteCount: Int {
        metadata.uncompressedByteCount + page.values.count + page.indexes.count + dictionary.values.count
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
    ///
    /// - Returns: The metadata, whose offset the row group still has to set.
    func finish(
        scratch: PageScratch,
        to sink: (UnsafeRawBufferPointer) throws(ParquetError) -> Void
    ) throws(ParquetError) -> ColumnChunkMetadata {
        try flushPage(scratch: scratch)
        if !codecIsDecided { metadata.codec = options.codec }
        if !hasUnorderedValue { metadata.bounds = bounds.flatMap { TruncatedBounds($0, leaf: leaf) } }
        if metadata.dictionaryDataPageCount > 0 {
            let start = scratch.output.count
            precondition(start == 0, "scratch output is in use")
            try writeDictionaryPage(scratch: scratch)
            let byteCount = scratch.output.count
            metadata.dictionaryPageByteCount = byteCount
            metadata.compressedByteCount += byteCount
            for index in metadata.pages.indices { metadata.pages[index].offset += byteCount }
            unsafe try sink(scratch.output.bytes)
            scratch.output.removeAll()
        }
        unsafe try sink(pages.bytes)
        let finished = metadata
        reset()
        return finished
    }

    private func reset() {
        page.removeAll()
        pages.removeAll()
        dictionary.removeAll()
        encoding = firstEncoding
        sampleIsTaken = false
        codecIsDecided = false
        metadata = ColumnChunkMetadata()
        bounds = nil
        hasUnorderedValue = false
        rowCount = 0
    }

    // MARK: - Taking values in

    private func appendFlat(_ column: Column, scratch: PageScratch) throws(ParquetError) {
        var slot = 0
        var position = unsafe UnsafeRawPointer(column.values.base)
        while slot < column.slotCount {
            var count = min(Self.portionSlotCount, column.slotCount - slot, options.pageRowCount - page.rowCount)
            var valueCount = column.validity.valueCount(from: slot, count: count)
            var byteCount = unsafe byteCount(of: position, valueCount: valueCount)
            // Large values: take fewer, so that a page stays near its limit.
            while page.values.count + byteCount > options.pageByteCount, count > 1 {
                count = (count + 1) / 2
                valueCount = column.validity.valueCount(from: slot, count: count)
                byteCount = unsafe self.byteCount(of: position, valueCount: valueCount)
            }
            try leaveDictionaryIfLarge(byteCount, scratch: scratch)
            page.validity.append(column.validity, from: slot, count: count)
            unsafe take(position, valueCount: valueCount, byteCount: byteCount)
            slot += count
            unsafe position += byteCount
            page.rowCount += count
            try flushPageIfFull(scratch: scratch)
        }
    }

    private func appendNested(_ column: Column, levels: LevelShredder, scratch: PageScratch) throws(ParquetError) {
        let definitions = unsafe levels.definitionLevels.base.assumingMemoryBound(to: UInt8.self)
        let repetitions = unsafe levels.repetitionLevels.base.assumingMemoryBound(to: UInt8.self)
        let total = levels.definitionLevels.count
        let width = leaf.physicalType.byteWidth
        var position = unsafe UnsafeRawPointer(column.values.base)
        var entry = 0
        while entry < total {
            let start = entry
            var portion = NestedPortion(firstEntry: start)
            if let width {
                unsafe fill(&portion, definitions, repetitions, upTo: total, values: nil)
                portion.byteCount = portion.valueCount * width
            } else {
                unsafe fill(&portion, definitions, repetitions, upTo: total, values: position)
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
    }

    /// Some whole rows of a nested column: a page must begin at a row.
    private struct NestedPortion {
        let firstEntry: Int
        var endEntry: Int
        var rowCount = 0
        var valueCount = 0
        var byteCount = 0

        init(firstEntry: Int) {
            self.firstEntry = firstEntry
            endEntry = firstEntry
        }
    }

    /// Extends the portion by rows that the page has room for, by one at least.
    ///
    /// `values` are those of the portion where they have no fixed width; their bytes are counted then.
    @inline(__always)
    private func fill(
        _ portion: inout NestedPortion,
        _ definitions: UnsafePointer<UInt8>,
        _ repetitions: UnsafePointer<UInt8>,
        upTo total: Int,
        values: UnsafeRawPointer?
    ) {
        let present = UInt8(leaf.maxDefinitionLevel)
        let rowLimit = options.pageRowCount - page.rowCount
        let byteLimit = options.pageByteCount - page.values.count
        let entryLimit = portion.firstEntry + Self.portionSlotCount
        var (entry, rows, valueCount, byteCount) = (portion.firstEntry, 0, 0, 0)
        repeat {
            if unsafe repetitions[entry] == 0 {
                if entry >= entryLimit || rows == rowLimit { break }
                if unsafe values != nil, byteCount >= byteLimit, rows > 0 { break }
                rows += 1
            }
            if unsafe definitions[entry] == present {
                valueCount &+= 1
                if let values = unsafe values {
                    unsafe byteCount &+= 4 &+ Int((values + byteCount).loadUnaligned(as: UInt32.self))
                }
            }
            entry &+= 1
        } while entry < total
        portion.endEntry = entry
        portion.rowCount = rows
        portion.valueCount = valueCount
        portion.byteCount = byteCount
    }

    private func byteCount(of values: UnsafeRawPointer, valueCount: Int) -> Int {
        if let width = leaf.physicalType.byteWidth { return valueCount * width }
        var position = unsafe values
        for _ in 0..<valueCount { unsafe position += 4 &+ Int(position.loadUnaligned(as: UInt32.self)) }
        return unsafe position - values
    }

    private func take(_ values: UnsafeRawPointer, valueCount: Int, byteCount: Int) {
        guard valueCount > 0 else { return }
        page.valueCount += valueCount
        page.plainByteCount += byteCount
        guard encoding == .dictionary else {
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
        guard encoding == .dictionary, byteCount > max(options.dictionaryByteCount, options.pageByteCount) else {
            return
        }
        try flushPage(scratch: scratch)
        encoding = .plain
    }

    // MARK: - Pages

    private func flushPageIfFull(scratch: PageScratch) throws(ParquetError) {
        let dictionaryIsFull = encoding == .dictionary && dictionary.values.count > options.dictionaryByteCount
        guard
            page.rowCount >= options.pageRowCount || page.values.count >= options.pageByteCount
                || page.indexes.count >= options.pageByteCount || dictionaryIsFull
        else { return }
        try flushPage(scratch: scratch)
        if dictionaryIsFull { encoding = .plain }
    }

    private func flushPage(scratch: PageScratch) throws(ParquetError) {
        guard page.rowCount > 0 else { return }
        if encoding == .dictionary { giveUpDictionary(ifLargerThan: Self.maximumDictionaryShare) }
        // A page of NULLs alone says nothing about dictionaries and needs none.
        let isDictionary = encoding == .dictionary && page.valueCount > 0
        let body = scratch.body
        body.removeAll()
        page.writeLevels(of: leaf, to: body)
        // Values that are stored as they are need not be copied behind the levels first.
        var values: UnsafeRawBufferPointer?
        var pageBounds: ValueBounds?
        if isDictionary {
            pageBounds = writeIndexes(to: body, stamps: scratch.stamps)
        } else {
            if leaf.physicalType == .boolean { page.writeBooleans(to: body) } else { unsafe values = page.values.bytes }
            pageBounds = unsafe order.bounds(page.values.base, count: page.valueCount)
        }
        if !codecIsDecided { unsafe try decideCodec(values, scratch: scratch) }
        let entryCount = page.entryCount(isFlat: leaf.isFlat)
        let offset = pages.count
        unsafe try writePage(to: pages, values: values, scratch: scratch) { thrift in
            thrift.structure(5) { thrift in
                thrift.i32(1, Int32(entryCount))
                thrift.i32(2, isDictionary ? 8 : 0)
                thrift.i32(3, 3)
                thrift.i32(4, 3)
            }
        }
        record(
            PageMetadata(
                offset: offset,
                compressedByteCount: pages.count - offset,
                firstRow: rowCount,
                nullCount: entryCount - page.valueCount,
                isNullPage: page.valueCount == 0,
                // Whole values would take as much memory as the pages, for as long as the file is being written.
                bounds: pageBounds.flatMap { TruncatedBounds($0, leaf: leaf) }
            ),
            entryCount: entryCount,
            isDictionary: isDictionary
        )
        if let pageBounds { widenBounds(by: pageBounds) } else if page.valueCount > 0 { hasUnorderedValue = true }
        rowCount += page.rowCount
        page.removeAll()
    }

    private func record(_ finished: PageMetadata, entryCount: Int, isDictionary: Bool) {
        metadata.valueCount += entryCount
        metadata.nullCount += finished.nullCount
        metadata.compressedByteCount += finished.compressedByteCount
        if isDictionary { metadata.dictionaryDataPageCount += 1 } else { metadata.plainDataPageCount += 1 }
        metadata.pages.append(finished)
    }

    private func widenBounds(by other: ValueBounds) {
        guard let known = bounds else { return bounds = other }
        if order.isLess(other.min, known.min) { bounds?.min = other.min }
        if order.isLess(known.max, other.max) { bounds?.max = other.max }
    }

    /// In the first page with values it turns out whether the dictionary pays; if not, they are made plain again.
    ///
    /// Bytes count, not values: few large values that come again and again would make a page of any size.
    private func giveUpDictionary(ifLargerThan share: Double) {
        guard
            metadata.dictionaryDataPageCount == 0, page.valueCount > 0,
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
        encoding = .plain
    }

    private func writeIndexes(to body: ByteBuffer, stamps: ByteBuffer) -> ValueBounds? {
        // One bit at least: old readers fail on a width of zero.
        let bitWidth = max(1, RunLengthEncoder.bitWidth(of: dictionary.count - 1))
        body.append(UInt8(bitWidth))
        let indexes = unsafe page.indexes.base.assumingMemoryBound(to: UInt32.self)
        unsafe RunLengthEncoder.write(indexes, count: page.valueCount, bitWidth: bitWidth, to: body)
        return unsafe dictionaryBounds(indexes, stamps: stamps)
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
    private func decideCodec(_ values: UnsafeRawBufferPointer?, scratch: PageScratch) throws(ParquetError) {
        codecIsDecided = true
        metadata.codec = options.codec
        guard let values = unsafe values, options.codec != .none, values.count >= Self.compressionSampleByteCount
        else { return }
        let sample = unsafe UnsafeRawBufferPointer(rebasing: values.prefix(Self.compressionSampleByteCount))
        unsafe try scratch.compressor.compress(sample, into: scratch.compressed)
        let share = Double(scratch.compressed.count) / Double(sample.count)
        if share > 1 - Self.minimumCompressionGain { metadata.codec = .none }
    }

    private func writeDictionaryPage(scratch: PageScratch) throws(ParquetError) {
        scratch.body.removeAll()
        unsafe scratch.body.append(dictionary.values.bytes)
        let count = dictionary.count
        unsafe try writePage(to: scratch.output, type: 2, scratch: scratch) { thrift in
            thrift.structure(7) { thrift in
                thrift.i32(1, Int32(count))
                thrift.i32(2, 0)
            }
        }
    }

    private func writePage(
        to target: ByteBuffer,
        type: Int32 = 0,
        values: UnsafeRawBufferPointer? = nil,
        scratch: PageScratch,
        header: (inout ThriftWriter) -> Void
    ) throws(ParquetError) {
        let writer = PageWriter(codec: metadata.codec, column: leaf.path)
        unsafe metadata.uncompressedByteCount += try writer.write(
            to: target,
            type: type,
            values: values,
            scratch: scratch,
            header: header
        )
    }
}
