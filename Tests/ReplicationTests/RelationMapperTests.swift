import Columnar
import Ingest
import Lake
import Logging
import PostgresClient
import Testing

@testable import PostgresWire
@testable import Replication

@Suite
struct RelationMapperTests {
    private static let types = TypeCatalog(
        [
            (20, "int8", 0), (23, "int4", 0), (25, "text", 0), (1700, "numeric", 0), (869, "inet", 0),
            (1041, "_inet", 869), (1082, "date", 0), (1184, "timestamptz", 0),
        ]
        .map { oid, name, element in
            PostgresType(
                oid: oid,
                name: name,
                kind: .base,
                baseOID: 0,
                baseModifier: -1,
                elementOID: element,
                delimiter: ",",
                outputFunction: "pg_catalog.\(name)out"
            )
        }
    )

    private var schemas = SchemaRegistry()

    private func mapper(
        isBinary: Bool = false,
        options: TableOptions = TableOptions(),
        pattern: TablePattern? = nil
    ) throws -> RelationMapper {
        let request = ReplicationRequest(
            database: try DatabaseURL("postgresql://h/d"),
            lake: LakeOptions(location: .folder(path: "lake")),
            rules: [TableRule(pattern: pattern ?? TablePattern(schema: "public", table: "invoices"), options: options)],
            spill: .insideLake,
            maskSalt: MaskSalt("grain")
        )
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return RelationMapper(request: request, logger: logger, isBinary: isBinary)
    }

    private func relation(
        _ columns: (name: String, type: UInt32)...,
        identity: PgOutputRelation.Identity = .primaryKey,
        key: Set<String> = ["id"]
    ) -> PgOutputRelation {
        PgOutputRelation(
            oid: 7,
            schema: "public",
            name: "invoices",
            identity: identity,
            columns: columns.map {
                PgOutputRelation.Column(
                    isInIdentity: identity == .full || key.contains($0.name),
                    name: $0.name,
                    typeOID: $0.type,
                    modifier: -1
                )
            }
        )
    }

    private mutating func table(
        _ mapper: RelationMapper,
        _ relation: PgOutputRelation,
        typeNames: [String] = [],
        primaryKey: [String] = ["id"]
    ) throws -> StreamedTable {
        try mapper.table(
            for: relation,
            lakeName: "bills",
            facts: RelationMapper.Facts(types: Self.types, typeNames: typeNames, primaryKey: primaryKey),
            position: LSN(rawValue: 1),
            schemas: &schemas
        )
    }

    /// The former key of a row whose cells are one byte of text each.
    private func oldKey(_ table: StreamedTable) throws -> String {
        let rows = WireRowBatch(columnCount: table.cells.count, rowCapacity: 1)
        var row: [UInt8] = [0, UInt8(table.cells.count)]
        for index in table.cells.indices { row += [0, 0, 0, 1, UInt8(ascii: "a") + UInt8(index)] }
        _ = try row.withUnsafeBytes { try rows.append(row: $0) }
        return String(decoding: try table.key.json(0, of: rows), as: UTF8.self)
    }

    @Test
    mutating func `every column of a known type is decoded into its own`() throws {
        let relation = relation(("id", 20), ("amount", 1700), ("note", 25))
        let table = try table(mapper(isBinary: true), relation)
        #expect(table.displayName == "invoices" && table.lakeName == "bills" && table.oid == 7)
        #expect(table.schema.columns.map(\.name) == ["id", "amount", "note"])
        #expect(table.schema.columns.map(\.cell) == [0, 1, 2])
        #expect(table.schema.columns.map(\.decoder) == [.int64, .numericText, .bytes])
        #expect(table.cells.map(\.text) == [.int64, .numeric, .same] && table.cells.allSatisfy(\.acceptsBinary))
        #expect(table.identity == [true, false, false] && table.former.columnCount == 3)
    }

    @Test
    mutating func `excluded columns leave their cells behind and stored otherwise is decoded otherwise`() throws {
        let options = TableOptions(excludedColumns: ["secret"], representations: ["amount": .double])
        let relation = relation(("secret", 25), ("id", 23), ("amount", 1700))
        let table = try table(mapper(options: options), relation, typeNames: ["text", "integer", "numeric"])
        #expect(table.schema.columns.map(\.name) == ["id", "amount"] && table.cells.count == 3)
        #expect(table.schema.columns.map(\.cell) == [1, 2])
        #expect(table.schema.columns.map(\.decoder) == [.int32, .numericDouble])
        let columns = table.metadata.first { $0.key == "sluice.columns" }?.value
        let json =
            #"[{"key":true,"name":"id","type":"integer"},{"key":false,"name":"amount","type":"numeric"}]"#
        #expect(columns == json)
        #expect(table.metadata.first { $0.key == "sluice.table" }?.value == "public.invoices")
    }

    @Test
    mutating func `a setting that does not fit the type is left aside`() throws {
        let options = TableOptions(representations: ["id": .uuid])
        let table = try table(mapper(options: options), relation(("id", 20)))
        #expect(table.schema.columns.map(\.decoder) == [.int64])
    }

    @Test(arguments: [UInt32(869), 1041, 99_999])
    mutating func `values that are of use as text only, or of a type nobody knows, want a stream of text`(
        oid: UInt32
    ) throws {
        let relation = relation(("id", 20), ("odd", oid))
        #expect(throws: RelationMapper.NeedsText.self) { _ = try self.table(mapper(isBinary: true), relation) }
        #expect(schemas.tables.isEmpty)
        let table = try self.table(mapper(), relation)
        #expect(!table.cells[1].acceptsBinary && table.cells[0].acceptsBinary)
        // Of a cell that nobody keeps any form will do.
        let excluded = TableOptions(excludedColumns: ["odd"])
        let rest = try self.table(mapper(isBinary: true, options: excluded), relation)
        #expect(rest.cells[1].acceptsBinary && rest.schema.columns.map(\.name) == ["id"])
    }

    @Test
    mutating func `columns called as those of the stream, and changed types, get other names`() throws {
        let mapper = try mapper()
        var table = try table(mapper, relation(("id", 23), ("_op", 25)))
        #expect(table.schema.columns.map(\.name) == ["id", "_op__v2"])
        table = try self.table(mapper, relation(("id", 20), ("_op", 25)))
        #expect(table.schema.columns.map(\.name) == ["id", "_op__v2"])
        table = try self.table(mapper, relation(("id", 25), ("_op", 23)))
        #expect(table.schema.columns.map(\.name) == ["id__v2", "_op__v3"])
        #expect(table.schema.table.fields.suffix(2).map(\.name) == ["id__v2", "_op__v3"])
    }

    @Test
    mutating func `former keys consist of the identity's columns, of FULL those of the primary key`() throws {
        let mapper = try mapper()
        let (two, one) = ((name: "b", type: UInt32(25)), (name: "a", type: UInt32(25)))
        #expect(try oldKey(table(mapper, relation(two, one, key: ["a"]), primaryKey: ["b"])) == #"{"a":"b"}"#)
        let full = relation(two, one, identity: .full)
        #expect(try oldKey(table(mapper, full, primaryKey: ["a"])) == #"{"a":"b"}"#)
        // Without a primary key, or with one of which not all columns are published, all columns tell rows apart.
        #expect(try oldKey(table(mapper, full, primaryKey: [])) == #"{"b":"a","a":"b"}"#)
        #expect(try oldKey(table(mapper, full, primaryKey: ["a", "hidden"])) == #"{"b":"a","a":"b"}"#)
        let nothing = relation(two, one, identity: .nothing, key: [])
        #expect(try table(mapper, nothing, primaryKey: ["a"]).key.isEmpty)
    }

    private func description(_ table: StreamedTable) throws -> TableDescription {
        try #require(TableDescription(keyValues: table.metadata))
    }

    @Test
    mutating func `files name the columns by which changes name a row, as the lake calls them`() throws {
        let mapper = try mapper()
        let (two, one) = ((name: "_op", type: UInt32(25)), (name: "a", type: UInt32(25)))
        var table = try description(table(mapper, relation(two, one, key: ["_op", "a"]), primaryKey: ["a"]))
        #expect(table.key == ["_op__v2", "a"] && table.identity == .primaryKey)
        table = try description(self.table(mapper, relation(two, one, identity: .index, key: ["_op"])))
        #expect(table.key == ["_op__v2"] && table.identity == .index)
        table = try description(self.table(mapper, relation(two, one, identity: .full), primaryKey: ["a"]))
        #expect(table.key == ["a"] && table.identity == .full)
        table = try description(self.table(mapper, relation(two, one, identity: .nothing, key: []), primaryKey: ["a"]))
        #expect(table.key.isEmpty && table.identity == .nothing)
    }

    @Test
    mutating func `a key of which a column is not sent tells no rows apart`() throws {
        let (two, one) = ((name: "b", type: UInt32(25)), (name: "a", type: UInt32(25)))
        let full = relation(two, one, identity: .full)
        #expect(try description(table(mapper(), full, primaryKey: ["a", "unpublished"])).key.isEmpty)
        let without = try mapper(options: TableOptions(excludedColumns: ["b"]))
        #expect(try description(table(without, full, primaryKey: ["b", "unpublished"])).key.isEmpty)
        #expect(try description(table(mapper(), full, primaryKey: [])).key.isEmpty)
    }

    @Test(arguments: [
        (
            TableOptions(timeZone: "Asia/Tokyo"),
            TableDescription.Partition(column: "created_at", timeZone: "Asia/Tokyo")
        ),
        (TableOptions(partitionColumn: "day"), TableDescription.Partition(column: "day", timeZone: "UTC")),
        (TableOptions(partitionColumn: "note"), nil), (TableOptions(partitionColumn: "gone"), nil),
        (TableOptions(excludedColumns: ["created_at"]), nil),
    ])
    mutating func `files say how rows find their day if the column is one that has days`(
        options: TableOptions,
        partition: TableDescription.Partition?
    ) throws {
        let relation = relation(("id", 20), ("created_at", 1184), ("day", 1082), ("note", 25))
        #expect(try description(table(mapper(options: options), relation)).partition == partition)
    }

    @Test
    mutating func `a partition column of another type has no days, and a new one is called as the lake calls it`()
        throws
    {
        #expect(try description(table(mapper(), relation(("created_at", 25)))).partition == nil)
        let partition = try description(table(mapper(), relation(("created_at", 1184)))).partition
        #expect(partition?.column == "created_at__v2")
    }

    @Test
    mutating func `a type that changes before the first change is noticed`() throws {
        let mapper = try mapper(options: TableOptions(excludedColumns: ["secret"]))
        let relation = relation(("id", 20), ("_op", 25), ("secret", 25), identity: .nothing, key: [])
        try mapper.announce(
            relation,
            lakeName: "bills",
            types: Self.types,
            position: LSN(rawValue: 1),
            schemas: &schemas
        )
        #expect(schemas.tables["bills"]?.map(\.name) == ["id", "_op__v2"])
        let changed = try table(mapper, self.relation(("id", 25), ("_op", 25), ("secret", 25)))
        #expect(changed.schema.columns.map(\.name) == ["id__v2", "_op__v2"])
    }

    @Test
    mutating func `masked columns are decoded into what is left of them`() throws {
        let options = TableOptions(masks: ["email": .sha256, "note": .truncate(characterCount: 3), "amount": .null])
        let relation = relation(("id", 20), ("email", 25), ("note", 25), ("amount", 1700))
        let table = try table(mapper(isBinary: true, options: options), relation, typeNames: ["bigint", "a", "b", "c"])
        let sha256 = TextMask.sha256(MaskSalt("grain"))
        let decoders: [CellDecoder] = [
            .int64, .masked(sha256), .masked(.prefix(characterCount: 3)), .nothing(.leaf(.byteArray, .string)),
        ]
        #expect(table.schema.columns.map(\.decoder) == decoders)
        #expect(try description(table).columns.map(\.type) == ["bigint", "text", "text", "c"])
    }

    @Test
    mutating func `digests of other types want a stream of text, and the key's change its column`() throws {
        let relation = relation(("id", 20), ("email", 25))
        _ = try table(mapper(isBinary: true), relation)
        let mapper = try mapper(isBinary: true, options: TableOptions(masks: ["id": .sha256]))
        #expect(throws: RelationMapper.NeedsText.self) { _ = try self.table(mapper, relation) }
        let text = try table(self.mapper(options: TableOptions(masks: ["id": .sha256])), relation)
        #expect(text.schema.columns.map(\.name) == ["id__v2", "email"])
        #expect(try description(text).key == ["id__v2"])
        #expect(try oldKey(text).count == #"{"id__v2":""}"#.count + 64)
    }

    @Test(arguments: [
        TableOptions(masks: ["a": .null]), TableOptions(masks: ["a": .truncate(characterCount: 1)]),
        TableOptions(excludedColumns: ["a"]), TableOptions(representations: ["a": .double]),
    ])
    mutating func `what tells rows apart must stay, and stay different`(options: TableOptions) throws {
        let mapper = try mapper(options: options)
        let (two, one) = ((name: "b", type: UInt32(25)), (name: "a", type: UInt32(25)))
        for relation in [relation(two, one, key: ["a"]), relation(two, one, identity: .full)] {
            let error = #expect(throws: ReplicationError.self) {
                _ = try self.table(mapper, relation, primaryKey: ["a"])
            }
            #expect(error?.code == .configuration && error?.description.hasPrefix("column a tells the rows") == true)
        }
        _ = try table(mapper, relation(two, one, key: ["b"]), primaryKey: ["a"])
        // Rows that become equal are as good as one another where nothing but all of a row names it.
        _ = try table(mapper, relation(two, one, identity: .full), primaryKey: [])
    }

    @Test
    mutating func `a type of which no characters can be kept is refused, not taken as it is`() throws {
        let mapper = try mapper(options: TableOptions(masks: ["amount": .truncate(characterCount: 1)]))
        let error = #expect(throws: ReplicationError.self) {
            _ = try self.table(mapper, self.relation(("id", 20), ("amount", 1700)))
        }
        #expect(error?.description.hasPrefix("column amount of table invoices has type numeric") == true)
    }

    @Test
    mutating func `a column that is to be masked must not come under another name`() throws {
        let options = TableOptions(masks: ["email": .sha256])
        let renamed = relation(("id", 20), ("mail", 25))
        let exact = try mapper(options: options)
        let error = #expect(throws: ReplicationError.self) { _ = try self.table(exact, renamed) }
        #expect(error?.description.hasPrefix("table invoices has no column email, which is to be masked") == true)
        // A pattern is for tables that never had it, too.
        let pattern = try mapper(options: options, pattern: try TablePattern("public.*"))
        _ = try table(pattern, renamed)
        _ = try table(pattern, relation(("id", 20), ("email", 25)))
        _ = try table(pattern, renamed)
        let again = self.relation(("id", 20), ("e_mail", 25))
        #expect(throws: ReplicationError.self) { _ = try self.table(pattern, again) }
        #expect(throws: ReplicationError.self) {
            try exact.announce(
                renamed,
                lakeName: "bills",
                types: Self.types,
                position: LSN(rawValue: 1),
                schemas: &self.schemas
            )
        }
    }

    @Test
    mutating func `a column that the publication leaves out is not missed`() throws {
        let mapper = try mapper(options: TableOptions(masks: ["email": .sha256]))
        let facts = RelationMapper.Facts(
            types: Self.types,
            typeNames: [],
            primaryKey: ["id"],
            numbers: .init(columns: [("id", 1), ("email", 2)], columnCount: 2)
        )
        _ = try mapper.table(
            for: relation(("id", 20)),
            lakeName: "bills",
            facts: facts,
            position: LSN(rawValue: 1),
            schemas: &schemas
        )
    }

    @Test
    mutating func `without a salt nothing is kept of what is to be digested`() throws {
        var request = try mapper(options: TableOptions(masks: ["email": .sha256])).request
        request.maskSalt = nil
        let mapper = RelationMapper(request: request, logger: try self.mapper().logger, isBinary: false)
        let table = try table(mapper, relation(("id", 20), ("email", 25)))
        #expect(table.schema.columns.last?.decoder == .nothing(.leaf(.byteArray, .string)))
    }
}
