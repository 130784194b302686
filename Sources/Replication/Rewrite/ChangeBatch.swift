import Bytes
import Columnar
import Ingest

/// Some changes of one file, in the order in which they were committed.
///
/// Used by one thread at a time.
final class ChangeBatch {
    /// What the file says of itself.
    let file: ChangeFileSchema
    /// The changes; one at least.
    let rowCount: Int
    /// What happened, by the letters of ``ChangeStamp/Operation``.
    let operations: [UInt8]
    /// The commit LSN of each change.
    let lsns: [Int64]
    /// The place of each change in its transaction.
    let sequences: [Int64]
    /// The transactions.
    let xids: [UInt32]
    /// When they were committed, in microseconds since 1970-01-01 UTC.
    let committedAt: [Int64]
    /// Of rows with values that the server has not sent, the indexes of those columns, which are NULL here.
    let unchanged: [Int: [Int]]
    /// Of rows whose key an UPDATE has changed, the former key as JSON.
    let oldKeys: [Int: [UInt8]]
    /// The values that columns cannot hold, as JSON.
    let rescued: Column
    /// The table's columns, in the file's order.
    let columns: [Column]
    /// The bytes of memory held, about.
    let byteCount: Int
    /// The columns that every change has, as the file has them.
    private let changeColumns: [Column]

    /// Takes rows of a file apart.
    ///
    /// - Parameters:
    ///   - file: What the file says of itself.
    ///   - columns: All columns of the file in its order, with one slot for each row.
    /// - Throws: ``ReplicationError`` if a row is no change.
    init(_ file: ChangeFileSchema, columns: [Column]) throws(ReplicationError) {
        let (changes, table) = file.ordered(columns)
        self.file = file
        self.columns = table
        changeColumns = changes
        rowCount = changes[0].slotCount
        guard changes[..<5].allSatisfy({ $0.validity.nullCount == 0 }) else {
            throw .unreadableChanges(file.key, "it has changes without position")
        }
        operations = try Self.operations(changes[0], file)
        lsns = Self.numbers(changes[1])
        sequences = Self.numbers(changes[2])
        xids = try Self.xids(changes[3], file)
        committedAt = Self.numbers(changes[4])
        unchanged = try Self.unchanged(changes[5], file)
        oldKeys = Self.oldKeys(changes[6])
        rescued = changes[7]
        byteCount =
            columns.reduce(0) { $0 + $1.allocatedByteCount } + rowCount * Self.rowByteCount
            + oldKeys.values.reduce(0) { $0 + $1.count }
    }

    /// What a pass knows of a row while it decides about it: the key and its hash, its first and last change, the key's place
    /// in order, where the row is, and what becomes of it.
    static let plannedRowByteCount = 400

    /// What the batch counts for in the memory of a pass: see ``PassReader``.
    var passByteCount: Int { Self.passByteCount(rowCount: rowCount, byteCount: byteCount) }

    /// What rows that take so many bytes count for in the memory of a pass.
    static func passByteCount(rowCount: Int, byteCount: Int) -> Int {
        max(byteCount, (byteCount + rowCount * plannedRowByteCount) / 2)
    }

    /// What the arrays have for each row.
    private static let rowByteCount = 3 * 8 + 4 + 1

    /// All columns, as a file of changes has them, for ``ChangeFileSchema/table``.
    var rows: RowBatch { RowBatch(columns: changeColumns + columns) }

    static func numbers(_ column: Column) -> [Int64] {
        column.withValues(as: Int64.self) { values in
            [Int64](unsafeUninitializedCapacity: values.count) { numbers, count in
                for index in values.indices { numbers[index] = values[index] }
                count = values.count
            }
        }
    }

    /// The transactions of changes, out of their column.
    static func xids(_ column: Column, _ file: ChangeFileSchema) throws(ReplicationError) -> [UInt32] {
        var xids: [UInt32] = []
        xids.reserveCapacity(column.slotCount)
        for number in numbers(column) {
            guard let xid = UInt32(exactly: number) else { break }
            xids.append(xid)
        }
        guard xids.count == column.slotCount else {
            throw .unreadableChanges(file.key, "it has a transaction without number")
        }
        return xids
    }

    private static func operations(_ column: Column, _ file: ChangeFileSchema) throws(ReplicationError) -> [UInt8] {
        // Each is a length of four bytes and a letter.
        let bytes = column.values.bytes
        var operations: [UInt8] = []
        operations.reserveCapacity(column.slotCount)
        for offset in stride(from: 0, to: bytes.count, by: 5) {
            guard offset + 5 <= bytes.count, bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) == 1,
                ChangeStamp.Operation(rawValue: bytes[offset + 4]) != nil
            else { break }
            operations.append(bytes[offset + 4])
        }
        guard operations.count == column.slotCount else {
            throw .unreadableChanges(file.key, "it has changes of a kind that nobody knows")
        }
        return operations
    }

    private static func unchanged(_ column: Column, _ file: ChangeFileSchema) throws(ReplicationError) -> [Int: [Int]] {
        guard column.validity.valueCount > 0 else { return [:] }
        let names = ColumnSlots(column.children[0])
        let counts = column.values.bytes
        var unchanged: [Int: [Int]] = [:]
        var value = 0
        var name = 0
        for row in 0..<column.slotCount where column.validity.isValue(at: row) {
            let count = Int(counts.loadUnaligned(fromByteOffset: value * 4, as: UInt32.self))
            var indexes: [Int] = []
            for slot in name..<name + count {
                let index = names.withValue(at: slot) { $0.flatMap { file.columnIndex(named: Array($0)) } }
                guard let index else {
                    throw .unreadableChanges(file.key, "it names columns as unchanged that it does not have")
                }
                indexes.append(index)
            }
            unchanged[row] = indexes
            value += 1
            name += count
        }
        return unchanged
    }

    private static func oldKeys(_ column: Column) -> [Int: [UInt8]] {
        guard column.validity.valueCount > 0 else { return [:] }
        let slots = ColumnSlots(column)
        var keys: [Int: [UInt8]] = [:]
        for row in 0..<column.slotCount where column.validity.isValue(at: row) {
            keys[row] = slots.withValue(at: row) { $0.map { Array($0) } }
        }
        return keys
    }
}
