import Bytes
import Columnar
import TestSupport

/// Columns of any type with random slots.
enum NestedColumn {
    /// A type of containers up to the depth.
    static func type(depth: Int, _ generator: inout SeededGenerator) -> ColumnType {
        let leaves: [ColumnType] = [
            .leaf(.boolean, nil), .leaf(.int32, nil), .leaf(.double, nil), .leaf(.byteArray, .string),
            .leaf(.byteArray, nil), .leaf(.fixedLengthByteArray(3), nil),
        ]
        guard depth > 0 else { return leaves[Int.random(in: leaves.indices, using: &generator)] }
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: return leaves[Int.random(in: leaves.indices, using: &generator)]
        case 1: return .list(type(depth: depth - 1, &generator))
        case 2: return .map(key: .leaf(.byteArray, .string), value: type(depth: depth - 1, &generator))
        default:
            return .structure(
                (0...Int.random(in: 0..<3, using: &generator)).map { index in
                    Field(name: "f\(index)", type: type(depth: depth - 1, &generator))
                }
            )
        }
    }

    /// Appends one slot, NULL in one of four.
    static func append(to column: Column, withNulls: Bool, _ generator: inout SeededGenerator) {
        guard !withNulls || Int.random(in: 0..<4, using: &generator) > 0 else { return column.appendNulls(1) }
        let bytes = (0..<Int.random(in: 0..<20, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        switch column.type {
        case .leaf(.byteArray, _): column.append(binary: bytes)
        case .leaf(let physicalType, _):
            let width = physicalType.byteWidth ?? 0
            for _ in 0..<width { column.values.append(UInt8.random(in: 0...1, using: &generator)) }
            column.validity.appendValues(1)
        case .structure:
            column.append(structureCount: 1)
            for child in column.children { append(to: child, withNulls: withNulls, &generator) }
        case .list, .map:
            let count = Int.random(in: 0..<4, using: &generator)
            column.append(entryCount: count)
            for _ in 0..<count {
                for child in column.children { append(to: child, withNulls: withNulls, &generator) }
            }
        }
    }

    /// What a column is made of, for comparison.
    static func dump(_ column: Column) -> [String] {
        let flags = (0..<column.slotCount).map { column.validity.isValue(at: $0) ? "1" : "0" }.joined()
        return ["\(column.type) \(flags) \(column.values.copyBytes())"] + column.children.flatMap { dump($0) }
    }
}
