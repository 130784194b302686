public import Columnar

/// A leaf of a file's schema: a node that has values.
public struct SchemaLeaf: Sendable, Equatable {
    /// Its number among the leaves, and of its chunk in each row group.
    public let index: Int
    /// The names from the root to the leaf, without the root.
    public let path: [String]
    /// How values lie in memory; INT96 is 12 bytes.
    public let physicalType: PhysicalType
    /// What values mean, where that is known.
    public let logicalType: LogicalType?
    /// The definition level of a value that is there.
    public let maxDefinitionLevel: Int
    /// The number of lists that it lies in.
    public let maxRepetitionLevel: Int
    /// The physical type as the file has it (parquet.thrift, `Type`).
    let thriftType: Int32

    init(
        _ element: FileMetadata.SchemaElement,
        index: Int,
        path: [String],
        levels: (definition: Int, repetition: Int)
    ) throws(ParquetReadError) {
        guard let type = element.physicalType, let physical = Self.physicalType(type, element.typeLength) else {
            throw ParquetReadError(
                .malformed,
                "Column \(path.joined(separator: ".")) has physical type \(element.physicalType ?? -1), which is none."
            )
        }
        self.index = index
        self.path = path
        physicalType = physical
        logicalType = type == 3 ? .int96Timestamp : element.logicalType(physical)
        maxDefinitionLevel = levels.definition
        maxRepetitionLevel = levels.repetition
        thriftType = type
    }

    /// The least that an entry takes in memory: its levels and its part of the counts of the lists that it lies in, or
    /// else a byte of its value.
    var leastEntryByteCount: Int {
        let levels = (maxDefinitionLevel > 0 ? 1 : 0) + (maxRepetitionLevel > 0 ? 1 : 0)
        return max(1, levels + 4 * maxRepetitionLevel)
    }

    /// The type as Columnar has it.
    var columnType: ColumnType { .leaf(physicalType, logicalType) }

    private static func physicalType(_ type: Int32, _ length: Int32?) -> PhysicalType? {
        switch type {
        case 0: .boolean
        case 1: .int32
        case 2: .int64
        case 3: .fixedLengthByteArray(12)
        case 4: .float
        case 5: .double
        case 6: .byteArray
        case 7: length.flatMap { $0 > 0 ? .fixedLengthByteArray(Int($0)) : nil }
        default: nil
        }
    }
}
