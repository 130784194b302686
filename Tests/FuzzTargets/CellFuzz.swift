import Columnar
import Ingest
import PostgresWire

/// Takes any bytes for a cell of a replication stream: text that one layer takes for a value of its type, the next one
/// must take too, or the stream would never get past it.
public enum CellFuzz {
    private static func type(_ oid: UInt32, _ name: String, element: UInt32 = 0, _ delimiter: String = ",")
        -> PostgresType
    {
        PostgresType(
            oid: oid,
            name: name,
            kind: oid == 16_386 ? .domain : .base,
            baseOID: oid == 16_386 ? 1_007 : 0,
            baseModifier: -1,
            elementOID: element,
            delimiter: delimiter,
            outputFunction: name + "out"
        )
    }

    private static let types = TypeCatalog([
        type(16, "bool"), type(17, "bytea"), type(20, "int8"), type(21, "int2"), type(23, "int4"), type(25, "text"),
        type(603, "box"), type(700, "float4"), type(701, "float8"), type(869, "inet"), type(1082, "date"),
        type(1083, "time"), type(1114, "timestamp"), type(1184, "timestamptz"), type(1700, "numeric"),
        type(2950, "uuid"), type(3802, "jsonb"), type(1000, "_bool", element: 16), type(1001, "_bytea", element: 17),
        type(1007, "_int4", element: 23), type(1009, "_text", element: 25), type(1020, "_box", element: 603, ";"),
        type(1041, "_inet", element: 869), type(1182, "_date", element: 1082), type(1183, "_time", element: 1083),
        type(1185, "_timestamptz", element: 1184), type(1231, "_numeric", element: 1700),
        type(2951, "_uuid", element: 2950), type(3807, "_jsonb", element: 3802), type(16_386, "numbers"),
        type(16_387, "_numbers", element: 16_386), type(16_388, "hstore"),
    ])

    private static let mappings: [ColumnMapping] = {
        let plain: [UInt32] = [
            16, 17, 20, 21, 23, 25, 603, 700, 701, 1082, 1083, 1114, 1184, 1700, 2950, 3802, 1000, 1001, 1007, 1009,
            1020, 1041, 1182, 1183, 1185, 1231, 2951, 3807, 16_387, 16_388,
        ]
        let overridden: [(UInt32, ColumnMapping.Override)] = [
            (1083, .time), (1700, .double), (1700, .decimal(precision: 9, scale: 2)),
            (1700, .decimal(precision: 38, scale: 10)), (2950, .uuid), (1231, .decimal(precision: 18, scale: 4)),
            (1231, .double),
        ]
        return (plain.map { ($0, nil) } + overridden.map { ($0.0, $0.1) }).compactMap { oid, override in
            ColumnMapping(typeOID: oid, modifier: -1, override: override, types: types)
        }
    }()

    /// Tries the bytes: the first one picks a type, its highest bit the binary form, the others are the cell.
    ///
    /// - Returns: Whether they are a cell of the type.
    @discardableResult
    public static func run(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount > 0 else { return false }
        let first = bytes.unsafeLoad(as: UInt8.self)
        let mapping = mappings[Int(first & 0x7f) % mappings.count]
        let isText = first & 0x80 == 0
        var message: [UInt8] = [
            UInt8(ascii: "I"), 0, 0, 0, 1, UInt8(ascii: "N"), 0, 1, UInt8(ascii: isText ? "t" : "b"),
        ]
        let length = UInt32(bytes.byteCount - 1)
        message += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
        bytes.extracting(droppingFirst: 1).withUnsafeBytes { message += $0 }
        var decoder = PgOutputDecoder()
        guard case .insert(_, let row, _)? = try? decoder.decode(message.span.bytes) else {
            preconditionFailure("a message of one cell is refused")
        }
        let rows = ChangeRows(columnCount: 1, rowCapacity: 1)
        guard (try? rows.wire.append(row, of: message.span.bytes, columns: [mapping.tupleColumn])) != nil else {
            return false
        }
        rows.stamp(ChangeStamp(operation: .insert, lsn: 1, sequence: 1, xid: 1, committedAt: 1))
        let column = ChangeSchema.Column(cell: 0, name: "c", decoder: mapping.decoder, type: mapping.type)
        let schema = ChangeSchema(columns: [column])
        let batch = RowBatch(schema: schema.table)
        do {
            try ChangeDecoder(schema: schema).decode(rows, into: batch)
            precondition(batch.columns.allSatisfy { $0.slotCount == 1 })
            _ = try RowKey([column]).json(0, of: rows.wire)
            return true
        } catch {
            precondition(!isText, "text that became a cell is no cell")
            return false
        }
    }
}
