import Bytes
import Columnar

/// Reads the pages of one column chunk: their headers, their bodies, and the dictionary.
///
/// ```
/// chunk   [dictionary page] data page*      until the chunk's entries are complete
/// page    header (Thrift), body             pages of other kinds are passed over
/// body    v1: compressed(levels, values)    v2: levels, compressed(values)
/// ```
/// parquet.thrift, `ColumnMetaData` and `PageHeader`; README.md of the format, "Data Pages".
final class PageReader {
    /// A data page whose body has not been looked at.
    struct Head {
        let header: PageHeader
        /// Values, NULLs and empty lists.
        let entryCount: Int
        /// Where the body begins in the file.
        let bodyOffset: Int
    }

    /// The parts of a data page; they are valid until the next page is read.
    @safe
    struct Body {
        /// `nil` where the greatest level is 0.
        var repetitionLevels: LevelBytes?
        /// `nil` where the greatest level is 0.
        var definitionLevels: LevelBytes?
        let values: UnsafeRawBufferPointer
        let encoding: Int32
    }

    let leaf: SchemaLeaf
    let scratch: ReadScratch
    /// The values that indexes stand for, once the dictionary has been read.
    private(set) var dictionary: DictionaryValues?
    /// Where the next page begins in the file.
    private(set) var offset: Int

    private let codec: PageCodec
    private let verifiesChecksums: Bool
    private let window: ChunkWindow
    private var hasReadData = false

    /// Prepares to read the pages from `offset` on.
    init(
        _ leaf: SchemaLeaf,
        codec: PageCodec,
        window: ChunkWindow,
        offset: Int,
        options: ReaderOptions,
        scratch: ReadScratch
    ) {
        self.leaf = leaf
        self.codec = codec
        self.window = window
        self.offset = offset
        verifiesChecksums = options.verifiesChecksums
        self.scratch = scratch
    }

    /// Goes on with the page that begins at `offset`, which is not before the next one.
    func jump(to offset: Int) {
        self.offset = offset
    }

    /// Reads on to the next data page and its header; its body is passed over unless ``body(of:)`` asks for it.
    ///
    /// - Returns: The page, or `nil` if the bytes end here.
    func next() throws(ParquetReadError) -> Head? {
        // Ends because every page takes a byte of the chunk at least.
        while true {
            guard let (header, bodyOffset) = try nextHeader() else { return nil }
            offset = bodyOffset + header.compressedByteCount
            switch header.kind {
            case .dictionary(let count, let encoding):
                guard dictionary == nil, !hasReadData else {
                    throw ParquetReadError(.malformed, "The chunk has a second dictionary, or one behind its data.")
                }
                unsafe try readDictionary(header, stored(header, bodyOffset), Int(count), encoding)
            case .data(let page):
                hasReadData = true
                return Head(header: header, entryCount: Int(page.entryCount), bodyOffset: bodyOffset)
            case .dataV2(let page):
                hasReadData = true
                return Head(header: header, entryCount: Int(page.entryCount), bodyOffset: bodyOffset)
            case .other: break
            }
        }
    }

    /// Reads the body of the page that ``next()`` returned last.
    func body(of head: Head) throws(ParquetReadError) -> Body {
        let stored = unsafe try stored(head.header, head.bodyOffset)
        switch head.header.kind {
        case .data(let page): return unsafe try body(head, stored, page)
        case .dataV2(let page): return unsafe try body(head, stored, page)
        case .dictionary, .other: throw ParquetReadError(.malformed, "The page holds no data.")
        }
    }

    // MARK: - Bytes

    private func nextHeader() throws(ParquetReadError) -> (PageHeader, bodyOffset: Int)? {
        var wanted = 1
        // Ends because more bytes are wanted each time, and there are not more than those of the segment.
        while true {
            let bytes = unsafe try window.bytes(from: offset, count: wanted)
            guard bytes.count > 0 else { return nil }
            var thrift = unsafe ThriftReader(bytes)
            do throws(ParquetReadError) {
                let header = try PageHeader(&thrift)
                return (header, offset + thrift.position)
            } catch {
                guard error.code == .truncated, !window.isEnd(offset, count: bytes.count) else { throw error }
                wanted = bytes.count + 1_024
            }
        }
    }

    /// The body as it is stored; valid until more is read.
    private func stored(
        _ header: PageHeader,
        _ offset: Int
    ) throws(ParquetReadError) -> UnsafeRawBufferPointer {
        let count = header.compressedByteCount
        let bytes = unsafe try window.bytes(from: offset, count: count)
        guard count <= bytes.count else {
            throw ParquetReadError(.truncated, "The page has \(count) bytes, of which the chunk holds \(bytes.count).")
        }
        let body = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<count])
        if verifiesChecksums, let checksum = header.checksum, unsafe PageChecksum(body).value != checksum {
            throw ParquetReadError(.checksum, "The page does not have the checksum that its header states.")
        }
        return unsafe body
    }

    /// The body before compression; valid until the next call.
    private func decompressed(
        _ body: UnsafeRawBufferPointer,
        _ byteCount: Int
    ) throws(ParquetReadError) -> UnsafeRawBufferPointer {
        // Stored as it is, the body's size is known.
        guard codec != .none else { return unsafe body }
        unsafe try scratch.decompressor.decompress(
            body,
            codec: codec,
            uncompressedByteCount: byteCount,
            into: scratch.page
        )
        return unsafe scratch.page.bytes
    }

    // MARK: - Pages

    private func readDictionary(
        _ header: PageHeader,
        _ body: UnsafeRawBufferPointer,
        _ count: Int,
        _ encoding: Int32
    ) throws(ParquetReadError) {
        guard encoding == PageEncoding.plain.rawValue || encoding == PageEncoding.plainDictionary.rawValue else {
            throw ParquetReadError(.unsupported, "A dictionary has encoding \(encoding).")
        }
        let plain = unsafe try decompressed(body, header.uncompressedByteCount)
        let words = ByteBuffer()
        _ = unsafe try ValueDecoding.decode(.plain, plain, physicalType: leaf.physicalType, count: count, into: words)
        dictionary = try DictionaryValues(words, physicalType: leaf.physicalType, count: count)
    }

    private func body(
        _ head: Head,
        _ stored: UnsafeRawBufferPointer,
        _ page: PageHeader.DataPage
    ) throws(ParquetReadError) -> Body {
        var rest = unsafe try decompressed(stored, head.header.uncompressedByteCount)
        var levels: (repetition: LevelBytes?, definition: LevelBytes?)
        if leaf.maxRepetitionLevel > 0 {
            levels.repetition = unsafe try LevelBytes(
                takenFrom: &rest,
                encoding: page.repetitionLevelEncoding,
                maximum: leaf.maxRepetitionLevel,
                count: head.entryCount
            )
        }
        if leaf.maxDefinitionLevel > 0 {
            levels.definition = unsafe try LevelBytes(
                takenFrom: &rest,
                encoding: page.definitionLevelEncoding,
                maximum: leaf.maxDefinitionLevel,
                count: head.entryCount
            )
        }
        return unsafe Body(
            repetitionLevels: levels.repetition,
            definitionLevels: levels.definition,
            values: rest,
            encoding: page.encoding
        )
    }

    private func body(
        _ head: Head,
        _ stored: UnsafeRawBufferPointer,
        _ page: PageHeader.DataPageV2
    ) throws(ParquetReadError) -> Body {
        let byteCount = head.header.uncompressedByteCount
        let repetitionEnd = Int(page.repetitionLevelByteCount)
        let levelEnd = repetitionEnd + Int(page.definitionLevelByteCount)
        guard levelEnd <= stored.count, levelEnd <= byteCount else {
            throw ParquetReadError(.truncated, "The page has \(stored.count) bytes and \(levelEnd) bytes of levels.")
        }
        let repetition = unsafe UnsafeRawBufferPointer(rebasing: stored[..<repetitionEnd])
        let definition = unsafe UnsafeRawBufferPointer(rebasing: stored[repetitionEnd..<levelEnd])
        var values = unsafe UnsafeRawBufferPointer(rebasing: stored[levelEnd...])
        if page.isCompressed { unsafe values = unsafe try decompressed(values, byteCount - levelEnd) }
        let (repetitionMaximum, definitionMaximum) = (leaf.maxRepetitionLevel, leaf.maxDefinitionLevel)
        return unsafe Body(
            repetitionLevels: repetitionMaximum > 0
                ? LevelBytes(repetition, .rle, maximum: repetitionMaximum, count: head.entryCount) : nil,
            definitionLevels: definitionMaximum > 0
                ? LevelBytes(definition, .rle, maximum: definitionMaximum, count: head.entryCount) : nil,
            values: values,
            encoding: page.encoding
        )
    }
}
