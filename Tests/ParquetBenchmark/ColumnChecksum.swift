import Bytes
import Columnar

/// What tells whether two programs hold the same column: the numbers of slots and NULLs, and checksums of where the NULLs
/// are, of the lengths and of the values, at every level.
struct ColumnChecksum {
    private let type: ColumnType
    private var slotCount = 0
    private var nullCount = 0
    private var validity = Adler32()
    private var lengths = Adler32()
    private var values = Adler32()
    private var children: [ColumnChecksum]

    init(type: ColumnType) {
        self.type = type
        children =
            switch type {
            case .leaf: []
            case .list(let element): [ColumnChecksum(type: element)]
            case .map(let key, let value): [ColumnChecksum(type: key), ColumnChecksum(type: value)]
            case .structure(let fields): fields.map { ColumnChecksum(type: $0.type) }
            }
    }

    /// The numbers, those of the children behind them.
    var text: String {
        ([slotCount, nullCount, Int(validity.value), Int(lengths.value), Int(values.value)].map { "\($0)" }
            + children.map(\.text)).joined(separator: " ")
    }

    mutating func append(_ column: Column) {
        slotCount += column.slotCount
        nullCount += column.validity.nullCount
        let flags = (0..<column.slotCount).map { column.validity.isValue(at: $0) ? UInt8(1) : 0 }
        flags.withUnsafeBytes { validity.append($0) }
        switch type {
        case .leaf(.byteArray, _):
            var rest = column.values.bytes[...]
            while rest.count >= 4 {
                let length = Int(UnsafeRawBufferPointer(rebasing: rest).loadUnaligned(as: UInt32.self))
                lengths.append(UnsafeRawBufferPointer(rebasing: rest.prefix(4)))
                values.append(UnsafeRawBufferPointer(rebasing: rest.dropFirst(4).prefix(length)))
                rest = rest.dropFirst(4 + length)
            }
        case .leaf: values.append(column.values.bytes)
        case .list, .map, .structure: lengths.append(column.values.bytes)
        }
        for index in children.indices { children[index].append(column.children[index]) }
    }
}
