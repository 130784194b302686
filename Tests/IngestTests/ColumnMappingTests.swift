import Columnar
import Ingest
import PostgresWire
import Testing

@Suite("How columns come in a replication stream")
struct ColumnMappingTests {
    private static func type(
        _ oid: UInt32,
        _ name: String,
        _ kind: PostgresType.Kind = .base,
        base: UInt32 = 0,
        element: UInt32 = 0,
        delimiter: String = ","
    ) -> PostgresType {
        PostgresType(
            oid: oid,
            name: name,
            kind: kind,
            baseOID: base,
            baseModifier: -1,
            elementOID: element,
            delimiter: delimiter,
            outputFunction: "pg_catalog.\(name)out"
        )
    }

    private static let types = TypeCatalog([
        type(16, "bool"), type(17, "bytea"), type(20, "int8"), type(21, "int2"), type(23, "int4"), type(25, "text"),
        type(114, "json"), type(603, "box"), type(700, "float4"), type(701, "float8"), type(869, "inet"),
        type(1042, "bpchar"), type(1082, "date"), type(1083, "time"), type(1114, "timestamp"),
        type(1184, "timestamptz"),
        type(1700, "numeric"), type(2950, "uuid"), type(3802, "jsonb"), type(3904, "int4range", .range),
        type(1001, "_bytea", element: 17), type(1007, "_int4", element: 23),
        type(1020, "_box", element: 603, delimiter: ";"),
        type(1041, "_inet", element: 869), type(1185, "_timestamptz", element: 1184),
        type(16384, "mood", .enumeration), type(16385, "amount", .domain, base: 1700),
        type(16386, "numbers", .domain, base: 1007), type(16387, "_numbers", element: 16386), type(16388, "hstore"),
    ])

    @Test(
        "values that are decoded come in either form",
        arguments: [
            (16, TextForm.boolean), (17, .bytea), (20, .int64), (21, .int16), (23, .int32), (25, .same), (114, .same),
            (700, .float), (701, .double), (1042, .same), (1082, .date), (1083, .time), (1114, .timestamp),
            (1184, .timestamp), (1700, .numeric), (2950, .uuid), (3802, .jsonb), (16384, .same), (16385, .numeric),
            (16388, .hstore), (1001, .array(.bytea, delimiter: 44)), (1007, .array(.int32, delimiter: 44)),
            (1185, .array(.timestamp, delimiter: 44)),
            (16387, .array(.array(.int32, delimiter: 44), delimiter: 44)),
        ] as [(UInt32, TextForm)]
    )
    func decoded(oid: UInt32, form: TextForm) throws {
        let mapping = try #require(ColumnMapping(typeOID: oid, modifier: -1, override: nil, types: Self.types))
        #expect(mapping.selection == .column)
        #expect(mapping.tupleColumn == TupleColumn(text: form, acceptsBinary: true))
    }

    @Test(
        "values that are kept as PostgreSQL prints them come as text only",
        arguments: [
            (869, TextForm.same), (603, .same), (3904, .same), (1041, .array(.same, delimiter: 44)),
            (1020, .wholeArray(delimiter: UInt8(ascii: ";"))),
        ] as [(UInt32, TextForm)]
    )
    func printed(oid: UInt32, form: TextForm) throws {
        let mapping = try #require(ColumnMapping(typeOID: oid, modifier: -1, override: nil, types: Self.types))
        #expect(mapping.tupleColumn == TupleColumn(text: form, acceptsBinary: false))
    }

    @Test("a column that is stored otherwise than by default comes as before")
    func overridden() throws {
        for (oid, override, form) in [(2950, .uuid, .uuid), (1083, .time, .time), (1700, .double, .numeric)]
            as [(UInt32, ColumnMapping.Override, TextForm)]
        {
            let mapping = try #require(ColumnMapping(typeOID: oid, modifier: -1, override: override, types: Self.types))
            #expect(mapping.tupleColumn == TupleColumn(text: form, acceptsBinary: true))
        }
    }
}
