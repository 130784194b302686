import PostgresWire

extension LiveView {
    /// The query of a table whose rows are told apart by all of their values.
    ///
    /// Equal rows are numbered, and as many of them are left out as deletes say.
    func wholeRowQuery() throws(Unsupported) -> String {
        var identities: [RowIdentityText] = []
        for column in columns {
            guard let identity = RowIdentityText(column) else {
                throw Unsupported(
                    description:
                        "it has no key, and its column \(column.name) has a type by which SQL cannot compare rows"
                )
            }
            identities.append(identity)
        }
        let numbers = Array(1...max(1, columns.count))
        let names = numbers.map { "i\($0)" }
        let own = zip(numbers, identities).map { "\(RowIdentityText.orNull($1.ofColumn)) AS i\($0)" }
        let former = zip(numbers, identities).map {
            "CASE WHEN _old_key IS NULL THEN \(RowIdentityText.orNull($1.ofColumn))"
                + " ELSE \(RowIdentityText.orNull($1.ofFormerKey)) END AS f\($0)"
        }
        let changes = rowItems + own + former
        let current = rowItems + own
        let rowNames = rowNames + names
        let match = numbers.map { "g.i\($0) = r.i\($0)" }.joined(separator: " AND ")
        return """
            WITH _changes AS (\(onceEach(changes))),
            _truncation AS (SELECT max(ord) AS ord FROM _changes WHERE op = 'T'),
            _later AS (SELECT * FROM _changes WHERE ord > (SELECT coalesce(max(ord), -1) FROM _truncation)),
            _gone AS (
                SELECT \(numbers.map { "f\($0) AS i\($0)" }.joined(separator: ", ")), count(*) AS n
                FROM _later
                WHERE op IN ('U', 'D')
                GROUP BY \(numbers.map(String.init).joined(separator: ", "))
            ),
            _numbered AS (
                SELECT r.*, row_number() OVER (PARTITION BY \(names.joined(separator: ", ")) ORDER BY lsn) AS place
                FROM (
                    SELECT \(Self.list(current, indentation: 12))
                    FROM \(currentTable)
                    WHERE (SELECT max(ord) FROM _truncation) IS NULL
                    UNION ALL
                    SELECT \(rowNames.joined(separator: ", ")) FROM _later WHERE op IN ('I', 'U')
                ) AS r
            )
            SELECT \(Self.list(resultItems("r."), indentation: 4))
            FROM _numbered AS r LEFT JOIN _gone AS g ON \(match)
            WHERE r.place > coalesce(g.n, 0)
            """
    }

    /// The query of a table to which rows are only added.
    ///
    /// Changes that current rows have taken up are known by the LSN and the value by which rows find their day: a day takes
    /// up all that a transaction has added to it at once.
    func addedRowsQuery() -> String {
        let day = table.partition.map { "coalesce(CAST(\(SQLText.identifier($0.column)) AS varchar), '')" } ?? "''"
        let changes = rowItems + ["\(day) AS day"]
        return """
            WITH _changes AS (\(onceEach(changes))),
            _truncation AS (SELECT max(ord) AS ord FROM _changes WHERE op = 'T'),
            _taken AS (
                SELECT DISTINCT _lsn AS lsn, \(day) AS day
                FROM \(currentTable)
                WHERE _lsn > \(position.lsn.rawValue) AND (SELECT max(ord) FROM _truncation) IS NULL
            )
            SELECT \(Self.list(resultItems("c."), indentation: 4))
            FROM (
                SELECT \(Self.list(rowItems))
                FROM \(currentTable)
                WHERE (SELECT max(ord) FROM _truncation) IS NULL
            ) AS c
            UNION ALL
            SELECT \(Self.list(resultItems("p."), indentation: 4))
            FROM _changes AS p LEFT JOIN _taken AS t ON t.lsn = p.lsn AND t.day = p.day
            WHERE p.op = 'I' AND t.lsn IS NULL AND p.ord > (SELECT coalesce(max(ord), -1) FROM _truncation)
            """
    }

    /// The pending changes, each once: while files are merged, and after a crash, a reader may see two copies.
    private func onceEach(_ items: [String]) -> String {
        let items = ["_op AS op", "\(Self.ordinal) AS ord"] + items
        return """

                SELECT * FROM (
                    SELECT \(Self.list(items, indentation: 12)),
                        row_number() OVER (PARTITION BY _lsn, _seq ORDER BY _op) AS copy
                    FROM \(changesTable)
                    WHERE \(isPending)
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
