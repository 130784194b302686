import Columnar
import Ingest
import Lake
import Parquet
import PostgresClient
import Testing

@testable import PostgresWire
@testable import Replication

@Suite
struct TablePlannerTests {
    private static let types = TypeCatalog(
        [(20, "int8"), (23, "int4"), (25, "text"), (1082, "date"), (1184, "timestamptz"), (1700, "numeric")]
            .map { oid, name in
                PostgresType(
                    oid: oid,
                    name: name,
                    kind: .base,
                    baseOID: 0,
                    baseModifier: -1,
                    elementOID: 0,
                    delimiter: ",",
                    outputFunction: "pg_catalog.\(name)out"
                )
            }
    )

    private let snapshot = SharedSnapshot(identifier: "1-1", transactions: "5:7:6", lsn: "0/64")

    private func plan(
        _ columns: (name: String, type: UInt32)...,
        key: Set<String> = ["id"],
        options: TableOptions = TableOptions(),
        snapshot: SharedSnapshot? = nil,
        stream: LakeStreams.Stream? = nil
    ) throws -> TablePlan {
        let table = try table(columns, key: key)
        let planner = try planner(options, snapshot)
        return try planner.plan(table, carriedBy: stream) { name throws(PostgresError) in "\"\(name)\"" }
    }

    private func planner(_ options: TableOptions, _ snapshot: SharedSnapshot? = nil) throws -> TablePlanner {
        let request = BackfillRequest(
            database: try DatabaseURL("postgresql://h/d"),
            lake: LakeOptions(location: .folder(path: "lake")),
            mode: .full,
            selection: [],
            rules: [TableRule(pattern: TablePattern(schema: "public", table: "invoices"), options: options)],
            spill: .insideLake,
            maskSalt: MaskSalt("grain")
        )
        return TablePlanner(
            request: request,
            types: Self.types,
            snapshot: snapshot ?? self.snapshot,
            today: CalendarDate(daysSinceEpoch: 20_000)
        )
    }

    private func table(_ columns: (name: String, type: UInt32)...) throws -> SourceTable {
        try table(columns, key: ["id"])
    }

    private func table(_ columns: [(name: String, type: UInt32)], key: Set<String>) throws -> SourceTable {
        var table = SourceTable(
            oid: 7,
            schema: "public",
            name: "invoices",
            isPartitioned: false,
            isReadable: true,
            isPartlyReadable: true,
            estimatedRowCount: 0
        )
        table.columns = columns.map { column in
            SourceTable.Column(
                name: column.name,
                typeOID: column.type,
                modifier: -1,
                typeName: "type of \(column.name)",
                isKey: key.contains(column.name),
                isReadable: true
            )
        }
        table.columnNames = Set(columns.map(\.name)).union(["unpublished"])
        table.keyColumnCount = key.count
        return table
    }

    private func description(_ plan: TablePlan) throws -> TableDescription {
        try #require(TableDescription(keyValues: plan.metadata))
    }

    /// A stream that has seen the columns at position 1, one after the other.
    private func stream(_ columns: (source: String, type: ColumnType)...) -> LakeStreams.Stream {
        var schemas = SchemaRegistry()
        for column in columns {
            _ = schemas.names(for: [column], of: "invoices", at: LSN(rawValue: 1), taken: TableOptions().takenNames)
        }
        let table = Checkpoint.Table(name: "invoices", oid: 7, schema: "public", table: "invoices")
        return LakeStreams.Stream(slot: "sluice", tables: [table], schemas: schemas)
    }

    private let int64 = ColumnType.leaf(.int64, nil)
    private let text = ColumnType.leaf(.byteArray, .string)

    @Test
    func `what is set for a table goes on to hold when it is renamed, also before a change has shown its new name`()
        throws
    {
        var table = try table(("id", 20), ("secret", 25))
        table.name = "bills"
        let options = TableOptions(excludedColumns: ["secret"])
        let rules = [TableRule(pattern: TablePattern(schema: "public", table: "invoices"), options: options)]
        var renamed = Checkpoint.Table(name: "invoices", oid: 7, schema: "public", table: "bills")
        renamed.first = ["public", "invoices"]
        for entry in [Checkpoint.Table(name: "invoices", oid: 7, schema: "public", table: "invoices"), renamed] {
            let streaming = ReplicationRequest(
                database: try DatabaseURL("postgresql://h/d"),
                lake: LakeOptions(location: .folder(path: "lake")),
                rules: rules,
                spill: .insideLake
            )
            let request = BackfillRequest(streaming: streaming, [entry], mode: .full, selection: [])
            let planner = TablePlanner(
                request: request,
                types: Self.types,
                snapshot: snapshot,
                today: CalendarDate(daysSinceEpoch: 20_000)
            )
            let plan = try planner.plan(table, carriedBy: nil) { name throws(PostgresError) in "\"\(name)\"" }
            #expect(plan.cells.map(\.name) == ["id"] && plan.lakeName == "invoices")
            #expect(try planner.checksumPlan(of: table, carriedBy: nil).columns.map(\.name) == ["id"])
        }
    }

    @Test
    func `yesterday is that of the table's time zone`() throws {
        // 2026-03-02 02:00 UTC.
        let now: Int64 = 1_772_416_800_000_000
        let (last, first) = (try #require(CalendarDate("2026-03-01")), try #require(CalendarDate("2026-02-28")))
        #expect(BackfillRequest.Period.yesterday.days(in: "UTC", now: now) == last...last)
        #expect(BackfillRequest.Period.yesterday.days(in: "America/New_York", now: now) == first...first)
    }

    @Test
    func `a day's file says what its table is, whose snapshot it has, and by what its rows are told apart`() throws {
        let plan = try plan(("id", 20), ("created_at", 1184), options: TableOptions(timeZone: "Asia/Tokyo"))
        #expect(
            try description(plan)
                == TableDescription(
                    table: "public.invoices",
                    columns: [
                        .init(name: "id", type: "type of id", key: true),
                        .init(name: "created_at", type: "type of created_at", key: false),
                    ],
                    key: ["id"],
                    partition: .init(column: "created_at", timeZone: "Asia/Tokyo")
                )
        )
        let entries = Dictionary(uniqueKeysWithValues: plan.metadata.map { ($0.key, $0.value) })
        #expect(entries["sluice.lsn"] == "0/64" && entries["sluice.snapshot"] == "5:7:6")
        #expect(plan.writerOptions.columns.keys.map(\.self) == [["id"]])
        #expect(!plan.isStreamed)
    }

    @Test
    func `a table without days says nothing of them, and a key of which a column is left out tells no rows apart`()
        throws
    {
        let options = TableOptions(excludedColumns: ["part"])
        let plan = try plan(("id", 20), ("part", 23), key: ["id", "part"], options: options)
        #expect(try description(plan).key.isEmpty && description(plan).partition == nil)
        #expect(plan.writerOptions.columns.isEmpty)
        // One that the publication leaves out is not among the columns at all.
        #expect(try description(self.plan(("id", 20), key: ["id", "unpublished"])).key.isEmpty)
    }

    @Test
    func `settings may name columns that the publication leaves out, but none that are not there`() throws {
        let plan = try plan(("id", 20), options: TableOptions(excludedColumns: ["unpublished"]))
        #expect(plan.cells.map(\.name) == ["id"])
        let error = #expect(throws: ReplicationError.self) {
            try self.plan(("id", 20), options: TableOptions(excludedColumns: ["gone"]))
        }
        #expect(error?.description.contains("has no column gone") == true)
    }

    @Test
    func `columns of a table that a stream carries are called as its changes call them`() throws {
        let stream = stream(
            (source: "id", type: text),
            (source: "id", type: int64),
            (source: "created_at", type: text),
            (source: "amount", type: int64)
        )
        let plan = try plan(
            ("id", 20),
            ("created_at", 1184),
            ("amount", 1700),
            ("_op", 25),
            ("_lsn", 25),
            stream: stream
        )
        let names = ["id__v2", "created_at__v2", "amount__v2", "_op__v2", "_lsn__v2"]
        #expect(plan.schema.fields.map(\.name) == names + ["_lsn", "_rescued"])
        #expect(plan.cells.map(\.name) == names && plan.isStreamed)
        #expect(plan.writerOptions.columns.keys.map(\.self) == [["id__v2"]])
        let description = try description(plan)
        #expect(description.columns.map(\.name) == names && description.key == ["id__v2"])
        #expect(description.partition?.column == "created_at__v2")
        #expect(plan.routing?.column == 1)
        // PostgreSQL knows them by their own names.
        #expect(plan.parts.isEmpty)
    }

    @Test
    func `a stream that has seen nothing of a table yet will call its columns so`() throws {
        let stream = stream()
        let plan = try plan(("id", 20), ("_seq", 25), ("_deleted", 25), stream: stream)
        #expect(plan.cells.map(\.name) == ["id", "_seq__v2", "_deleted"])
        let soft = try self.plan(("id", 20), ("_deleted", 25), options: TableOptions(deletes: .soft), stream: stream)
        #expect(soft.cells.map(\.name) == ["id", "_deleted__v2"])
    }

    @Test
    func `masked columns are asked for and described as what is left of them`() throws {
        let masks: [String: Mask] = ["id": .sha256, "amount": .null, "note": .truncate(characterCount: 3)]
        let plan = try plan(("id", 20), ("amount", 1700), ("note", 25), options: TableOptions(masks: masks))
        let sha256 = TextMask.sha256(MaskSalt("grain"))
        let decoders: [CellDecoder] = [
            .masked(sha256), .nothing(.leaf(.byteArray, .string)), .masked(.prefix(characterCount: 3)),
        ]
        #expect(plan.cells.map(\.decoder) == decoders)
        #expect(try description(plan).columns.map(\.type) == ["text", "type of amount", "text"])
        #expect(try description(plan).key == ["id"])
    }

    @Test(arguments: [
        (["id": Mask.null], "column id tells the rows of table invoices apart"),
        (["id": .truncate(characterCount: 2)], "column id tells the rows of table invoices apart"),
        (["day": .truncate(characterCount: 2)], "column day of table invoices has type type of day"),
        (["created_at": .null], "the partition column created_at of table invoices is masked"),
        (["emial": .sha256], "table invoices has no column emial, which is to be masked"),
    ])
    func `a mask that the table cannot have is refused`(masks: [String: Mask], message: String) throws {
        let error = #expect(throws: ReplicationError.self) {
            try plan(("id", 20), ("created_at", 1184), ("day", 1082), options: TableOptions(masks: masks))
        }
        #expect(error?.code == .configuration && error?.description.hasPrefix(message) == true)
    }

    @Test(arguments: [
        (TableOptions(excludedColumns: ["id"]), ReplicaIdentity(key: ["id"]), "column id tells the rows"),
        (TableOptions(representations: ["id": .double]), ReplicaIdentity(key: ["id"]), "column id tells the rows"),
        (TableOptions(deletes: .soft), ReplicaIdentity(kind: .full), "table invoices has no primary key"),
        (
            TableOptions(), ReplicaIdentity(key: ["id"], unsent: ["id"]),
            "column id tells the rows of table invoices apart, but is generated"
        ),
        (
            TableOptions(), ReplicaIdentity(key: ["id"], unsent: ["created_at"]),
            "the partition column created_at of table invoices is generated"
        ),
    ])
    func `beside a stream a table is refused whose rows could not follow its changes`(
        options: TableOptions,
        identity: ReplicaIdentity,
        message: String
    ) throws {
        var table = try table(("id", 1700), ("created_at", 1184))
        table.identity = identity
        let planner = try planner(options)
        let error = #expect(throws: ReplicationError.self) { try planner.leaveOutUnsent(of: &table) }
        #expect(error?.description.hasPrefix(message) == true && error?.isTransient == false)
    }

    @Test
    func `beside a stream generated columns are left out`() throws {
        var table = try table(("id", 20), ("twice", 20), ("secret", 20), ("created_at", 23))
        table.identity = ReplicaIdentity(key: ["id"], unsent: ["twice", "secret", "created_at"])
        let left = try planner(TableOptions(excludedColumns: ["secret"])).leaveOutUnsent(of: &table)
        #expect(left == ["twice", "created_at"] && table.columns.map(\.name) == ["id"])
    }

    @Test
    func `without a stream a column that has the name of one of ours is refused`() {
        let error = #expect(throws: ReplicationError.self) { try plan(("id", 20), ("_lsn", 20)) }
        #expect(error?.description.contains("has a column _lsn, a name the lake needs itself") == true)
    }

    @Test
    func `a standby's rows are exported by themselves, but not beside a stream`() throws {
        let standby = SharedSnapshot(identifier: "1-1", transactions: nil, lsn: "0/64")
        let plan = try plan(("id", 20), snapshot: standby)
        #expect(!plan.metadata.contains { $0.key == "sluice.snapshot" })
        let error = #expect(throws: ReplicationError.self) {
            try self.plan(("id", 20), snapshot: standby, stream: stream())
        }
        #expect(error?.code == .configuration && error?.isTransient == false)
        #expect(error?.description.hasPrefix("table invoices cannot be exported from a standby") == true)
    }

    @Test(arguments: [false, true])
    func `a table of which the role may read some columns is read without those that inherit from it`(
        isPartitioned: Bool
    ) throws {
        var table = try table(("id", 20))
        table.isPartitioned = isPartitioned
        table.leaves = [
            SourceTable.Leaf(oid: 7, schema: "public", name: "leaf", pageCount: 1, isHeap: true, isReadable: false)
        ]
        let planner = try planner(TableOptions())
        let plan = try planner.plan(table, carriedBy: nil) { name throws(PostgresError) in "\"\(name)\"" }
        let only = isPartitioned ? "" : "ONLY "
        #expect(
            plan.parts.map(\.sql) == [
                "COPY (SELECT \"id\" FROM \(only)\"public\".\"invoices\") TO STDOUT (FORMAT binary)"
            ]
        )
    }
}
