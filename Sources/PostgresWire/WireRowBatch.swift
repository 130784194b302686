import Bytes

/// Many rows as they came over the wire, and where each of their cells begins.
///
/// Binary COPY (PostgreSQL documentation, "COPY", section "Binary Format"):
/// ```
/// header   "PGCOPY\n\377\r\n\0" flags:Int32 extensionLength:Int32 extension
/// row      cellCount:Int16 cell*
/// cell     length:Int32 (-1 for NULL) bytes
/// trailer  -1:Int16
/// ```
/// All integers are big endian. A cell is found again by its offset alone, since its length stands just before it.
@safe
public final class WireRowBatch {
    /// The number of cells of each row.
    public let columnCount: Int
    /// The most rows that fit.
    public let rowCapacity: Int
    /// Behind a pointer, as the hottest loop of the program changes it: no check of exclusive access for each row.
    private let counter = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    private let buffer: ByteBuffer
    private let cells: ByteBuffer
    private let stride: Int
    /// Where a length of -1 lies to which all NULLs of tuples point, once there is one.
    private var nullCell: Int?

    /// Cells whose value the server has not sent, because an UPDATE left it where it is stored apart (TOAST); they read
    /// as NULL.
    public private(set) var unchangedCells: [(row: Int, column: Int)] = []

    /// Creates an empty batch.
    ///
    /// - Parameters:
    ///   - columnCount: The cells of each row.
    ///   - rowCapacity: The most rows that the batch is to hold.
    ///   - byteCapacity: The bytes of rows for which there is room from the beginning.
    public init(columnCount: Int, rowCapacity: Int, byteCapacity: Int = 1 << 18) {
        self.columnCount = columnCount
        self.rowCapacity = rowCapacity
        unsafe counter.initialize(to: 0)
        buffer = ByteBuffer(capacity: byteCapacity)
        // An odd number of cache lines between columns: a power of two would put the same row of all columns into
        // the same few sets of the cache.
        stride = rowCapacity + 16
        cells = ByteBuffer(capacity: max(1, columnCount) * stride * MemoryLayout<UInt32>.size)
    }

    deinit {
        unsafe counter.deallocate()
    }

    /// The rows held.
    public var rowCount: Int { unsafe counter.pointee }

    /// The bytes of all rows held.
    public var byteCount: Int { buffer.count }

    /// The bytes of memory held.
    public var allocatedByteCount: Int { buffer.capacity + cells.capacity }

    /// The first byte of the rows; valid until rows are appended.
    public var bytes: UnsafeRawPointer { unsafe UnsafeRawPointer(buffer.base) }

    /// Where the cells of a column begin, one offset a row, counted from ``bytes``.
    ///
    /// The cell's length is the big-endian `Int32` four bytes before its offset.
    public func cellOffsets(ofColumn column: Int) -> UnsafePointer<UInt32> {
        unsafe UnsafePointer(cells.base.assumingMemoryBound(to: UInt32.self) + column * stride)
    }

    /// Appends the row that `source` is.
    ///
    /// - Returns: `false` if the row is the trailer that ends the data.
    /// - Throws: ``WireFormatError`` if the bytes are not exactly one row of ``columnCount`` cells; the batch is then
    ///   as it was.
    public func append(row source: UnsafeRawBufferPointer) throws(WireFormatError) -> Bool {
        guard let start = source.baseAddress, source.count >= 2 else { throw .truncated }
        let count = unsafe Int(Int16(bigEndian: start.loadUnaligned(as: Int16.self)))
        if count == -1, source.count == 2 { return false }
        guard count == columnCount else { throw .cellCount(found: count, expected: columnCount) }
        let base = buffer.count
        let row = rowCount
        guard row < rowCapacity, base + source.count <= Int(UInt32.max) else { throw .batchFull }
        let column = unsafe cells.base.assumingMemoryBound(to: UInt32.self) + row
        let end = source.count
        var position = 2
        var index = 0
        while index < count {
            guard position + 4 <= end else { throw .truncated }
            let length = unsafe Int(Int32(bigEndian: (start + position).loadUnaligned(as: Int32.self)))
            position += 4
            unsafe column[index &* stride] = UInt32(truncatingIfNeeded: base &+ position)
            index += 1
            if length > 0 {
                position += length
            } else if length < -1 {
                throw .negativeLength
            }
        }
        guard position == end else { throw .truncated }
        unsafe buffer.reserve(end).copyMemory(from: start, byteCount: end)
        buffer.advance(by: end)
        unsafe counter.pointee = row &+ 1
        return true
    }

    /// Appends a row of a replication stream.
    ///
    /// - Parameters:
    ///   - tuple: Where the row lies, as the decoder found it.
    ///   - message: The message that holds it.
    ///   - columns: How each column's cells may come.
    ///   - former: The row before, from which values come that the server has not sent again.
    /// - Throws: ``WireFormatError`` if the row has another number of cells, or a cell is not of its column's form; the
    ///   batch is then as it was.
    public func append(
        _ tuple: PgOutputTuple,
        of message: RawSpan,
        columns: [TupleColumn],
        former: FormerRow? = nil
    ) throws(WireFormatError) {
        guard tuple.columnCount == columnCount, columns.count == columnCount,
            former.map({ $0.tuple.columnCount == columnCount && $0.isKnown.count == columnCount }) ?? true
        else { throw .cellCount(found: tuple.columnCount, expected: columnCount) }
        guard Self.isWithin(message, tuple), former.map({ Self.isWithin(message, $0.tuple) }) ?? true else {
            throw .truncated
        }
        let row = rowCount
        guard row < rowCapacity else { throw .batchFull }
        let start = buffer.count
        let unchangedCount = unchangedCells.count
        do throws(WireFormatError) {
            try appendCells(message.extracting(tuple.offset..<(tuple.offset + tuple.byteCount)), row, columns)
            if let former, unchangedCells.count > unchangedCount {
                let range = former.tuple.offset..<(former.tuple.offset + former.tuple.byteCount)
                try fillUnchanged(from: unchangedCount, of: message.extracting(range), former.isKnown, row, columns)
            }
            // Offsets have four bytes. Text may have grown: an element of an array has a length instead of a delimiter.
            guard buffer.count <= Int(UInt32.max) else { throw .batchFull }
        } catch {
            // A place for NULLs may stay behind.
            buffer.truncate(to: max(start, nullCell ?? 0))
            unchangedCells.removeLast(unchangedCells.count - unchangedCount)
            throw error
        }
        unsafe counter.pointee = row &+ 1
    }

    /// Appends a row whose cells are all NULL.
    ///
    /// - Throws: ``WireFormatError/batchFull``.
    public func appendNullRow() throws(WireFormatError) {
        let row = rowCount
        guard row < rowCapacity else { throw .batchFull }
        let null = placeForNulls()
        for column in 0..<columnCount { setCell(column, row, null) }
        unsafe counter.pointee = row &+ 1
    }

    private static func isWithin(_ message: RawSpan, _ tuple: PgOutputTuple) -> Bool {
        tuple.offset >= 0 && tuple.byteCount >= 0 && tuple.byteCount <= message.byteCount - tuple.offset
    }

    private func appendCells(_ source: RawSpan, _ row: Int, _ columns: [TupleColumn]) throws(WireFormatError) {
        let null = placeForNulls()
        let base = buffer.count
        unsafe source.withUnsafeBytes { unsafe buffer.append($0) }
        var position = 0
        for column in 0..<columnCount {
            let cell = try TupleCell(source, at: position)
            switch cell.kind {
            case .null: setCell(column, row, null)
            case .unchanged:
                unchangedCells.append((row, column))
                setCell(column, row, null)
            case .text, .binary:
                if cell.isReady(for: columns[column]) {
                    setCell(column, row, base + cell.bytes.lowerBound)
                } else {
                    try appendConverted(cell, of: source, column, row, columns[column])
                }
            }
            position = cell.bytes.upperBound
        }
        guard position == source.byteCount else { throw .truncated }
    }

    /// Takes values that were not sent again from the row before.
    private func fillUnchanged(
        from first: Int,
        of source: RawSpan,
        _ isKnown: [Bool],
        _ row: Int,
        _ columns: [TupleColumn]
    ) throws(WireFormatError) {
        var position = 0
        var next = first
        for column in 0..<columnCount where next < unchangedCells.count {
            let cell = try TupleCell(source, at: position)
            position = cell.bytes.upperBound
            guard unchangedCells[next].column == column else { continue }
            guard isKnown[column], cell.kind != .unchanged else {
                next += 1
                continue
            }
            if cell.kind != .null {
                if cell.isReady(for: columns[column]) {
                    let start = cell.bytes.lowerBound - 4
                    setCell(column, row, buffer.count + 4)
                    unsafe source.extracting(start..<cell.bytes.upperBound).withUnsafeBytes { unsafe buffer.append($0) }
                } else {
                    try appendConverted(cell, of: source, column, row, columns[column])
                }
            }
            unchangedCells.remove(at: next)
        }
    }

    /// Brings text into the binary form of its type.
    private func appendConverted(
        _ cell: TupleCell,
        of source: RawSpan,
        _ column: Int,
        _ row: Int,
        _ form: TupleColumn
    ) throws(WireFormatError) {
        guard cell.kind == .text else { throw .cellForm(column: column) }
        setCell(column, row, buffer.count + 4)
        let isOfType = unsafe source.extracting(cell.bytes).withUnsafeBytes { text in
            unsafe form.text.appendCell(text.assumingMemoryBound(to: UInt8.self).span, to: buffer)
        }
        guard isOfType else { throw .cellForm(column: column) }
    }

    private func setCell(_ column: Int, _ row: Int, _ offset: Int) {
        let target = unsafe cells.base.assumingMemoryBound(to: UInt32.self)
        unsafe target[column &* stride &+ row] = UInt32(truncatingIfNeeded: offset)
    }

    /// The offset of a cell that is NULL.
    private func placeForNulls() -> Int {
        if let nullCell { return nullCell }
        buffer.appendLittleEndian(-1 as Int32)
        nullCell = buffer.count
        return buffer.count
    }

    /// Forgets all rows, keeping the memory unless one odd row made it very large.
    public func removeAll() {
        unsafe counter.pointee = 0
        buffer.removeAll()
        nullCell = nil
        unchangedCells.removeAll(keepingCapacity: true)
        if buffer.capacity > 64 << 20 { buffer.release() }
    }
}

/// What is wrong with bytes from the server.
public enum WireFormatError: Error, Equatable, Sendable {
    /// The bytes end in the middle of a row, or go on after it.
    case truncated
    /// A row has another number of cells than the query has columns.
    case cellCount(found: Int, expected: Int)
    /// A cell's length is negative but does not mean NULL.
    case negativeLength
    /// The data does not begin with the signature of binary COPY, or has flags that nobody knows.
    case badHeader
    /// A cell comes in a form that its column does not take, or is none of its type.
    case cellForm(column: Int)
    /// A cell of a kind that nobody knows.
    case cellKind
    /// More rows than the batch was made for, or more bytes than it can address.
    case batchFull
}
