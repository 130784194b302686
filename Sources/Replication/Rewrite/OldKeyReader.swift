import Columnar
import Ingest
import Lake
import PostgresWire

/// Turns what `_old_key` holds into columns of the key's types, as if the key had come with the change.
///
/// Used by one thread at a time.
final class OldKeyReader {
    /// A column of the key.
    struct KeyColumn {
        /// Its name in the lake.
        var name: String
        /// The type of the columns that come out.
        var type: ColumnType
        /// The type in PostgreSQL, if it is known.
        var typeName: String?
    }

    /// The file, for messages.
    private let file: String
    private let columns: [KeyColumn]
    private let names: [[UInt8]]
    private let cells: [TupleColumn]
    private let decoder: RowDecoder

    /// Prepares to read keys.
    ///
    /// - Parameters:
    ///   - columns: The columns of the key that are wanted.
    ///   - file: The file that holds the keys, for messages.
    /// - Throws: ``ReplicationError`` if a column has a type that the lake has no columns of.
    init(columns: [KeyColumn], file: String) throws(ReplicationError) {
        self.columns = columns
        self.file = file
        names = columns.map { Array($0.name.utf8) }
        var decoders: [(name: String, decoder: CellDecoder)] = []
        var cells: [TupleColumn] = []
        for column in columns {
            guard let decoder = CellDecoder(storing: column.type, typeName: column.typeName) else {
                throw .unreadableChanges(
                    file,
                    "no key can have the type \(column.type.parquetText) of column \(column.name)"
                )
            }
            decoders.append((column.name, decoder))
            cells.append(decoder.printedCell(of: column.type))
        }
        self.cells = cells
        decoder = RowDecoder(columns: decoders)
    }

    /// Prepares to read keys of a file's changes, in the types that the file's columns have.
    ///
    /// - Throws: ``ReplicationError`` if the file has not all of the columns.
    convenience init(_ file: ChangeFileSchema, names: [String]) throws(ReplicationError) {
        var columns: [KeyColumn] = []
        for name in names {
            guard let index = file.columnIndex(named: Array(name.utf8)) else {
                throw .unreadableChanges(file.key, "it has no column \(name), which is of the key")
            }
            columns.append(KeyColumn(name: name, type: file.columns[index].type, typeName: file.typeNames[index]))
        }
        try self.init(columns: columns, file: file.key)
    }

    /// Reads keys.
    ///
    /// - Parameter keys: Each as `_old_key` has it.
    /// - Returns: The key's columns, and `_rescued` with the values that they cannot hold; one slot for each key.
    /// - Throws: ``ReplicationError`` if a key is malformed or lacks a column.
    func read(_ keys: [[UInt8]]) throws(ReplicationError) -> (columns: [Column], rescued: Column) {
        let rescuedType = ColumnType.leaf(.byteArray, .json)
        let batch = RowBatch(
            columns: columns.map { Column(type: $0.type) } + [
                Column(type: .leaf(.int64, nil)), Column(type: rescuedType),
            ]
        )
        let wire = WireRowBatch(
            columnCount: columns.count,
            rowCapacity: max(1, keys.count),
            byteCapacity: keys.count * 32
        )
        for key in keys { try append(key, to: wire) }
        do throws(CellError) {
            let rows = (0..<UInt32(keys.count)).map { $0 }
            try rows.withUnsafeBufferPointer { rows throws(CellError) in
                try decoder.decode(rows, of: wire, lsn: 0, into: batch)
            }
        } catch {
            throw .unreadableChanges(file, "in a former key \(error)")
        }
        let rescued = batch.columns[columns.count + 1]
        if !decoder.hasRescuedColumn { rescued.appendNulls(keys.count) }
        return (Array(batch.columns[..<columns.count]), rescued)
    }

    /// Appends a key as the server would send it: `n`, or `t`, a length and the text.
    private func append(_ key: [UInt8], to wire: WireRowBatch) throws(ReplicationError) {
        guard let members = JSONText.members(of: key) else {
            throw .unreadableChanges(file, "a former key is no object of texts")
        }
        var row: [UInt8] = []
        for (place, name) in names.enumerated() {
            // As a rule the members are the columns, in the same order.
            let isInPlace = place < members.count && members[place].name == name
            guard let member = isInPlace ? members[place] : members.first(where: { $0.name == name }) else {
                throw .unreadableChanges(file, "a former key lacks column \(columns[place].name)")
            }
            guard let text = member.text else {
                row.append(UInt8(ascii: "n"))
                continue
            }
            guard let length = Int32(exactly: text.count) else {
                throw .unreadableChanges(file, "a former key is longer than a row can be")
            }
            row.append(UInt8(ascii: "t"))
            row += withUnsafeBytes(of: length.bigEndian) { Array($0) }
            row += text
        }
        do throws(WireFormatError) {
            let tuple = PgOutputTuple(offset: 0, byteCount: row.count, columnCount: columns.count)
            try wire.append(tuple, of: row.span.bytes, columns: cells)
        } catch {
            guard case .cellForm(let column) = error else {
                throw .unreadableChanges(file, "a former key cannot be read (\(error))")
            }
            throw .unreadableChanges(file, "a former key's column \(columns[column].name) is not of its type")
        }
    }
}
