import Bytes
import Columnar

/// Reads the rows of one leaf in one row group, in order: those that are wanted, passing over others.
///
/// Pages whose rows are all wanted are decoded to where they go. Of others what is decoded and not yet taken waits in
/// ``pending``. With an offset index, pages without a wanted row are not even fetched.
final class LeafReader {
    let leaf: SchemaLeaf
    private let pages: PageReader
    private let options: ReaderOptions
    /// The entries of the chunk, as the footer states them.
    private let totalEntryCount: Int
    private let chunkByteCount: Int
    private let rowCount: Int
    /// Where the pages lie, if reading goes by that.
    private let index: OffsetIndex?
    /// Entries of pages that were read or passed over.
    private var entryPosition = 0
    /// Rows that were taken or passed over.
    private var rowPosition = 0
    private var pageNumber = 0

    /// A page that was decoded and not yet taken.
    private let pending: LeafEntries
    private var pendingEntry = 0
    private var pendingByteOffset = 0

    /// Prepares to read a chunk's pages.
    ///
    /// - Parameters:
    ///   - pages: The pages, from the first one on.
    ///   - chunk: What the footer says about them.
    ///   - rowCount: The rows of the row group.
    ///   - index: Where they lie; `nil` to read one after another.
    ///   - options: What the rows may take in memory.
    init(
        _ pages: PageReader,
        chunk: FileMetadata.ColumnChunk,
        rowCount: Int,
        index: OffsetIndex?,
        options: ReaderOptions
    ) {
        leaf = pages.leaf
        self.pages = pages
        self.options = options
        totalEntryCount = chunk.valueCount
        chunkByteCount = min(chunk.compressedByteCount, PageLimit.byteCount)
        self.rowCount = rowCount
        self.index = index
        pending = LeafEntries(pages.leaf, values: ByteBuffer())
    }

    private var isRepeated: Bool { leaf.maxRepetitionLevel > 0 }
    private var pendingEntryCount: Int { pending.entryCount - pendingEntry }
    private var hasPage: Bool {
        index.map { pageNumber < $0.pages.count } ?? (entryPosition < totalEntryCount)
    }

    /// Appends the next rows.
    ///
    /// - Parameters:
    ///   - count: How many; there are so many left in the row group.
    ///   - target: Takes the entries.
    /// - Throws: ``ParquetReadError``, with the number of the page.
    func take(_ count: Int, into target: LeafEntries) throws(ParquetReadError) {
        let isRest = rowPosition + count == rowCount
        rowPosition += count
        if isRepeated {
            try takeRepeated(count, isRest: isRest, into: target)
        } else {
            var left = count
            while left > 0 {
                if pendingEntryCount > 0 {
                    let entries = min(left, pendingEntryCount)
                    movePending(entries, to: target)
                    left -= entries
                } else {
                    left -= try readPage(ofAtMost: left, into: target)
                }
            }
        }
    }

    /// Passes over the next rows, of which there are so many left in the row group.
    func skip(_ count: Int) throws(ParquetReadError) {
        guard count > 0 else { return }
        if index != nil { return try skipByIndex(count) }
        rowPosition += count
        if isRepeated { return try skipRepeated(count) }
        var left = count
        while left > 0 {
            if pendingEntryCount > 0 {
                let entries = min(left, pendingEntryCount)
                movePending(entries, to: nil)
                left -= entries
                continue
            }
            let head = try nextHead()
            if head.entryCount <= left {
                left -= head.entryCount
            } else {
                try decodePending(head)
            }
        }
    }

    // MARK: - Rows of several entries

    /// A row ends where the next one begins, which may be in a later page.
    private func takeRepeated(_ count: Int, isRest: Bool, into target: LeafEntries) throws(ParquetReadError) {
        var started = 0
        while true {
            if pendingEntryCount > 0 {
                let (entries, rows) = try pendingEntries(ofRows: count - started, continuing: started > 0)
                movePending(entries, to: target)
                started += rows
                if pendingEntryCount > 0 { break }
            } else if !hasPage {
                break
            } else if let rows = indexedRowCount {
                // Pages that an index speaks of begin with a row.
                if started == count { break }
                if started + rows <= count {
                    try decode(try nextHead(), into: target)
                    started += rows
                } else {
                    try decodePending(try nextHead())
                }
            } else if isRest {
                let former = target.entryCount
                try decode(try nextHead(), into: target)
                try checkStart(target, former, continuing: started > 0)
                started += target.rowCount(from: former)
            } else {
                try decodePending(try nextHead())
            }
        }
        guard started == count else {
            throw ParquetReadError(.malformed, "It has \(started) rows where \(count) should be.")
        }
    }

    private func skipRepeated(_ count: Int) throws(ParquetReadError) {
        var started = 0
        while true {
            if pendingEntryCount > 0 {
                let (entries, rows) = try pendingEntries(ofRows: count - started, continuing: started > 0)
                movePending(entries, to: nil)
                started += rows
                if pendingEntryCount > 0 { break }
                continue
            }
            guard hasPage else { break }
            let head = try nextHead()
            // Pages of version 2 hold whole rows.
            if case .dataV2(let page) = head.header.kind, started + Int(page.rowCount) <= count {
                started += Int(page.rowCount)
            } else {
                try decodePending(head)
            }
        }
        guard started == count else {
            throw ParquetReadError(.malformed, "It has \(started) rows where \(count) should be.")
        }
    }

    /// How many of the pending entries belong to the next rows, and how many rows begin among them.
    private func pendingEntries(
        ofRows count: Int,
        continuing: Bool
    ) throws(ParquetReadError) -> (entries: Int, rows: Int) {
        try checkStart(pending, pendingEntry, continuing: continuing)
        let levels = unsafe pending.repetitionLevels.bytes
        var rows = 0
        var entry = pendingEntry
        while entry < pending.entryCount {
            if unsafe levels[entry] == 0 {
                if rows == count { break }
                rows += 1
            }
            entry += 1
        }
        return (entry - pendingEntry, rows)
    }

    /// Makes sure that an entry begins a row, if one must begin here.
    private func checkStart(_ entries: LeafEntries, _ entry: Int, continuing: Bool) throws(ParquetReadError) {
        guard !continuing, entry < entries.entryCount else { return }
        guard unsafe entries.repetitionLevels.bytes[entry] == 0 else {
            throw ParquetReadError(.malformed, "The column does not begin with a row.")
        }
    }

    // MARK: - The offset index

    /// The rows of the next page, if there is an index.
    private var indexedRowCount: Int? {
        guard let index, pageNumber < index.pages.count else { return nil }
        return rows(ofPage: pageNumber, index).count
    }

    private func rows(ofPage page: Int, _ index: OffsetIndex) -> Range<Int> {
        let end = page + 1 < index.pages.count ? index.pages[page + 1].firstRow : rowCount
        return index.pages[page].firstRow..<end
    }

    private func skipByIndex(_ count: Int) throws(ParquetReadError) {
        guard let index else { return }
        let target = rowPosition + count
        rowPosition = target
        guard target < rowCount else {
            pageNumber = index.pages.count
            dropPending()
            return
        }
        // The last page that begins at or before the row; there is one, as the first begins with row 0.
        var page = max(0, pageNumber - 1)
        while page + 1 < index.pages.count, index.pages[page + 1].firstRow <= target { page += 1 }
        var row = target - count
        if page >= pageNumber {
            dropPending()
            pageNumber = page
            row = index.pages[page].firstRow
        }
        guard row < target else { return }
        if pendingEntryCount == 0 { try decodePending(try nextHead()) }
        let rest = target - row
        let entries = isRepeated ? try pendingEntries(ofRows: rest, continuing: false).entries : rest
        guard entries <= pendingEntryCount else {
            throw ParquetReadError(.malformed, "A page has fewer rows than its offset index says.")
        }
        movePending(entries, to: nil)
    }

    /// Makes sure that a page has the rows that the index says.
    private func checkRows(of entries: LeafEntries, from start: Int) throws(ParquetReadError) {
        guard let index else { return }
        let wanted = rows(ofPage: pageNumber - 1, index).count
        let count = entries.rowCount(from: start)
        guard count == wanted else {
            throw ParquetReadError(.malformed, "It has \(count) rows, its offset index says \(wanted).")
        }
        guard unsafe start >= entries.entryCount || !isRepeated || entries.repetitionLevels.bytes[start] == 0 else {
            throw ParquetReadError(.malformed, "It does not begin with a row, as its offset index says.")
        }
    }

    /// Goes to where the index says that the next page is, past the dictionary.
    private func seek(_ index: OffsetIndex) throws(ParquetReadError) {
        guard pageNumber < index.pages.count else { return }
        if pages.dictionary == nil, pages.offset < index.pages[0].offset { _ = try pages.next() }
        pages.jump(to: index.pages[pageNumber].offset)
    }

    // MARK: - Pages

    /// The next data page.
    private func nextHead() throws(ParquetReadError) -> PageReader.Head {
        do throws(ParquetReadError) {
            if let index { try seek(index) }
            guard let head = try pages.next() else {
                throw ParquetReadError(
                    .truncated,
                    "The chunk ends after \(entryPosition) of \(totalEntryCount) values."
                )
            }
            let left = totalEntryCount - entryPosition
            guard head.entryCount <= left else {
                throw ParquetReadError(
                    .malformed,
                    "The page claims \(head.entryCount) values of the \(left) that are left."
                )
            }
            entryPosition += head.entryCount
            pageNumber += 1
            return head
        } catch {
            throw error.at("page \(pageNumber)")
        }
    }

    /// Reads the next page into `target`, or if it has more entries than that, to the pending ones.
    ///
    /// - Returns: The entries that `target` got.
    private func readPage(ofAtMost count: Int, into target: LeafEntries) throws(ParquetReadError) -> Int {
        guard hasPage else {
            throw ParquetReadError(.malformed, "Its pages end before its rows.")
        }
        let head = try nextHead()
        guard head.entryCount <= count else {
            try decodePending(head)
            return 0
        }
        try decode(head, into: target)
        return head.entryCount
    }

    private func decodePending(_ head: PageReader.Head) throws(ParquetReadError) {
        dropPending()
        try decode(head, into: pending)
    }

    private func decode(_ head: PageReader.Head, into target: LeafEntries) throws(ParquetReadError) {
        let former = target.entryCount
        do throws(ParquetReadError) {
            // Runs make any number of entries out of nothing.
            let limit = options.maximumColumnByteCount - target.byteCount
            guard head.entryCount / 8 * target.entryBitCount <= limit else { throw tooLarge }
            let body = try pages.body(of: head)
            try target.append(
                body,
                entryCount: head.entryCount,
                dictionary: pages.dictionary,
                limit: limit,
                scratch: pages.scratch
            )
            guard target.byteCount <= options.maximumColumnByteCount else { throw tooLarge }
            if case .dataV2 = head.header.kind, isRepeated, head.entryCount > 0,
                unsafe target.repetitionLevels.bytes[former] != 0
            {
                throw ParquetReadError(.malformed, "The page does not begin with a row.")
            }
            if former == 0, target !== pending { reserve(in: target) }
            try checkRows(of: target, from: former)
        } catch {
            throw error.at("page \(pageNumber - 1)")
        }
    }

    private var tooLarge: ParquetReadError {
        ParquetReadError(.tooLarge, "The column takes more than \(options.maximumColumnByteCount) bytes.")
    }

    /// Makes room for what the first page lets expect, so that buffers grow once.
    private func reserve(in target: LeafEntries) {
        // What a byte of a file seldom becomes more than: with it, false claims cost no more than what the file has.
        let limit = min(options.maximumColumnByteCount, 16 * chunkByteCount)
        target.reserve(limit: limit)
    }

    private func movePending(_ count: Int, to target: LeafEntries?) {
        let entries = pendingEntry..<pendingEntry + count
        if let target {
            target.append(pending, entries, byteOffset: &pendingByteOffset)
        } else {
            pendingByteOffset += pending.valueByteCount(pending.valueCount(entries), from: pendingByteOffset)
        }
        pendingEntry = entries.upperBound
    }

    private func dropPending() {
        pending.removeAll()
        pendingEntry = 0
        pendingByteOffset = 0
    }
}
