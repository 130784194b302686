import Bytes
import Lake
import PostgresClient
import PostgresWire
import TestSupport
import Testing

@testable import Replication

@Suite(
    "Checksums of a server and of its lake",
    .enabled(if: ChecksumDatabase.isWanted, "set SLUICE_TEST_POSTGRES to run these"),
    .serialized
)
struct ChecksumServerTests {
    private static let rules: [TableRule] = [
        rule("t_numeric_choices") {
            $0.representations = [
                "fixed": .decimal(precision: 10, scale: 4), "narrow": .decimal(precision: 12, scale: 3),
                "double": .double,
                "fixeds": .decimal(precision: 8, scale: 2),
            ]
        },
        rule("t_bytes") { $0.representations = ["chosen": .uuid] },
        rule("t_times") { $0.representations = ["chosen": .time] },
        rule("t_composites") { $0.masks = ["place": .sha256, "route": .null] },
        rule("t_texts") { $0.masks = ["plain": .truncate(characterCount: 9), "padded": .truncate(characterCount: 3)] },
        rule("t_domains") { $0.masks = ["id": .sha256] },
    ]

    private static func rule(_ table: String, _ change: (inout TableOptions) -> Void) -> TableRule {
        var options = TableOptions()
        change(&options)
        return TableRule(pattern: TablePattern(schema: "public", table: table), options: options)
    }

    @Test
    func `the same rows have the same checksums whatever their types`() async throws {
        let database = try ChecksumDatabase(fixtures: ["types.sql"], rules: Self.rules)
        try await database.export()
        for (table, sides) in try await database.sides() {
            #expect(sides.differences == [:], "\(table)")
            #expect(!sides.database.isEmpty)
        }
    }

    @Test
    func `the same rows have the same checksums however tables are made and named`() async throws {
        // Three days of the widest table are enough.
        let database = try ChecksumDatabase(
            fixtures: ["names.sql"],
            sql: ["DELETE FROM wide WHERE created_at >= '2025-01-14 00:00+00'"]
        )
        try await database.export()
        for (table, sides) in try await database.sides() {
            #expect(sides.differences == [:], "\(table)")
        }
    }

    private static let invoices = """
        CREATE TABLE invoices (id bigint PRIMARY KEY, number text, amount numeric(12,2), paid boolean, tags text[],
                               created_at timestamptz);
        INSERT INTO invoices
        SELECT n, 'R-' || n % 7, n / 3.0, n % 2 = 0, ARRAY['a', NULL, 'b c'], timestamptz '2026-01-01 00:00+00' + n * interval '1 hour'
        FROM generate_series(1, 100) n;
        """

    private static func difference(
        _ rows: (database: Int, lake: Int),
        _ hasOtherKeys: Bool,
        _ columns: [String]
    ) -> ChecksumDifference {
        ChecksumDifference(
            databaseRowCount: rows.database,
            lakeRowCount: rows.lake,
            hasOtherKeys: hasOtherKeys,
            columns: columns
        )
    }

    private static let changes: [(sql: String, found: [String: ChecksumDifference])] = [
        (
            "UPDATE invoices SET amount = amount + 0.01 WHERE id = 30",
            ["2026-01-02": difference((24, 24), false, ["amount"])]
        ),
        ("UPDATE invoices SET number = NULL WHERE id = 30", ["2026-01-02": difference((24, 24), false, ["number"])]),
        ("UPDATE invoices SET tags[2] = 'NULL' WHERE id = 30", ["2026-01-02": difference((24, 24), false, ["tags"])]),
        // The values are the same ones.
        (
            "UPDATE invoices SET amount = (SELECT sum(amount) FROM invoices WHERE id IN (30, 31)) - amount WHERE id IN (30, 31)",
            ["2026-01-02": difference((24, 24), false, ["amount"])]
        ),
        (
            "DELETE FROM invoices WHERE id = 30",
            ["2026-01-02": difference((23, 24), true, ["id", "number", "amount", "paid", "tags", "created_at"])]
        ),
        (
            "INSERT INTO invoices (id, created_at) VALUES (1000, '2026-01-02')",
            ["2026-01-02": difference((25, 24), true, ["id", "created_at"])]
        ),
        (
            "UPDATE invoices SET created_at = '2026-02-01 00:00+00' WHERE id = 30",
            [
                "2026-01-02": difference((23, 24), true, ["id", "number", "amount", "paid", "tags", "created_at"]),
                "2026-02-01": difference((1, 0), true, ["id", "number", "amount", "paid", "tags", "created_at"]),
            ]
        ),
    ]

    @Test
    func `what has changed since is told by day and column`() async throws {
        let database = try ChecksumDatabase(sql: [Self.invoices])
        try await database.export()
        try database.execute("ALTER TABLE invoices RENAME TO former")
        for (sql, found) in Self.changes {
            try database.execute("CREATE TABLE invoices (LIKE former INCLUDING ALL)")
            try database.execute("INSERT INTO invoices SELECT * FROM former")
            try database.execute(sql)
            #expect(try await database.sides(of: "invoices")["invoices"]?.differences == found, "\(sql)")
            try database.execute("DROP TABLE invoices")
        }
    }

    @Test
    func `rows without a key are compared as wholes`() async throws {
        let database = try ChecksumDatabase(sql: [Self.invoices, "ALTER TABLE invoices DROP CONSTRAINT invoices_pkey"])
        try await database.export()
        #expect(try await database.sides()["invoices"]?.differences == [:])
        // Each column has the same values as before.
        try database.execute(
            "UPDATE invoices SET number = CASE id WHEN 30 THEN 'R-3' ELSE 'R-2' END WHERE id IN (30, 31)"
        )
        #expect(
            try await database.sides()["invoices"]?.differences == ["2026-01-02": Self.difference((24, 24), true, [])]
        )
        try database.execute("UPDATE invoices SET number = 'R-2' WHERE id = 30")
        try database.execute("UPDATE invoices SET number = 'R-3' WHERE id = 31")
        try database.execute("INSERT INTO invoices SELECT * FROM invoices WHERE id = 40")
        try database.execute("DELETE FROM invoices WHERE id = 41")
        #expect(try await database.sides()["invoices"]?.differences["2026-01-02"]?.hasOtherKeys == true)
    }

    @Test
    func `some days are compared alone`() async throws {
        let database = try ChecksumDatabase(sql: [Self.invoices, "INSERT INTO invoices (id) VALUES (1000)"])
        try await database.export()
        let day = try #require(CalendarDate("2026-01-02"))
        let some = try #require(try await database.sides(days: day...day.advanced(by: 1))["invoices"])
        #expect(some.differences == [:])
        #expect(Set(some.database.keys) == [day, day.advanced(by: 1)])
        let epoch = CalendarDate(daysSinceEpoch: 0)
        #expect(try await database.sides(days: epoch...epoch)["invoices"]?.database[epoch]?.rowCount == 1)
    }

    @Test(arguments: ["LATIN1", "EUC_JP", "SQL_ASCII"])
    func `the encoding of the database changes nothing`(encoding: String) async throws {
        let letter = encoding == "LATIN1" ? "ä" : encoding == "EUC_JP" ? "日" : "a"
        let setup = """
            CREATE TABLE "\(letter)" ("k\(letter)" text PRIMARY KEY, created_at date, texts text[], document json, empty text);
            INSERT INTO "\(letter)" VALUES ('\(letter)', '2025-01-10', '{\(letter),NULL}', '"\(letter)"', ''), ('', NULL, NULL, NULL, NULL);
            CREATE TABLE keyless AS SELECT * FROM "\(letter)";
            """
        let database = try ChecksumDatabase(sql: [setup], encoding: encoding)
        try await database.export()
        let sides = try await database.sides()
        #expect(sides.count == 2)
        for (table, sides) in sides { #expect(sides.differences == [:], "\(table)") }
        try database.execute("UPDATE keyless SET empty = '\(letter)' WHERE empty = ''")
        #expect(try await database.sides()["keyless"]?.differences["2025-01-10"]?.columns == ["empty"])
    }

    @Test
    func `days are those of the exports where a clock goes back over midnight`() async throws {
        var options = TableOptions()
        options.timeZone = "America/St_Johns"
        let rule = TableRule(pattern: TablePattern(schema: "public", table: "t"), options: options)
        // One minute after midnight of 7 November 2010 it was one minute past eleven again.
        let setup = """
            CREATE TABLE t (id int PRIMARY KEY, created_at timestamptz);
            INSERT INTO t SELECT n, timestamptz '2010-11-06 12:00+00' + n * interval '10 seconds' FROM generate_series(0, 20000) n;
            INSERT INTO t VALUES (-1, NULL), (-2, 'infinity'), (-3, '0001-01-01 00:00+00'), (-4, '1970-01-01 12:00+00'),
                                 (-5, '1970-01-01 03:29+00'), (-6, '9999-12-31 23:59+00'), (-7, '294247-01-10 04:00:54+00');
            """
        let database = try ChecksumDatabase(sql: [setup], rules: [rule])
        try await database.export()
        let sides = try #require(try await database.sides()["t"])
        #expect(sides.differences == [:])
        #expect(sides.database.count == 7)
        let connection = try database.connect()
        let byServer = try connection.query(
            "SELECT count(*) FROM t WHERE (created_at AT TIME ZONE 'America/St_Johns')::date = '2010-11-07'"
        )
        let day = try #require(CalendarDate("2010-11-07"))
        #expect(byServer.scalar != sides.database[day].map { "\($0.rowCount)" })
        #expect(try await database.sides(days: day...day)["t"]?.differences == [:])
    }

    @Test
    func `every length of text has the hash that the server gives it`() throws {
        let database = try ChecksumDatabase()
        let connection = try database.connect()
        let rows = try connection.query(
            """
            SELECT t, s, hashtextextended(t COLLATE "C", s)
            FROM generate_series(0, 100) n, unnest(ARRAY[0, 1, -1, 4294967296, -9223372036854775808]) s,
                 left(encode(sha512(n::text::bytea) || sha512('x'), 'hex'), n) t
            """
        ).rows
        #expect(rows.count == 505)
        for row in rows {
            let (text, seed) = (Array((row[0] ?? "").utf8), Int64(row[1] ?? "") ?? 0)
            let hash = text.withUnsafeBytes { TextHash.hash($0, seed: UInt64(bitPattern: seed)) }
            #expect(String(Int64(bitPattern: hash)) == row[2])
        }
    }

    @Test
    func `floating point numbers of any size are printed as the server prints them`() throws {
        var generator = SeededGenerator(seed: 5)
        var values = (0..<2_000).map { _ in Double(bitPattern: generator.next()) }.filter(\.isFinite)
        // Many of these are half-way between two others.
        for power in 0..<24 {
            for factor in 1..<100 { values.append(Double("\(factor)e\(power)") ?? 0) }
        }
        values += (-1_074..<1_024).map { Double(sign: .plus, exponent: $0, significand: 1) }
        let database = try ChecksumDatabase()
        let connection = try database.connect()
        try connection.command("SET extra_float_digits = 3")
        // All digits of a value say which it is.
        let rows = try connection.query(
            "SELECT v::text FROM unnest($1::float8[]) WITH ORDINALITY u (v, n) ORDER BY n",
            ["{" + values.map { "\($0)" }.joined(separator: ",") + "}"]
        ).rows
        try #require(rows.count == values.count)
        for (value, row) in zip(values, rows) {
            let text = ByteBuffer()
            FloatText.append(value, to: text)
            #expect(String(decoding: text.copyBytes(), as: UTF8.self) == row[0])
        }
    }
}
