import Bytes
import Columnar
import Lake

/// The key of a row as bytes that are equal exactly where the keys are.
///
/// For each column a byte that says what follows: 0 nothing (NULL), 1 the value, 2 the text of a value that the column
/// cannot hold and `_rescued` keeps; what varies in length has its length before it.
struct KeyEncoder {
    private struct Part {
        var name: String
        var column: Column?
        var slots: ColumnSlots?
        /// A leaf of fixed width needs no length.
        var isFixed: Bool
        var isLeaf: Bool
        /// Takes one value of a list.
        var single: Column
    }

    private let parts: [Part]
    private let rescued: ColumnSlots?
    private let mayBeRescued: Bool

    /// Prepares for the rows of some columns.
    ///
    /// - Parameters:
    ///   - columns: The key's columns with their names and types; nil for one that the rows do not have, which is NULL.
    ///   - rescued: The column `_rescued` of the same rows.
    init(_ columns: [(column: RowLayout.Column, values: Column?)], rescued: Column?) {
        parts = columns.map { column, values in
            var isFixed = false
            var isLeaf = false
            if case .leaf(let type, _) = column.type { (isLeaf, isFixed) = (true, type.byteWidth != nil) }
            return Part(
                name: column.name,
                column: values,
                slots: values.map { ColumnSlots($0) },
                isFixed: isFixed,
                isLeaf: isLeaf,
                single: Column(type: column.type)
            )
        }
        mayBeRescued =
            (rescued.map { $0.validity.valueCount > 0 } ?? false)
            && columns.contains { $0.values.map { $0.validity.nullCount > 0 } ?? true }
        self.rescued = mayBeRescued ? rescued.map { ColumnSlots($0) } : nil
    }

    /// Replaces `key` by the key of a row.
    func encode(_ row: Int, into key: inout [UInt8]) {
        key.removeAll(keepingCapacity: true)
        for part in parts {
            if part.isLeaf {
                guard let slots = part.slots else {
                    appendMissing(part, row, to: &key)
                    continue
                }
                slots.withValue(at: row) { value in
                    guard let value else { return appendMissing(part, row, to: &key) }
                    key.append(1)
                    if !part.isFixed { Self.append(length: value.count, to: &key) }
                    key.append(contentsOf: value)
                }
            } else if let slots = part.slots, part.column?.validity.isValue(at: row) ?? false {
                key.append(1)
                part.single.removeAll()
                slots.copy(row, to: part.single)
                Self.append(part.single, to: &key)
            } else {
                appendMissing(part, row, to: &key)
            }
        }
    }

    private func appendMissing(_ part: Part, _ row: Int, to key: inout [UInt8]) {
        let text: [UInt8]? = rescued?.withValue(at: row) { json in
            guard let json, let values = RescuedValues(json: json) else { return nil }
            return values.text(of: part.name)
        }
        guard let text else { return key.append(0) }
        key.append(2)
        Self.append(length: text.count, to: &key)
        key.append(contentsOf: text)
    }

    /// All slots of a column, children after their parents.
    private static func append(_ column: Column, to key: inout [UInt8]) {
        append(length: column.slotCount, to: &key)
        for slot in 0..<column.slotCount { key.append(column.validity.isValue(at: slot) ? 1 : 0) }
        append(length: column.values.count, to: &key)
        key.append(contentsOf: column.values.bytes)
        for child in column.children { append(child, to: &key) }
    }

    private static func append(length: Int, to key: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian) { key.append(contentsOf: $0) }
    }
}

extension KeyEncoder {
    /// The values of a key's columns, without lengths; nil for NULL, rescued values and what is no leaf.
    ///
    /// - Parameters:
    ///   - key: A key as ``encode(_:into:)`` writes it.
    ///   - columns: Its columns.
    /// - Returns: For each column its value.
    static func values(of key: ArraySlice<UInt8>, columns: [RowLayout.Column]) -> [[UInt8]?] {
        var rest = key
        var values: [[UInt8]?] = []
        func length() -> Int {
            defer { rest = rest.dropFirst(4) }
            return rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        for column in columns {
            let kind = rest.popFirst()
            guard case .leaf(let type, _) = column.type else {
                return values + columns[values.count...].map { _ in nil }
            }
            switch kind {
            case 1:
                let count = type.byteWidth ?? length()
                values.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            case 2:
                rest = rest.dropFirst(length())
                values.append(nil)
            default: values.append(nil)
            }
        }
        return values
    }
}
