import Bytes
import Columnar
import Parquet

/// Writes read columns as JSON that Readers/dump.py compares with what pyarrow reads.
///
/// Integers are numbers; everything else of a leaf is the hexadecimal digits of its bytes; lists are arrays, maps
/// arrays of pairs, structures arrays of their fields.
enum ColumnDump {
    /// The values of one column, one JSON value a row.
    static func values(_ column: Column) -> [String] {
        var position = 0
        var entry = 0
        let children = column.children.map(values)
        let bytes = column.values.copyBytes()
        return (0..<column.slotCount).map { slot in
            guard column.validity.isValue(at: slot) else { return "null" }
            switch column.type {
            case .leaf(let physical, _): return leaf(physical, bytes, &position)
            case .structure:
                defer { entry += 1 }
                return "[" + children.map { $0[entry] }.joined(separator: ",") + "]"
            case .list:
                let range = entries(bytes, &position, &entry)
                return "[" + children[0][range].joined(separator: ",") + "]"
            case .map:
                let range = entries(bytes, &position, &entry)
                return "[" + range.map { "[\(children[0][$0]),\(children[1][$0])]" }.joined(separator: ",") + "]"
            }
        }
    }

    private static func entries(_ bytes: [UInt8], _ position: inout Int, _ entry: inout Int) -> Range<Int> {
        let count = Int(number(bytes[position..<position + 4]))
        position += 4
        defer { entry += count }
        return entry..<entry + count
    }

    private static func leaf(_ type: PhysicalType, _ bytes: [UInt8], _ position: inout Int) -> String {
        var width = type.byteWidth ?? 0
        if type == .byteArray {
            width = Int(number(bytes[position..<position + 4]))
            position += 4
        }
        let value = bytes[position..<position + width]
        position += width
        switch type {
        case .boolean: return value.first == 1 ? "true" : "false"
        case .int32: return "\(Int32(truncatingIfNeeded: number(value)))"
        case .int64: return "\(number(value))"
        default: return "\"" + value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\""
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
        bytes.reversed().reduce(0) { $0 << 8 | Int64($1) }
    }
}
