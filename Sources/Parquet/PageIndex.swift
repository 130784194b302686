import Bytes
import Columnar

/// The page index (PageIndex.md): where each page is and what its bounds are.
enum PageIndex {
    /// Writes a chunk's column index.
    ///
    /// - Returns: Where it lies in `out`, or `nil` if some page has values but no bounds.
    static func writeColumnIndex(of chunk: ColumnChunkMetadata, leaf: LeafColumn, to out: ByteBuffer) -> Range<Int>? {
        guard !chunk.pages.isEmpty, chunk.pages.allSatisfy({ $0.isNullPage || $0.bounds != nil }) else { return nil }
        let bounds = chunk.pages.map(\.bounds)
        let start = out.count
        var thrift = ThriftWriter(out)
        thrift.structureElement { thrift in
            thrift.list(1, .boolTrue, count: chunk.pages.count)
            for page in chunk.pages { thrift.boolElement(page.isNullPage) }
            thrift.list(2, .binary, count: bounds.count)
            for bound in bounds { thrift.binaryElement(bound?.min.bytes ?? []) }
            thrift.list(3, .binary, count: bounds.count)
            for bound in bounds { thrift.binaryElement(bound?.max.bytes ?? []) }
            thrift.i32(4, boundaryOrder(bounds.compactMap(\.self), order: ValueOrder(leaf)))
            thrift.list(5, .i64, count: chunk.pages.count)
            for page in chunk.pages { thrift.integerElement(Int64(page.nullCount)) }
        }
        return start..<out.count
    }

    /// Writes a chunk's offset index.
    ///
    /// - Returns: Where it lies in `out`.
    static func writeOffsetIndex(of chunk: ColumnChunkMetadata, chunkOffset: Int, to out: ByteBuffer) -> Range<Int> {
        let start = out.count
        var thrift = ThriftWriter(out)
        thrift.structureElement { thrift in
            thrift.list(1, .structure, count: chunk.pages.count)
            for page in chunk.pages {
                thrift.structureElement {
                    $0.i64(1, Int64(chunkOffset + page.offset))
                    $0.i32(2, Int32(page.compressedByteCount))
                    $0.i64(3, Int64(page.firstRow))
                }
            }
        }
        return start..<out.count
    }

    /// 0 unordered, 1 ascending, 2 descending (parquet.thrift, `BoundaryOrder`).
    private static func boundaryOrder(_ bounds: [TruncatedBounds], order: ValueOrder) -> Int32 {
        func ascends(_ values: [[UInt8]]) -> Bool {
            zip(values, values.dropFirst()).allSatisfy { !order.isLess($1, $0) }
        }
        let least = bounds.map(\.min.bytes)
        let greatest = bounds.map(\.max.bytes)
        if ascends(least), ascends(greatest) { return 1 }
        return ascends(least.reversed()) && ascends(greatest.reversed()) ? 2 : 0
    }
}
