import Lake
import PostgresWire
import Testing

@Suite
struct LiveViewTests {
    private static func view(
        key: [String] = ["id"],
        columns: [LiveView.Column] = [column("id", "INT64"), column("note", "STRING")],
        identity: TableDescription.Identity? = .primaryKey,
        position: ChangePosition = ChangePosition(lsn: LSN(rawValue: 77)),
        export: LiveView.Export? = nil,
        firstDay: CalendarDate? = nil,
        keepsDeleted: Bool = false
    ) -> LiveView {
        let table = TableDescription(
            table: "public.t",
            columns: columns.map { TableDescription.Column(name: $0.name, type: "", key: key.contains($0.name)) },
            key: key,
            identity: identity,
            partition: TableDescription.Partition(column: "note", timeZone: "UTC")
        )
        return LiveView(
            of: table,
            columns: columns,
            name: "t",
            position: position,
            export: export,
            firstDay: firstDay,
            keepsDeleted: keepsDeleted
        )
    }

    private static func column(_ name: String, _ type: String) -> LiveView.Column {
        LiveView.Column(name: name, type: type)
    }

    @Test
    func `the view reads the two tables of the lake and has a name of its own`() throws {
        let view = Self.view()
        let sql = try view.statement()
        #expect(view.viewName == "t_live")
        #expect(sql.hasPrefix("CREATE OR REPLACE VIEW \"t_live\" AS\n"))
        #expect(sql.contains("FROM \"t\"\n"))
        #expect(sql.contains("FROM \"t_changes\"\n"))
    }

    @Test
    func `changes are pending after the position`() throws {
        #expect(try Self.view().statement().contains("WHERE _lsn > 77\n"))
        let cut = Self.view(position: ChangePosition(lsn: LSN(rawValue: 77), sequence: 5))
        #expect(try cut.statement().contains("WHERE (_lsn > 77 OR _lsn = 77 AND _seq > 5)\n"))
    }

    @Test
    func `rows that are only added count as taken up in the order of their transaction`() throws {
        let cut = Self.view(
            key: [],
            identity: .primaryKey,
            position: ChangePosition(lsn: LSN(rawValue: 77), sequence: 5)
        )
        let sql = try cut.statement()
        #expect(sql.contains("WHERE _lsn >= 77\n"))
        #expect(sql.contains("row_number() OVER (PARTITION BY lsn, day ORDER BY ord) AS place"))
        #expect(sql.contains("WHERE p.place > coalesce(t.total, 0)"))
    }

    @Test
    func `a view ends with a reason where it cannot be right`() throws {
        let keyed = try Self.view().statement()
        #expect(keyed.contains("CASE WHEN _op = 'T' OR CAST(\"id\" AS bigint) IS NOT NULL OR _lsn <= 77 THEN true"))
        #expect(keyed.contains("changes of t do not say its key (id)"))
        #expect(keyed.contains("ELSE CAST(concat('large values of a row of t are in none of its files"))
        let whole = try Self.view(key: [], identity: .full).statement()
        #expect(whole.contains("AND CASE WHEN _lsn <= 77 THEN true ELSE CAST(concat('rows of t have taken up changes"))
        #expect(whole.contains("CASE WHEN r.gone * 2 <= r.total THEN NOT r.goes AND r.place > r.gone ELSE CAST("))
        let added = try Self.view(key: [], identity: .primaryKey).statement()
        #expect(
            added.contains("CASE WHEN _op IN ('I', 'T') OR _lsn <= 77 THEN true ELSE CAST(concat('rows of t change")
        )
    }

    @Test
    func `rows without key are compared by the columns that their changes have`() throws {
        let columns = [Self.column("id", "INT64"), Self.column("note", "STRING"), Self.column("gone", "LIST<INT32>")]
        var view = Self.view(key: [], columns: columns, identity: .full)
        #expect(throws: LiveView.Unsupported.self) { try view.statement() }
        var table = view.table
        table.columns.removeLast()
        view = LiveView(of: table, columns: columns, name: "t", position: view.position)
        let sql = try view.statement()
        #expect(sql.contains("OVER (PARTITION BY i1, i2)"))
        #expect(sql.contains("r.c3 AS \"gone\""))
    }

    @Test
    func `changes that the load has seen are not pending`() throws {
        let snapshot = try #require(TransactionSnapshot("4294967300:4294967310:4294967304,4294967302"))
        let export = LiveView.Export(snapshot: snapshot, lsn: LSN(rawValue: 90))
        let sql = try Self.view(export: export).statement()
        #expect(
            sql.contains(
                "AND NOT (_lsn < 90 AND mod(4294967310 - _xid, 4294967296) BETWEEN 1 AND 2147483648 AND _xid NOT IN (6, 8))"
            )
        )
        let passed = LiveView.Export(snapshot: snapshot, lsn: LSN(rawValue: 77))
        #expect(try !Self.view(export: passed).statement().contains("_xid"))
    }

    @Test
    func `folders of days before the first are not opened`() throws {
        let day = try #require(CalendarDate("2026-03-09"))
        let date = "CAST(year AS bigint) * 10000 + CAST(month AS bigint) * 100 + CAST(day AS bigint) >= 20260309"
        #expect(try Self.view(firstDay: day).statement().contains(date))
        // A column of the table would be taken for the folder's.
        let named = [Self.column("id", "INT64"), Self.column("Month", "INT32")]
        #expect(try !Self.view(columns: named, firstDay: day).statement().contains(date))
    }

    @Test(arguments: [
        ("a\"b", "\"a\"\"b\"", "'a\"b'"), ("it's", "\"it's\"", "'it''s'"), ("select", "\"select\"", "'select'"),
        ("\"; DROP", "\"\"\"; DROP\"", "'\"; DROP'"), ("'\u{301}", "\"'\u{301}\"", "'''\u{301}'"),
    ])
    func `any name of a column stands in quotes`(name: String, identifier: String, literal: String) throws {
        let sql = try Self.view(columns: [Self.column("id", "INT64"), Self.column(name, "STRING")]).statement()
        #expect(Self.has(sql, "\(identifier) AS c2"))
        #expect(Self.has(sql, "AS \(identifier)"))
        #expect(Self.has(sql, "contains(_unchanged, \(literal))"))
    }

    /// Characters that Swift holds equal are not the same SQL.
    private static func has(_ text: String, _ part: String) -> Bool {
        let (text, part) = (Array(text.utf8), Array(part.utf8))
        return text.indices.dropLast(part.count - 1).contains { text[$0..<$0 + part.count].elementsEqual(part) }
    }

    @Test
    func `columns of the table cannot be taken for those of the query`() throws {
        let names = ["op", "ord", "k1", "o1", "life", "c1", "_op", "lsn"]
        let view = Self.view(columns: [Self.column("id", "INT64")] + names.map { Self.column($0, "STRING") })
        let sql = try view.statement()
        for (index, name) in names.enumerated() {
            #expect(sql.contains("\"\(name)\" AS c\(index + 2)"))
        }
    }

    @Test
    func `parts of the query cannot be taken for a table`() throws {
        let views = [
            Self.view(), Self.view(keepsDeleted: true), Self.view(key: [], identity: .full),
            Self.view(key: [], identity: .nothing),
        ]
        for view in views {
            let sql = try view.statement()
            let parts = sql.matches(of: /(?:WITH|,\n) ?(\w+) AS \(/)
            #expect(parts.count > 2)
            #expect(parts.allSatisfy { $0.1.hasPrefix("_") })
            #expect(sql.matches(of: /(?:FROM|JOIN) ([a-z]\w*)/).isEmpty)
        }
    }

    @Test
    func `rows without large values need no former rows`() throws {
        let sql = try Self.view(columns: [Self.column("id", "INT64"), Self.column("at", "TIMESTAMP(UTC)")]).statement()
        #expect(!sql.contains("links"))
        #expect(!sql.contains("placed"))
        #expect(!sql.contains("_unchanged"))
    }

    @Test
    func `as many former keys are followed as the depth says, and a query beyond it fails`() throws {
        let sql = try Self.view().statement()
        let depth = LiveView.keyChangeDepth
        #expect(sql.contains("LEFT JOIN _links AS l\(depth) ON l\(depth).ord = l\(depth - 1).life"))
        #expect(!sql.contains("AS l\(depth + 1)"))
        #expect(sql.contains("changed more than \(depth) times since 0/4D; run sluice rewrite"))
    }

    @Test
    func `a row that is deleted stays where the table keeps it`() throws {
        #expect(try Self.view().statement().contains("NOT deleted"))
        let kept = try Self.view(keepsDeleted: true).statement()
        #expect(!kept.contains("NOT deleted"))
        #expect(kept.contains("c.deleted AS _deleted"))
        #expect(kept.contains("    deleted AS _deleted"))
    }

    @Test
    func `the view has the column for values that columns cannot hold only where one of them cannot`() throws {
        #expect(try !Self.view().statement().contains("AS _rescued"))
        let decimal = Self.view(columns: [Self.column("id", "INT64"), Self.column("n", "DECIMAL(9,2)")])
        #expect(try decimal.statement().contains("AS _rescued"))
    }

    @Test
    func `former keys are read as the type of their column`() throws {
        func former(_ type: String) throws -> String { try Self.view(columns: [Self.column("id", type)]).statement() }
        let text = "element_at(CAST(json_parse(_old_key) AS map(varchar, varchar)), 'id')"
        #expect(try former("STRING").contains("THEN \(text) END AS o1"))
        #expect(try former("INT32").contains("THEN CAST(\(text) AS bigint) END AS o1"))
        #expect(
            try former("DECIMAL(9,2)").contains("CAST(TRY_CAST(\(text) AS decimal(9,2)) AS varchar), '!' || \(text))")
        )
        #expect(try former("BYTE_ARRAY").contains("THEN upper(substr(\(text), 3)) END AS o1"))
    }

    @Test(arguments: ["LIST<INT32>", "MAP<STRING,STRING>"])
    func `what SQL cannot compare has no view`(type: String) {
        let columns = [Self.column("id", type), Self.column("note", "STRING")]
        #expect(throws: LiveView.Unsupported.self) { try Self.view(columns: columns).statement() }
        #expect(throws: LiveView.Unsupported.self) { try Self.view(key: ["gone"]).statement() }
        #expect(throws: LiveView.Unsupported.self) {
            try Self.view(key: [], columns: columns, identity: .full).statement()
        }
        #expect(throws: Never.self) { try Self.view(key: [], columns: columns, identity: .nothing).statement() }
    }

    @Test
    func `rows without key are counted where they can go and added where they cannot`() throws {
        let whole = try Self.view(key: [], identity: .full).statement()
        #expect(whole.contains("r.place > r.gone"))
        let added = try Self.view(key: [], identity: .nothing).statement()
        #expect(added.contains("UNION ALL"))
        #expect(!added.contains("PARTITION BY i1"))
        // A file of rows does not say which.
        #expect(try Self.view(key: [], identity: nil).statement() == whole)
    }
}
