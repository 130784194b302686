public import Bytes

/// The values of one column, in memory.
///
/// Every slot is a value or NULL (``validity``). NULLs take no room among the values, which lie one after another:
/// - of a leaf, in the layout that ``PhysicalType`` states;
/// - of a list or map, as the number of its entries (`UInt32`), the entries themselves being slots of ``children``;
/// - of a structure, nowhere but in ``children``, each of which has one slot for each structure that is not NULL.
///
/// The layout is Parquet's PLAIN encoding (booleans aside), so that a page is filled with one copy.
public final class Column {
    /// The type.
    public let type: ColumnType
    /// Which slots hold a value.
    public var validity = Validity()
    /// The values.
    public let values = ByteBuffer()
    /// A list's elements; a map's keys and values; a structure's fields; nothing for a leaf.
    public let children: [Column]

    /// Creates an empty column.
    public init(type: ColumnType) {
        self.type = type
        switch type {
        case .leaf: children = []
        case .list(let element): children = [Column(type: element)]
        case .map(let key, let value): children = [Column(type: key), Column(type: value)]
        case .structure(let fields): children = fields.map { Column(type: $0.type) }
        }
    }

    /// The number of slots.
    public var slotCount: Int { validity.slotCount }

    /// The bytes of memory held, children included.
    public var allocatedByteCount: Int {
        children.reduce(values.capacity + validity.allocatedByteCount) { $0 + $1.allocatedByteCount }
    }

    /// The bytes of the values, children included.
    public var valueByteCount: Int {
        children.reduce(values.count) { $0 + $1.valueByteCount }
    }

    /// Appends NULLs.
    public func appendNulls(_ count: Int) {
        validity.appendNulls(count)
    }

    /// Appends one integer to a column of 32-bit integers.
    public func append(_ value: Int32) {
        values.appendLittleEndian(value)
        validity.appendValues(1)
    }

    /// Appends one integer to a column of 64-bit integers.
    public func append(_ value: Int64) {
        values.appendLittleEndian(value)
        validity.appendValues(1)
    }

    /// Appends one value to a column of variable width.
    public func append(bytes: UnsafeRawBufferPointer) {
        values.appendLittleEndian(UInt32(bytes.count))
        unsafe values.append(bytes)
        validity.appendValues(1)
    }

    /// Appends text to a column of variable width.
    public func append(_ text: String) {
        var text = text
        text.withUTF8 { unsafe append(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// Appends a list or map with so many entries, which the caller appends to ``children``.
    public func append(entryCount: Int) {
        values.appendLittleEndian(UInt32(entryCount))
        validity.appendValues(1)
    }

    /// Appends structures that are not NULL, whose fields the caller appends to ``children``.
    public func append(structureCount: Int) {
        validity.appendValues(structureCount)
    }

    /// Forgets all slots, keeping the memory.
    public func removeAll() {
        validity.removeAll()
        values.removeAll()
        for child in children { child.removeAll() }
    }
}
