import Bytes
import Columnar

/// Reads the pages of one leaf in one row group.
///
/// ```
/// chunk   [dictionary page] data page*      until the chunk's entries are complete
/// page    header (Thrift), body             pages of other kinds are passed over
/// body    v1: compressed(levels, values)    v2: levels, compressed(values)
/// ```
/// parquet.thrift, `ColumnMetaData` and `PageHeader`; README.md of the format, "Data Pages".
struct ColumnChunkReader {
    let chunk: FileMetadata.ColumnChunk
    let codec: PageCodec
    let options: ReaderOptions
    let scratch: ReadScratch
    let entries: LeafEntries
    /// Takes the values.
    let values: ByteBuffer
    private var dictionary: DictionaryValues?

    private var leaf: SchemaLeaf { entries.leaf }

    /// Prepares to read the chunk's values into `values`.
    init(
        _ chunk: FileMetadata.ColumnChunk,
        leaf: SchemaLeaf,
        options: ReaderOptions,
        scratch: ReadScratch,
        values: ByteBuffer
    ) throws(ParquetReadError) {
        guard let codec = PageCodec(rawValue: chunk.codec) else {
            throw ParquetReadError(.unsupported, "Pages are compressed with codec \(chunk.codec), which is not known.")
        }
        guard codec != .brotli, codec != .lzo else {
            throw ParquetReadError(.unsupported, "Pages are compressed with \(codec), which is not supported.")
        }
        self.chunk = chunk
        self.codec = codec
        self.options = options
        self.scratch = scratch
        self.values = values
        entries = LeafEntries(leaf)
    }

    /// Reads all pages.
    ///
    /// - Parameter bytes: The chunk's bytes.
    /// - Throws: ``ParquetReadError``, with the number of the page.
    mutating func read(_ bytes: UnsafeRawBufferPointer) throws(ParquetReadError) {
        var position = 0
        var page = 0
        // Ends because every page takes a byte of the chunk at least.
        while entries.entryCount < chunk.valueCount {
            do throws(ParquetReadError) {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[position...])
                guard rest.count > 0 else {
                    throw ParquetReadError(
                        .truncated,
                        "The chunk ends after \(entries.entryCount) of \(chunk.valueCount) values."
                    )
                }
                position += unsafe try readPage(rest)
            } catch {
                throw error.at("page \(page)")
            }
            page += 1
        }
    }

    /// Reads the page that the bytes begin with.
    ///
    /// - Returns: The bytes of its header and body.
    private mutating func readPage(_ bytes: UnsafeRawBufferPointer) throws(ParquetReadError) -> Int {
        var thrift = unsafe ThriftReader(bytes)
        let header = try PageHeader(&thrift)
        guard header.compressedByteCount <= thrift.remaining else {
            throw ParquetReadError(
                .truncated,
                "The page has \(header.compressedByteCount) bytes, of which the chunk holds \(thrift.remaining)."
            )
        }
        let end = thrift.position + header.compressedByteCount
        let body = unsafe UnsafeRawBufferPointer(rebasing: bytes[thrift.position..<end])
        if options.verifiesChecksums, let checksum = header.checksum, unsafe PageChecksum(body).value != checksum {
            throw ParquetReadError(.checksum, "The page does not have the checksum that its header states.")
        }
        switch header.kind {
        case .dictionary(let count, let encoding): unsafe try readDictionary(header, body, Int(count), encoding)
        case .data(let page): unsafe try readData(header, body, page)
        case .dataV2(let page): unsafe try readData(header, body, page)
        case .other: break
        }
        guard byteCount <= options.maximumColumnByteCount else { throw tooLarge }
        return end
    }

    private mutating func readDictionary(
        _ header: PageHeader,
        _ body: UnsafeRawBufferPointer,
        _ count: Int,
        _ encoding: Int32
    ) throws(ParquetReadError) {
        guard dictionary == nil, entries.entryCount == 0 else {
            throw ParquetReadError(.malformed, "The chunk has a second dictionary, or one behind its data.")
        }
        guard encoding == PageEncoding.plain.rawValue || encoding == PageEncoding.plainDictionary.rawValue else {
            throw ParquetReadError(.unsupported, "A dictionary has encoding \(encoding).")
        }
        let plain = unsafe try decompressed(body, header.uncompressedByteCount)
        let words = ByteBuffer()
        _ = unsafe try ValueDecoding.decode(.plain, plain, physicalType: leaf.physicalType, count: count, into: words)
        dictionary = try DictionaryValues(words, physicalType: leaf.physicalType, count: count)
    }

    private mutating func readData(
        _ header: PageHeader,
        _ body: UnsafeRawBufferPointer,
        _ page: PageHeader.DataPage
    ) throws(ParquetReadError) {
        let count = try checkedEntryCount(page.entryCount)
        var rest = unsafe try decompressed(body, header.uncompressedByteCount)
        if leaf.maxRepetitionLevel > 0 {
            unsafe try readLevels(
                &rest,
                page.repetitionLevelEncoding,
                leaf.maxRepetitionLevel,
                count,
                entries.repetitionLevels
            )
        }
        if leaf.maxDefinitionLevel > 0 {
            unsafe try readLevels(
                &rest,
                page.definitionLevelEncoding,
                leaf.maxDefinitionLevel,
                count,
                entries.definitionLevels
            )
        }
        unsafe try readValues(rest, page.encoding, entryCount: count)
    }

    private mutating func readData(
        _ header: PageHeader,
        _ body: UnsafeRawBufferPointer,
        _ page: PageHeader.DataPageV2
    ) throws(ParquetReadError) {
        let count = try checkedEntryCount(page.entryCount)
        let repetitionEnd = Int(page.repetitionLevelByteCount)
        let levelEnd = repetitionEnd + Int(page.definitionLevelByteCount)
        guard levelEnd <= body.count, levelEnd <= header.uncompressedByteCount else {
            throw ParquetReadError(.truncated, "The page has \(body.count) bytes and \(levelEnd) bytes of levels.")
        }
        if leaf.maxRepetitionLevel > 0 {
            let levels = unsafe UnsafeRawBufferPointer(rebasing: body[..<repetitionEnd])
            _ = unsafe try decodeLevels(levels, .rle, leaf.maxRepetitionLevel, count, entries.repetitionLevels)
            guard count == 0 || entries.repetition(entries.entryCount) == 0 else {
                throw ParquetReadError(.malformed, "The page does not begin with a row.")
            }
        }
        if leaf.maxDefinitionLevel > 0 {
            let levels = unsafe UnsafeRawBufferPointer(rebasing: body[repetitionEnd..<levelEnd])
            _ = unsafe try decodeLevels(levels, .rle, leaf.maxDefinitionLevel, count, entries.definitionLevels)
        }
        var plain = unsafe UnsafeRawBufferPointer(rebasing: body[levelEnd...])
        if page.isCompressed {
            unsafe plain = unsafe try decompressed(plain, header.uncompressedByteCount - levelEnd)
        }
        unsafe try readValues(plain, page.encoding, entryCount: count)
    }

    private func checkedEntryCount(_ count: Int32) throws(ParquetReadError) -> Int {
        let left = chunk.valueCount - entries.entryCount
        guard count <= left else {
            throw ParquetReadError(.malformed, "The page claims \(count) values of the \(left) that are left.")
        }
        // Runs make any number of entries out of nothing.
        guard entries.entryCount + Int(count) <= options.maximumColumnByteCount / entryByteCount else { throw tooLarge }
        return Int(count)
    }

    /// The least that an entry takes: its levels and its part of the counts of the lists that it lies in, or else a
    /// byte of its value.
    private var entryByteCount: Int {
        let levels = (leaf.maxDefinitionLevel > 0 ? 1 : 0) + (leaf.maxRepetitionLevel > 0 ? 1 : 0)
        return max(1, levels + 4 * leaf.maxRepetitionLevel)
    }

    /// The bytes that the values and levels take so far.
    private var byteCount: Int {
        values.count + entries.definitionLevels.count + entries.repetitionLevels.count
    }

    private var tooLarge: ParquetReadError {
        ParquetReadError(.tooLarge, "The column takes more than \(options.maximumColumnByteCount) bytes.")
    }

    /// The body before compression; valid until the next call.
    private func decompressed(
        _ body: UnsafeRawBufferPointer,
        _ byteCount: Int
    ) throws(ParquetReadError) -> UnsafeRawBufferPointer {
        // Stored as it is, the body's size is known.
        guard codec != .none else { return unsafe body }
        guard byteCount <= options.maximumColumnByteCount else { throw tooLarge }
        unsafe try scratch.decompressor.decompress(
            body,
            codec: codec,
            uncompressedByteCount: byteCount,
            into: scratch.page
        )
        return unsafe scratch.page.bytes
    }

    // MARK: - Levels

    /// Takes levels from the front of a page of version 1.
    private func readLevels(
        _ rest: inout UnsafeRawBufferPointer,
        _ encoding: Int32,
        _ maximum: Int,
        _ count: Int,
        _ target: ByteBuffer
    ) throws(ParquetReadError) {
        switch PageEncoding(rawValue: encoding) {
        case .rle:
            guard rest.count >= 4 else { throw ParquetReadError(.truncated, "The page ends before its levels.") }
            let byteCount = unsafe Int(UInt32(littleEndian: rest.loadUnaligned(as: UInt32.self)))
            guard byteCount <= rest.count - 4 else {
                throw ParquetReadError(.truncated, "The page claims \(byteCount) bytes of levels.")
            }
            let levels = unsafe UnsafeRawBufferPointer(rebasing: rest[4..<4 + byteCount])
            _ = unsafe try decodeLevels(levels, .rle, maximum, count, target)
            unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[(4 + byteCount)...])
        case .bitPacked:
            let byteCount = unsafe try decodeLevels(rest, .bitPacked, maximum, count, target)
            unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[byteCount...])
        default: throw ParquetReadError(.unsupported, "Levels have encoding \(encoding).")
        }
    }

    /// Appends `count` levels, one byte each.
    ///
    /// - Returns: The bytes that they took.
    private func decodeLevels(
        _ source: UnsafeRawBufferPointer,
        _ encoding: PageEncoding,
        _ maximum: Int,
        _ count: Int,
        _ target: ByteBuffer
    ) throws(ParquetReadError) -> Int {
        let place = unsafe target.reserve(try PageLimit.byteCount(count, of: 1)).assumingMemoryBound(to: UInt8.self)
        if maximum == 1, encoding == .rle {
            let byteCount = unsafe try RunLengthDecoding.decodeFlags(source, count: count, into: place)
            target.advance(by: count)
            return byteCount
        }
        let width = RunLengthEncoder.bitWidth(of: maximum)
        let levels = unsafe try scratch.integers(count)
        let byteCount =
            unsafe encoding == .rle
            ? try RunLengthDecoding.decode(source, bitWidth: width, count: count, into: levels)
            : try RunLengthDecoding.decodeBitPacked(source, bitWidth: width, count: count, into: levels)
        var greatest: UInt32 = 0
        for index in 0..<count {
            let level = unsafe levels[index]
            greatest = max(greatest, level)
            unsafe place[index] = UInt8(truncatingIfNeeded: level)
        }
        guard greatest <= maximum else {
            throw ParquetReadError(.malformed, "The page has level \(greatest), where \(maximum) is the greatest.")
        }
        target.advance(by: count)
        return byteCount
    }

    // MARK: - Values

    private mutating func readValues(
        _ source: UnsafeRawBufferPointer,
        _ encoding: Int32,
        entryCount: Int
    ) throws(ParquetReadError) {
        let valueCount = presentCount(entryCount)
        let limit = options.maximumColumnByteCount - byteCount
        guard let known = PageEncoding(rawValue: encoding) else {
            throw ParquetReadError(.unsupported, "Values have encoding \(encoding), which is not known.")
        }
        switch known {
        case .rleDictionary, .plainDictionary: unsafe try readIndexes(source, count: valueCount, limit: limit)
        default:
            _ = unsafe try ValueDecoding.decode(
                known,
                source,
                physicalType: leaf.physicalType,
                count: valueCount,
                limit: limit,
                into: values
            )
        }
        entries.entryCount += entryCount
        entries.valueCount += valueCount
    }

    /// How many of the page's entries are values: those of the greatest definition level.
    private func presentCount(_ entryCount: Int) -> Int {
        guard leaf.maxDefinitionLevel > 0 else { return entryCount }
        let maximum = UInt8(truncatingIfNeeded: leaf.maxDefinitionLevel)
        let levels = unsafe entries.definitionLevels.bytes
        var count = 0
        for entry in entries.entryCount..<(entries.entryCount + entryCount) {
            unsafe count &+= levels[entry] == maximum ? 1 : 0
        }
        return count
    }

    /// Indexes into the dictionary: a byte with their width, then runs (Encodings.md, "Dictionary Encoding").
    private func readIndexes(_ source: UnsafeRawBufferPointer, count: Int, limit: Int) throws(ParquetReadError) {
        guard count > 0 else { return }
        guard let dictionary else {
            throw ParquetReadError(.malformed, "The page wants a dictionary, but there is none.")
        }
        guard let width = unsafe source.first else {
            throw ParquetReadError(.truncated, "The page ends before its values.")
        }
        let indexes = unsafe try scratch.integers(count)
        _ = unsafe try RunLengthDecoding.decode(
            UnsafeRawBufferPointer(rebasing: source.dropFirst()),
            bitWidth: Int(width),
            count: count,
            into: indexes
        )
        unsafe try dictionary.append(UnsafeBufferPointer(start: indexes, count: count), limit: limit, into: values)
    }
}
