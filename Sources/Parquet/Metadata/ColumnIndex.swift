import Bytes

/// The bounds of each data page of a column chunk (parquet.thrift, `ColumnIndex`; PageIndex.md).
///
/// All lists have one element a page, in the order of ``OffsetIndex/pages``. Bounds are values in PLAIN encoding without
/// a length before them, and may be shortened: a lower bound may be below every value, an upper bound above. The
/// contents are those of the file, which may be damaged: ask ``isConsistent(pageCount:)`` before relying on them.
public struct ColumnIndex: Sendable, Equatable {
    /// How the bounds of the pages follow one another (`BoundaryOrder`); pages of NULLs alone are left out.
    public enum BoundaryOrder: Int32, Sendable {
        /// In no order.
        case unordered = 0
        /// Neither the lower nor the upper bounds ever descend.
        case ascending = 1
        /// Neither the lower nor the upper bounds ever ascend.
        case descending = 2
    }

    /// Whether the page holds nothing but NULL; its bounds are empty then.
    public var isNullPage: [Bool]
    /// The lower bounds.
    public var lowerBounds: [[UInt8]]
    /// The upper bounds.
    public var upperBounds: [[UInt8]]
    /// How the bounds follow one another.
    public var boundaryOrder: BoundaryOrder
    /// Entries without a value; `nil` where the file does not say.
    public var nullCounts: [Int]?
    /// Entries of each repetition level, page after page; `nil` where the file does not say.
    public var repetitionLevelHistograms: [Int]?
    /// Entries of each definition level, page after page; `nil` where the file does not say.
    public var definitionLevelHistograms: [Int]?
    /// Values that are not a number; `nil` where the file does not say.
    public var nanCounts: [Int]?

    /// Creates an index.
    public init(
        isNullPage: [Bool],
        lowerBounds: [[UInt8]],
        upperBounds: [[UInt8]],
        boundaryOrder: BoundaryOrder,
        nullCounts: [Int]? = nil
    ) {
        self.isNullPage = isNullPage
        self.lowerBounds = lowerBounds
        self.upperBounds = upperBounds
        self.boundaryOrder = boundaryOrder
        self.nullCounts = nullCounts
    }

    /// Whether every list that is there has one element for each of so many pages.
    public func isConsistent(pageCount: Int) -> Bool {
        isNullPage.count == pageCount && lowerBounds.count == pageCount && upperBounds.count == pageCount
            && (nullCounts?.count ?? pageCount) == pageCount && (nanCounts?.count ?? pageCount) == pageCount
    }
}

extension ColumnIndex {
    /// Reads an index.
    ///
    /// - Throws: ``ParquetReadError`` if the bytes end too early, are no Thrift, or lack what they must have.
    init(encoded bytes: UnsafeRawBufferPointer) throws(ParquetReadError) {
        var thrift = unsafe ThriftReader(bytes)
        var required: (isNull: [Bool]?, lower: [[UInt8]]?, upper: [[UInt8]]?, order: Int32?)
        var index = ColumnIndex(isNullPage: [], lowerBounds: [], upperBounds: [], boundaryOrder: .unordered)
        try thrift.structure { thrift, id, type throws(ParquetReadError) in
            switch id {
            case 1:
                required.isNull = try thrift.list(type) { thrift, type throws(ParquetReadError) in
                    try thrift.boolElement(type)
                }
            case 2: required.lower = try Self.values(&thrift, type)
            case 3: required.upper = try Self.values(&thrift, type)
            case 4: required.order = try thrift.i32(type)
            case 5: index.nullCounts = try Self.counts(&thrift, type)
            case 6: index.repetitionLevelHistograms = try Self.counts(&thrift, type)
            case 7: index.definitionLevelHistograms = try Self.counts(&thrift, type)
            case 8: index.nanCounts = try Self.counts(&thrift, type)
            default: try thrift.skip(type)
            }
        }
        guard let isNull = required.isNull, let lower = required.lower, let upper = required.upper,
            let order = required.order
        else { throw FileMetadata.lacking("column index") }
        self = index
        isNullPage = isNull
        lowerBounds = lower
        upperBounds = upper
        // An order that is not known promises nothing.
        boundaryOrder = BoundaryOrder(rawValue: order) ?? .unordered
    }

    private static func values(
        _ thrift: inout ThriftReader,
        _ type: ThriftReader.FieldType
    ) throws(ParquetReadError) -> [[UInt8]] {
        try thrift.list(type) { thrift, type throws(ParquetReadError) in try thrift.binary(type) }
    }

    private static func counts(
        _ thrift: inout ThriftReader,
        _ type: ThriftReader.FieldType
    ) throws(ParquetReadError) -> [Int] {
        try thrift.list(type) { thrift, type throws(ParquetReadError) in try thrift.i64(type) }
    }

    /// Appends the index.
    func write(to out: ByteBuffer) {
        var thrift = ThriftWriter(out)
        thrift.structureElement { thrift in
            thrift.list(1, .boolTrue, count: isNullPage.count)
            for isNull in isNullPage { thrift.boolElement(isNull) }
            thrift.list(2, .binary, count: lowerBounds.count)
            for bound in lowerBounds { thrift.binaryElement(bound) }
            thrift.list(3, .binary, count: upperBounds.count)
            for bound in upperBounds { thrift.binaryElement(bound) }
            thrift.i32(4, boundaryOrder.rawValue)
            let counts = [nullCounts, repetitionLevelHistograms, definitionLevelHistograms, nanCounts]
            for (id, counts) in zip([5, 6, 7, 8] as [Int16], counts) {
                guard let counts else { continue }
                thrift.list(id, .i64, count: counts.count)
                for count in counts { thrift.integerElement(Int64(count)) }
            }
        }
    }
}
