import Bytes

/// A form of its own for row groups that have been written while their file's footer has not: many days with many
/// columns would fill the memory otherwise.
///
/// ```
/// rowGroup  rowCount byteCount uncompressedByteCount chunkCount chunk*
/// chunk     offset codec valueCount nullCount uncompressedByteCount compressedByteCount dictionaryPage + 1
///           dictionaryDataPageCount plainDataPageCount bounds pageCount page*
/// page      offset compressedByteCount firstRow nullCount isNullPage bounds
/// bounds    0 | 1 minIsExact minLength min maxIsExact maxLength max
/// ```
/// All numbers are unsigned LEB128.
extension RowGroupMetadata {
    /// The metadata as bytes, for ``init(encoded:)``.
    public func encoded() -> [UInt8] {
        let out = ByteBuffer()
        for number in [rowCount, byteCount, uncompressedByteCount, chunks.count] { out.append(number: number) }
        for chunk in chunks {
            let numbers = [
                chunk.offset, Int(chunk.codec.thriftValue), chunk.valueCount, chunk.nullCount,
                chunk.uncompressedByteCount, chunk.compressedByteCount, (chunk.dictionaryPageByteCount ?? -1) + 1,
                chunk.dictionaryDataPageCount, chunk.plainDataPageCount,
            ]
            for number in numbers { out.append(number: number) }
            out.append(chunk.bounds)
            out.append(number: chunk.pages.count)
            for page in chunk.pages {
                let numbers = [
                    page.offset, page.compressedByteCount, page.firstRow, page.nullCount, page.isNullPage ? 1 : 0,
                ]
                for number in numbers { out.append(number: number) }
                out.append(page.bounds)
            }
        }
        return out.copyBytes()
    }

    /// Takes back what ``encoded()`` gave; `nil` if the bytes are not exactly that.
    public init?(encoded bytes: ArraySlice<UInt8>) {
        var reader = MetadataReader(rest: bytes)
        guard let rowCount = reader.number(), let byteCount = reader.number(),
            let uncompressedByteCount = reader.number(), let chunkCount = reader.number()
        else { return nil }
        var chunks: [ColumnChunkMetadata] = []
        for _ in 0..<chunkCount {
            guard let chunk = reader.chunk() else { return nil }
            chunks.append(chunk)
        }
        guard reader.rest.isEmpty else { return nil }
        self.rowCount = rowCount
        self.byteCount = byteCount
        self.uncompressedByteCount = uncompressedByteCount
        self.chunks = chunks
    }
}

extension ByteBuffer {
    fileprivate func append(number: Int) { appendVarint(UInt64(truncatingIfNeeded: number)) }

    fileprivate func append(_ bounds: TruncatedBounds?) {
        append(number: bounds == nil ? 0 : 1)
        guard let bounds else { return }
        for (bytes, isExact) in [bounds.min, bounds.max] {
            append(number: isExact ? 1 : 0)
            append(number: bytes.count)
            append(bytes)
        }
    }
}

/// Reads the numbers back, each `nil` where there is none.
private struct MetadataReader {
    var rest: ArraySlice<UInt8>

    mutating func number() -> Int? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return Int(value) }
        }
        return nil
    }

    mutating func chunk() -> ColumnChunkMetadata? {
        var numbers: [Int] = []
        for _ in 0..<9 {
            guard let number = number() else { return nil }
            numbers.append(number)
        }
        guard let codec = CompressionCodec.allCases.first(where: { Int($0.thriftValue) == numbers[1] }),
            let bounds = bounds(), let pageCount = number()
        else { return nil }
        var chunk = ColumnChunkMetadata()
        chunk.offset = numbers[0]
        chunk.codec = codec
        chunk.valueCount = numbers[2]
        chunk.nullCount = numbers[3]
        chunk.uncompressedByteCount = numbers[4]
        chunk.compressedByteCount = numbers[5]
        chunk.dictionaryPageByteCount = numbers[6] == 0 ? nil : numbers[6] - 1
        chunk.dictionaryDataPageCount = numbers[7]
        chunk.plainDataPageCount = numbers[8]
        chunk.bounds = bounds.value
        for _ in 0..<pageCount {
            guard let page = page() else { return nil }
            chunk.pages.append(page)
        }
        return chunk
    }

    private mutating func page() -> PageMetadata? {
        guard let offset = number(), let compressedByteCount = number(), let firstRow = number(),
            let nullCount = number(), let isNullPage = number(), let bounds = bounds()
        else { return nil }
        return PageMetadata(
            offset: offset,
            compressedByteCount: compressedByteCount,
            firstRow: firstRow,
            nullCount: nullCount,
            isNullPage: isNullPage == 1,
            bounds: bounds.value
        )
    }

    /// The bounds, if there are some: within an optional of its own, which is `nil` for damaged bytes.
    private mutating func bounds() -> (value: TruncatedBounds?, Void)? {
        guard let isPresent = number() else { return nil }
        guard isPresent == 1 else { return (nil, ()) }
        guard let min = bound(), let max = bound() else { return nil }
        return (TruncatedBounds(min: min, max: max), ())
    }

    private mutating func bound() -> (bytes: [UInt8], isExact: Bool)? {
        guard let isExact = number(), let length = number(), length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return (Array(rest.prefix(length)), isExact == 1)
    }
}
