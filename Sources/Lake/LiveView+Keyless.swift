import PostgresWire

extension LiveView {
    /// The query of a table whose rows are told apart by all of their values.
    ///
    /// Equal rows are numbered, and as many of them are left out as deletes say.
    func wholeRowQuery() throws(Unsupported) -> String {
        // Later changes do not have the columns that older rows have besides.
        let compared = columns.filter { column in table.columns.contains { $0.name.isSameName(as: column.name) } }
        var identities: [RowIdentityText] = []
        for column in compared {
            guard let identity = RowIdentityText(column) else {
                throw Unsupported(
                    description:
                        "it has no key, and its column \(column.name) has a type by which SQL cannot compare rows"
                )
            }
            identities.append(identity)
        }
        let numbers = identities.indices.map { $0 + 1 }
        let names = numbers.isEmpty ? ["1"] : numbers.map { "i\($0)" }
        let own = zip(numbers, identities).map { "\(RowIdentityText.orNull($1.ofColumn)) AS i\($0)" }
        let former = zip(numbers, identities).map {
            "CASE WHEN _old_key IS NULL THEN \(RowIdentityText.orNull($1.ofColumn))"
                + " ELSE \(RowIdentityText.orNull($1.ofFormerKey)) END AS f\($0)"
        }
        let changes = rowItems + own + former
        let current = rowItems + own + ["false AS goes"]
        let added = rowNames + numbers.map { "i\($0)" } + ["false AS goes"]
        // A DELETE has the row itself, an UPDATE another.
        let removed =
            rowNames.map { $0 == "lsn" ? $0 : "CASE WHEN op = 'D' THEN \($0) END AS \($0)" }
            + numbers.map { "f\($0) AS i\($0)" } + ["true AS goes"]
        let taken =
            "rows of \(name) have taken up changes after \(position), up to which this view holds; print and make it anew; "
            + "the row's last change is at LSN"
        let missing =
            "a row that was deleted from \(name) is not there: it has taken up changes after \(position), up to which this "
            + "view holds, or has other columns; run sluice rewrite, then print and make it anew; the change is at LSN"
        let groups = names.joined(separator: ", ")
        let isThere = "r.gone * 2 <= r.total"
        return """
            WITH _changes AS (\(onceEach(changes))),
            _truncation AS (SELECT max(ord) AS ord FROM _changes WHERE op = 'T'),
            _later AS (SELECT * FROM _changes WHERE ord > (SELECT coalesce(max(ord), -1) FROM _truncation)),
            _numbered AS (
                SELECT r.*, row_number() OVER (PARTITION BY \(groups) ORDER BY goes, lsn) AS place,
                    count(*) OVER (PARTITION BY \(groups)) AS total,
                    sum(CASE WHEN goes THEN 1 ELSE 0 END) OVER (PARTITION BY \(groups)) AS gone
                FROM (
                    SELECT \(Self.list(current, indentation: 12))
                    FROM \(currentTable)
                    WHERE (SELECT max(ord) FROM _truncation) IS NULL
                        AND \(SQLText.required("_lsn <= \(position.lsn.rawValue)", orElse: taken, "_lsn"))
                    UNION ALL
                    SELECT \(added.joined(separator: ", ")) FROM _later WHERE op IN ('I', 'U')
                    UNION ALL
                    SELECT \(Self.list(removed, indentation: 12)) FROM _later WHERE op IN ('U', 'D')
                ) AS r
            )
            SELECT \(Self.list(resultItems("r."), indentation: 4))
            FROM _numbered AS r
            WHERE \(SQLText.required(isThere, then: "NOT r.goes AND r.place > r.gone", orElse: missing, "r.lsn"))
            """
    }

    /// The query of a table to which rows are only added.
    ///
    /// Changes that current rows have taken up are known by the LSN and the value by which rows find their day: of what a
    /// transaction has added to a day, the first are taken up first.
    func addedRowsQuery() -> String {
        let day = table.partition.map { "coalesce(CAST(\(SQLText.identifier($0.column)) AS varchar), '')" } ?? "''"
        let changes = rowItems + ["\(day) AS day"]
        let reason =
            "rows of \(name) change or go, which they did not when this view was made: the table has got a key or another "
            + "replica identity; run sluice rewrite, then print and make it anew; the change is at LSN"
        let isAdded = SQLText.required(
            "_op IN ('I', 'T') OR _lsn <= \(position.lsn.rawValue)",
            orElse: reason,
            "_lsn"
        )
        return """
            WITH _changes AS (\(onceEach(changes, isWholeTransactions: true, and: isAdded))),
            _truncation AS (SELECT max(ord) AS ord FROM _changes WHERE op = 'T'),
            _added AS (
                SELECT _changes.*, row_number() OVER (PARTITION BY lsn, day ORDER BY ord) AS place
                FROM _changes
                WHERE op = 'I' AND ord > (SELECT coalesce(max(ord), -1) FROM _truncation)
            ),
            _taken AS (
                SELECT _lsn AS lsn, \(day) AS day, count(*) AS total
                FROM \(currentTable)
                WHERE _lsn >= \(position.lsn.rawValue) AND (SELECT max(ord) FROM _truncation) IS NULL
                GROUP BY 1, 2
            )
            SELECT \(Self.list(resultItems("c."), indentation: 4))
            FROM (
                SELECT \(Self.list(rowItems))
                FROM \(currentTable)
                WHERE (SELECT max(ord) FROM _truncation) IS NULL
            ) AS c
            UNION ALL
            SELECT \(Self.list(resultItems("p."), indentation: 4))
            FROM _added AS p LEFT JOIN _taken AS t ON t.lsn = p.lsn AND t.day = p.day
            WHERE p.place > coalesce(t.total, 0)
            """
    }

    /// The pending changes, each once: while files are merged, and after a crash, a reader may see two copies.
    private func onceEach(
        _ items: [String],
        isWholeTransactions: Bool = false,
        and condition: String? = nil
    ) -> String {
        let items = ["_op AS op", "\(Self.ordinal) AS ord"] + items
        let condition = condition.map { "\n            AND \($0)" } ?? ""
        return """

                SELECT * FROM (
                    SELECT \(Self.list(items, indentation: 12)),
                        row_number() OVER (PARTITION BY _lsn, _seq ORDER BY _op) AS copy
                    FROM \(changesTable)
                    WHERE \(isPending(isWholeTransactions: isWholeTransactions))\(condition)
                ) AS copies
                WHERE copy = 1
            """
    }

    private var rowItems: [String] {
        var items = places.map { "\(SQLText.identifier($0.column.name)) AS c\($0.number)" } + ["_lsn AS lsn"]
        if hasRescued { items.append("_rescued AS rescued") }
        return items
    }

    private var rowNames: [String] {
        places.map { "c\($0.number)" } + ["lsn"] + (hasRescued ? ["rescued"] : [])
    }

    private func resultItems(_ source: String) -> [String] {
        var items = places.map { "\(source)c\($0.number) AS \(SQLText.identifier($0.column.name))" }
        items.append("\(source)lsn AS _lsn")
        if hasRescued { items.append("\(source)rescued AS _rescued") }
        return items
    }
}
