import Bytes
import Columnar

/// Entries of one leaf: values, NULLs and empty lists, with their levels.
///
/// A leaf without lists and with one level at most needs no levels: its ``validity`` says all there is to say.
final class LeafEntries {
    let leaf: SchemaLeaf
    /// One byte an entry; empty where the greatest level is 0, and of flat leaves.
    let definitionLevels = ByteBuffer()
    /// One byte an entry; empty where the greatest level is 0.
    let repetitionLevels = ByteBuffer()
    /// Of flat leaves, which entries are values; empty of all others.
    var validity = Validity()
    /// The values, as a column has them.
    let values: ByteBuffer
    /// Values, NULLs and empty lists.
    private(set) var entryCount = 0
    /// Values.
    private(set) var valueCount = 0

    /// How many entries are likely to come altogether.
    private let expectedEntryCount: Int

    /// Takes values into `values`.
    init(_ leaf: SchemaLeaf, values: ByteBuffer, expectedEntryCount: Int = 0) {
        self.leaf = leaf
        self.values = values
        self.expectedEntryCount = expectedEntryCount
    }

    /// Whether a slot of a column is an entry of the leaf and the other way round.
    var isFlat: Bool { leaf.maxRepetitionLevel == 0 && leaf.maxDefinitionLevel <= 1 }

    /// The bytes that levels and values take, and what the levels will take while records are assembled.
    var byteCount: Int {
        // A flag and a count of 32 bits for each entry.
        let assembly = definitionLevels.count * 5
        return values.count + definitionLevels.count + repetitionLevels.count + assembly + validity.allocatedByteCount
    }

    /// The bits that an entry takes at least: one in the validity of a flat leaf; else its levels, and its part of the
    /// counts of the lists that it lies in.
    var entryBitCount: Int {
        guard !isFlat else { return 1 }
        let levels = (leaf.maxDefinitionLevel > 0 ? 1 : 0) + (leaf.maxRepetitionLevel > 0 ? 1 : 0)
        return 8 * (levels + 4 * leaf.maxRepetitionLevel)
    }

    /// Forgets all entries, keeping the memory.
    func removeAll() {
        definitionLevels.removeAll()
        repetitionLevels.removeAll()
        validity.removeAll()
        values.removeAll()
        entryCount = 0
        valueCount = 0
    }

    /// Makes room for the entries that are expected, if those to come are as those that are here.
    ///
    /// - Parameter limit: The bytes that values and levels may be given at most.
    func reserve(limit: Int) {
        guard entryCount > 0, expectedEntryCount > entryCount else { return }
        for buffer in [values, definitionLevels, repetitionLevels] where buffer.count > 0 {
            let expected = Double(buffer.count) / Double(entryCount) * Double(expectedEntryCount) * 1.03
            let byteCount = Int(min(expected, Double(limit)))
            if byteCount > buffer.capacity { _ = unsafe buffer.reserve(byteCount - buffer.count) }
        }
    }

    /// The rows that begin with one of the entries from `start` on.
    func rowCount(from start: Int = 0) -> Int {
        guard leaf.maxRepetitionLevel > 0 else { return entryCount - start }
        let levels = unsafe repetitionLevels.bytes
        var count = 0
        for entry in start..<max(start, entryCount) { unsafe count &+= levels[entry] == 0 ? 1 : 0 }
        return count
    }

    /// Appends the entries of a page, whose values take up to `limit` bytes.
    func append(
        _ body: PageReader.Body,
        entryCount count: Int,
        dictionary: DictionaryValues?,
        limit: Int,
        scratch: ReadScratch
    ) throws(ParquetReadError) {
        if let levels = body.repetitionLevels { _ = try levels.append(to: repetitionLevels, scratch: scratch) }
        let valueCount: Int
        if isFlat {
            if let levels = body.definitionLevels {
                valueCount = try levels.append(to: &validity, scratch: scratch)
            } else {
                validity.appendValues(count)
                valueCount = count
            }
        } else {
            valueCount = try body.definitionLevels?.append(to: definitionLevels, scratch: scratch) ?? count
        }
        try appendValues(body, count: valueCount, dictionary: dictionary, limit: limit, scratch: scratch)
        entryCount += count
        self.valueCount += valueCount
    }

    private func appendValues(
        _ body: PageReader.Body,
        count: Int,
        dictionary: DictionaryValues?,
        limit: Int,
        scratch: ReadScratch
    ) throws(ParquetReadError) {
        guard let encoding = PageEncoding(rawValue: body.encoding) else {
            throw ParquetReadError(.unsupported, "Values have encoding \(body.encoding), which is not known.")
        }
        guard count > 0 else { return }
        guard encoding == .rleDictionary || encoding == .plainDictionary else {
            _ = unsafe try ValueDecoding.decode(
                encoding,
                body.values,
                physicalType: leaf.physicalType,
                count: count,
                limit: limit,
                into: values
            )
            return
        }
        // Indexes into the dictionary: a byte with their width, then runs (Encodings.md, "Dictionary Encoding").
        guard let dictionary else {
            throw ParquetReadError(.malformed, "The page wants a dictionary, but there is none.")
        }
        guard let width = unsafe body.values.first else {
            throw ParquetReadError(.truncated, "The page ends before its values.")
        }
        let indexes = unsafe try scratch.integers(count)
        _ = unsafe try RunLengthDecoding.decode(
            UnsafeRawBufferPointer(rebasing: body.values.dropFirst()),
            bitWidth: Int(width),
            count: count,
            into: indexes
        )
        unsafe try dictionary.append(UnsafeBufferPointer(start: indexes, count: count), limit: limit, into: values)
    }

    /// Appends entries of another page of the same leaf.
    ///
    /// - Parameters:
    ///   - other: Where they are.
    ///   - entries: Which they are.
    ///   - byteOffset: Where the first value of them lies in `other`; afterwards, where the next one does.
    func append(_ other: LeafEntries, _ entries: Range<Int>, byteOffset: inout Int) {
        let count = other.valueCount(entries)
        let byteCount = other.valueByteCount(count, from: byteOffset)
        if isFlat {
            validity.append(other.validity, from: entries.lowerBound, count: entries.count)
        } else if leaf.maxDefinitionLevel > 0 {
            unsafe definitionLevels.append(UnsafeRawBufferPointer(rebasing: other.definitionLevels.bytes[entries]))
        }
        if leaf.maxRepetitionLevel > 0 {
            unsafe repetitionLevels.append(UnsafeRawBufferPointer(rebasing: other.repetitionLevels.bytes[entries]))
        }
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: other.values.bytes[byteOffset..<byteOffset + byteCount])
        unsafe values.append(bytes)
        byteOffset += byteCount
        entryCount += entries.count
        valueCount += count
    }

    /// How many of the entries are values: those of the greatest definition level.
    func valueCount(_ entries: Range<Int>) -> Int {
        guard leaf.maxDefinitionLevel > 0 else { return entries.count }
        guard !isFlat else { return validity.valueCount(from: entries.lowerBound, count: entries.count) }
        let maximum = UInt8(truncatingIfNeeded: leaf.maxDefinitionLevel)
        let levels = unsafe definitionLevels.bytes
        var count = 0
        for entry in entries { unsafe count &+= levels[entry] == maximum ? 1 : 0 }
        return count
    }

    /// The bytes of so many values from an offset on.
    func valueByteCount(_ count: Int, from offset: Int) -> Int {
        if let width = leaf.physicalType.byteWidth { return count * width }
        let bytes = unsafe values.bytes
        var position = offset
        for _ in 0..<count {
            position +=
                unsafe 4 + Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
        }
        return position - offset
    }
}
