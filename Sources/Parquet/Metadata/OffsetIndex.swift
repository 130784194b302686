import Bytes

/// Where the data pages of a column chunk lie (parquet.thrift, `OffsetIndex`; PageIndex.md).
///
/// Only files with a page index have it. The numbers are those of the file, which may be damaged: ask
/// ``isConsistent(rowCount:within:)`` before relying on them.
public struct OffsetIndex: Sendable, Equatable {
    /// One data page (`PageLocation`).
    public struct Page: Sendable, Equatable {
        /// Where its header begins in the file.
        public var offset: Int
        /// The bytes of its header and body in the file.
        public var byteCount: Int
        /// Its first row, counted from 0 within the row group.
        public var firstRow: Int

        /// Creates the place of a page.
        public init(offset: Int, byteCount: Int, firstRow: Int) {
            self.offset = offset
            self.byteCount = byteCount
            self.firstRow = firstRow
        }
    }

    /// The data pages, in the order of the file; the dictionary page is none of them.
    public var pages: [Page]
    /// For each page of byte arrays, the bytes of its values before encoding; `nil` where the file does not say.
    public var unencodedByteCounts: [Int]?

    /// Creates an index of pages.
    public init(pages: [Page], unencodedByteCounts: [Int]? = nil) {
        self.pages = pages
        self.unencodedByteCounts = unencodedByteCounts
    }

    /// Whether the pages lie one behind the other within the column chunk's `range` of the file, begin with row 0 and have
    /// first rows that never descend, none beyond `rowCount`, the rows of the row group.
    ///
    /// Pages without rows have the first row of the page that follows; pyarrow writes such.
    public func isConsistent(rowCount: Int, within range: Range<Int>) -> Bool {
        guard let first = pages.first else { return rowCount == 0 }
        guard first.firstRow == 0 else { return false }
        var end = range.lowerBound
        var row = 0
        for page in pages {
            guard page.offset >= end, page.byteCount > 0, page.byteCount <= range.upperBound,
                page.offset <= range.upperBound - page.byteCount
            else { return false }
            guard page.firstRow >= row, page.firstRow <= rowCount else { return false }
            end = page.offset + page.byteCount
            row = page.firstRow
        }
        return true
    }
}

extension OffsetIndex {
    /// Reads an index.
    ///
    /// - Throws: ``ParquetReadError`` if the bytes end too early, are no Thrift, or lack what they must have.
    init(encoded bytes: UnsafeRawBufferPointer) throws(ParquetReadError) {
        var thrift = unsafe ThriftReader(bytes)
        var pages: [Page]?
        var unencoded: [Int]?
        try thrift.structure { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: pages = try thrift.list(type) { thrift, type throws(ParquetReadError) in try Page(&thrift, type) }
            case 2: unencoded = try thrift.list(type) { thrift, type throws(ParquetReadError) in try thrift.i64(type) }
            default: try thrift.skip(type)
            }
        }
        guard let pages else { throw FileMetadata.lacking("offset index") }
        self.init(pages: pages, unencodedByteCounts: unencoded)
    }

    /// Appends the index, its pages moved by `distance` bytes.
    func write(movedBy distance: Int, to out: ByteBuffer) {
        var thrift = ThriftWriter(out)
        thrift.structureElement { thrift in
            thrift.list(1, .structure, count: pages.count)
            for page in pages {
                thrift.structureElement {
                    $0.i64(1, Int64(page.offset + distance))
                    $0.i32(2, Int32(truncatingIfNeeded: page.byteCount))
                    $0.i64(3, Int64(page.firstRow))
                }
            }
            guard let unencodedByteCounts else { return }
            thrift.list(2, .i64, count: unencodedByteCounts.count)
            for count in unencodedByteCounts { thrift.integerElement(Int64(count)) }
        }
    }
}

extension OffsetIndex.Page {
    fileprivate init(_ thrift: inout ThriftReader, _ type: ThriftReader.FieldType) throws(ParquetReadError) {
        var numbers: (offset: Int?, byteCount: Int32?, firstRow: Int?)
        try thrift.structure(type) { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1: numbers.offset = try thrift.i64(type)
            case 2: numbers.byteCount = try thrift.i32(type)
            case 3: numbers.firstRow = try thrift.i64(type)
            default: try thrift.skip(type)
            }
        }
        guard let offset = numbers.offset, let byteCount = numbers.byteCount, let firstRow = numbers.firstRow else {
            throw FileMetadata.lacking("offset index")
        }
        self.init(offset: offset, byteCount: Int(byteCount), firstRow: firstRow)
    }
}
