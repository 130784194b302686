import PostgresWire

extension LiveView {
    /// The query of a table whose rows have a key.
    ///
    /// No table of the lake has a name that begins like those of the parts.
    ///
    /// ```
    /// _changes     what is pending, with keys that compare
    /// _truncation  the last TRUNCATE
    /// _steps       what happened to each key; an UPDATE of a key is a step of both, at the former one `L` (left).
    ///              A key's life begins with INSERT or with the arrival of a row, and is known by the ordinal of that.
    /// _links       from the arrival of a row to the life that its former key had
    /// _traced      each change with the origin of its row: the INSERT, or the key before all pending changes
    /// _finals      for each such row its last values, each as an array of one, NULL where no change has the column
    /// _present     those that are there in the end
    /// _placed      the same, those that lack values once for each key that the row has had: the current row is under the
    ///              one that it had at the last change that its day has taken up
    /// _completed   with the values of that row; one that moves may for a moment be in two days
    /// _touched     keys whose current rows are not to be shown as they are
    /// ```
    func keyedQuery() throws(Unsupported) -> String {
        var identities: [RowIdentityText] = []
        for name in table.key {
            guard let column = columns.first(where: { $0.name.isSameName(as: name) }),
                let identity = RowIdentityText(column)
            else {
                throw Unsupported(description: "its key's column \(name) has a type by which SQL cannot find rows")
            }
            identities.append(identity)
        }
        let parts = KeyedParts(view: self, identities: identities)
        var common = [
            "_changes AS (\(parts.changes))", "_truncation AS (SELECT max(ord) AS ord FROM _changes WHERE op = 'T')",
            "_steps AS (\(parts.steps))",
        ]
        if parts.depth > 0 {
            common.append(
                "_links AS (SELECT ord, lsn, life, is_only, is_vacant, \(parts.keys()) FROM _steps WHERE op = 'L')"
            )
        }
        common += [
            "_traced AS (\(parts.traced))", "_finals AS (\(parts.finals))", "_present AS (\(parts.present))",
            "_touched AS (SELECT DISTINCT \(parts.keys()) FROM _steps)",
        ]
        if parts.mayLack { common += ["_placed AS (\(parts.placed))", "_completed AS (\(parts.completed))"] }
        return "WITH \(common.joined(separator: ",\n"))\n\(parts.currentRows)\nUNION ALL\n\(parts.changedRows)"
    }
}

/// The parts of the query, which name columns by their places.
private struct KeyedParts {
    let view: LiveView
    let identities: [RowIdentityText]
    let places: [LiveView.Place]
    /// Columns that an UPDATE can leave alone without saying their values.
    let large: [LiveView.Place]

    init(view: LiveView, identities: [RowIdentityText]) {
        self.view = view
        self.identities = identities
        places = view.places
        let fixed = ["INT", "UINT", "BOOLEAN", "FLOAT", "DOUBLE", "DATE", "TIME", "UUID"]
        // The identity is part of every UPDATE.
        large = places.filter { place in
            !fixed.contains { place.column.type.hasPrefix($0) } && !view.table.key.contains(place.column.name)
        }
    }

    /// How many links are followed; without large values each change has its whole row.
    var depth: Int { large.isEmpty ? 0 : LiveView.keyChangeDepth }

    /// Whether a row's values may have to be taken from the current rows.
    var mayLack: Bool { !large.isEmpty || view.keepsDeleted }

    /// The key's columns of some source.
    func keys(_ source: String = "", _ letter: String = "k") -> String {
        identities.indices.map { source + letter + "\($0 + 1)" }.joined(separator: ", ")
    }

    private func match(_ left: String, _ right: String) -> String {
        identities.indices.map { "\(left)\($0 + 1) = \(right)\($0 + 1)" }.joined(separator: " AND ")
    }

    // MARK: - Changes

    var changes: String {
        var items = ["_op AS op", "_lsn AS lsn", "\(LiveView.ordinal) AS ord"]
        for (index, identity) in identities.enumerated() {
            items.append("\(identity.ofColumn) AS k\(index + 1)")
            items.append("CASE WHEN _old_key IS NOT NULL THEN \(identity.ofFormerKey) END AS o\(index + 1)")
        }
        items += places.map { "\(SQLText.identifier($0.column.name)) AS c\($0.number)" }
        items += large.map {
            "NOT coalesce(contains(_unchanged, \(SQLText.literal($0.column.name))), false) AS h\($0.number)"
        }
        items += rescuable.map { "\(RescuedText.member($0.column.name, of: "_rescued")) AS m\($0.number)" }
        let names = view.table.key.joined(separator: ", ")
        let reason =
            "changes of \(view.name) do not say its key (\(names)): that or the replica identity is another now; run sluice "
            + "rewrite and make the view anew; the change is at LSN"
        let isNamed = identities.map { "\($0.ofColumn) IS NOT NULL" }.joined(separator: " AND ")
        // Changes that are not pending may be looked at too.
        let isPast = "_lsn <= \(view.position.lsn.rawValue)"
        return """

                SELECT \(LiveView.list(items))
                FROM \(view.changesTable)
                WHERE \(view.isPending)
                    AND \(SQLText.required("_op = 'T' OR \(isNamed) OR \(isPast)", orElse: reason, "_lsn"))
            """
    }

    private var rescuable: [LiveView.Place] { places.filter(\.isRescuable) }

    var steps: String {
        let moves = identities.indices.map { "o\($0 + 1) <> k\($0 + 1)" }.joined(separator: " OR ")
        let step =
            ["CASE WHEN leaves THEN 'L' ELSE op END AS op", "lsn", "ord", "moves AND NOT leaves AS moves"]
            + identities.indices.map { "CASE WHEN leaves THEN o\($0 + 1) ELSE k\($0 + 1) END AS k\($0 + 1)" }
            + ["NOT leaves AND (op = 'I' OR moves) AS begins"] + values
        return """

                SELECT op, lsn, ord, moves, \(keys()), \(values.joined(separator: ", ")),
                    max(CASE WHEN begins THEN ord END) OVER (PARTITION BY \(keys()) ORDER BY ord) AS life,
                    max(ord) OVER (PARTITION BY \(keys())) AS latest,
                    coalesce(
                        min(ord) OVER (PARTITION BY \(keys()))
                                = min(CASE WHEN begins THEN ord END) OVER (PARTITION BY \(keys()))
                            AND max(CASE WHEN begins THEN ord END) OVER (PARTITION BY \(keys()))
                                = min(CASE WHEN begins THEN ord END) OVER (PARTITION BY \(keys())),
                        false
                    ) AS is_only,
                    coalesce(max(CASE WHEN begins THEN ord END) OVER (PARTITION BY \(keys())) < ord, true) AS is_vacant
                FROM (
                    SELECT \(LiveView.list(step, indentation: 12))
                    FROM (SELECT _changes.*, coalesce(\(moves), false) AS moves FROM _changes WHERE op <> 'T') AS changed
                    CROSS JOIN UNNEST(ARRAY[false, true]) AS side (leaves)
                    WHERE moves OR NOT leaves
                ) AS stepped
            """
    }

    private var values: [String] {
        places.map { "c\($0.number)" } + large.map { "h\($0.number)" } + rescuable.map { "m\($0.number)" }
    }

    // MARK: - Rows

    var traced: String {
        let numbers = depth == 0 ? [] : Array(1...depth)
        let root = numbers.reversed().map { "WHEN l\($0).ord IS NOT NULL THEN l\($0).life " }.joined()
        let base = identities.indices.map { index in
            let sources = numbers.reversed().map { "l\($0)." } + ["s."]
            let keys = sources.map { "\($0)k\(index + 1)" }
            return (keys.count == 1 ? keys[0] : "coalesce(\(keys.joined(separator: ", ")))") + " AS b\(index + 1)"
        }
        var joins = numbers.map { "LEFT JOIN _links AS l\($0) ON l\($0).ord = \($0 == 1 ? "s" : "l\($0 - 1)").life" }
        if depth > 0 { joins.append("LEFT JOIN _links AS deeper ON deeper.ord = l\(depth).life") }
        var items =
            ["s.*", root.isEmpty ? "s.life AS root" : "CASE \(root)ELSE s.life END AS root"] + base
            + [depth > 0 ? "deeper.ord IS NOT NULL AS deep" : "false AS deep"]
        if depth > 0 {
            func array(_ name: String, first: String, last: [String] = []) -> String {
                "ARRAY[\(([first] + numbers.map { "l\($0).\(name)" } + last).joined(separator: ", "))]"
            }
            items += identities.indices.map { "\(array("k\($0 + 1)", first: "s.k\($0 + 1)")) AS t\($0 + 1)" }
            items.append("\(array("lsn", first: "CAST(NULL AS bigint)")) AS departures")
            items.append("\(array("is_only", first: "s.is_only")) AS are_only")
            items.append("\(array("is_vacant", first: "false")) AS are_vacant")
        }
        return """

                SELECT \(LiveView.list(items))
                FROM _steps AS s
            \(joins.map { "    \($0)\n" }.joined())    WHERE s.op <> 'L'
            """
    }

    var finals: String {
        let bases = identities.indices.map { "CASE WHEN root IS NULL THEN b\($0 + 1) END AS b\($0 + 1)" }
        let ends = identities.indices.map { "max_by(k\($0 + 1), ord) AS k\($0 + 1)" }
        func last(_ value: String, _ place: LiveView.Place) -> String {
            let isThere = large.contains { $0.number == place.number } ? " AND h\(place.number)" : ""
            return "max_by(ARRAY[\(value)\(place.number)], ord) FILTER (WHERE op <> 'D'\(isThere))"
        }
        let items =
            ["root"] + bases + ends
            + [
                "max(lsn) AS lsn", "max_by(op, ord) = 'D' AS deleted", "max(ord) = max_by(latest, ord) AS latest",
                "bool_or(deep) AS deep",
            ]
            + (depth > 0 ? identities.indices.map { "t\($0 + 1)" } + ["departures", "are_only", "are_vacant"] : [])
            .map { "max_by(\($0), ord) AS \($0)" } + places.map { "\(last("c", $0)) AS v\($0.number)" }
            + rescuable.map { "\(last("m", $0)) AS w\($0.number)" }
        let groups = (1...identities.count + 1).map(String.init).joined(separator: ", ")
        return """

                SELECT \(LiveView.list(items))
                FROM _traced
                WHERE ord > (SELECT coalesce(max(ord), -1) FROM _truncation)
                GROUP BY \(groups)
            """
    }

    /// The values without which a row is not whole.
    private var lacks: String {
        let wanted = view.keepsDeleted ? places.prefix(1) + large : large[...]
        return wanted.map { "v\($0.number) IS NULL" }.joined(separator: " OR ")
    }

    var present: String {
        var conditions = ["latest"]
        if !view.keepsDeleted { conditions.append("NOT deleted") }
        if depth > 0 {
            let reason =
                "the keys of one row of \(view.name) changed more than \(depth) times since \(view.position); "
                + "run sluice rewrite and make the view anew; the last change is at LSN"
            conditions.append(SQLText.required("NOT latest OR NOT deep OR NOT (\(lacks))", orElse: reason, "lsn"))
        }
        return "SELECT * FROM _finals WHERE \(conditions.joined(separator: " AND "))"
    }

    var placed: String {
        // Nothing is to be looked for that is not needed.
        let isNeeded = "root IS NULL AND (\(lacks))"
        guard depth > 0 else {
            let keys = identities.indices.map { "CASE WHEN \(isNeeded) THEN b\($0 + 1) END AS j\($0 + 1)" }
            return """

                    SELECT _present.*, \(isNeeded) AS lacks, \(keys.joined(separator: ", "))
                    FROM _present
                """
        }
        // The row's keys, the last one first: it got each by the change that left the next.
        let keys = identities.indices.map {
            "CASE WHEN \(isNeeded) THEN element_at(t\($0 + 1), step) END AS j\($0 + 1)"
        }
        let numbers = (1...depth + 1).map(String.init).joined(separator: ", ")
        return """

                SELECT _present.*, \(isNeeded) AS lacks, element_at(departures, step + 1) AS arrived,
                    element_at(departures, step) AS departed, element_at(are_only, step) AS is_only,
                    element_at(are_vacant, step) AS is_vacant,
                    \(keys.joined(separator: ", "))
                FROM _present CROSS JOIN UNNEST(ARRAY[\(numbers)]) AS side (step)
                WHERE step = 1 OR \(isNeeded) AND element_at(departures, step) IS NOT NULL
            """
    }

    // The small side comes last, as engines without statistics keep that one in memory.
    var completed: String {
        var items = identities.indices.map { "p.k\($0 + 1)" }
        items += ["arbitrary(p.lsn) AS lsn", "arbitrary(p.deleted) AS deleted", "bool_or(p.lacks) AS lacks"]
        items.append("bool_or(\(isBase)) AS found")
        items += places.map { "arbitrary(p.v\($0.number)) AS v\($0.number)" }
        items += rescuable.map { "arbitrary(p.w\($0.number)) AS w\($0.number)" }
        func base(_ letter: String, _ name: String, _ place: LiveView.Place) -> String {
            "max_by(ARRAY[c.\(letter)\(place.number)], \(rank)) FILTER (WHERE \(isBase)) AS \(name)\(place.number)"
        }
        items += kept.map { base("c", "x", $0) } + kept.filter(\.isRescuable).map { base("m", "y", $0) }
        return """

                SELECT \(LiveView.list(items))
                FROM \(current(kept, isWhole: false)) AS c
                RIGHT JOIN _placed AS p ON \(match("p.j", "c.k"))
                GROUP BY \(keys("p."))
            """
    }

    // MARK: - The result

    /// The columns whose values may come from current rows.
    private var kept: [LiveView.Place] { view.keepsDeleted ? places : large }

    private func current(_ wanted: [LiveView.Place], isWhole: Bool) -> String {
        var items = wanted.map { "\(SQLText.identifier($0.column.name)) AS c\($0.number)" } + ["_lsn AS lsn"]
        if isWhole, view.keepsDeleted { items.append("_deleted AS deleted") }
        if isWhole, view.hasRescued { items.append("_rescued AS rescued") }
        if !isWhole {
            items += wanted.filter(\.isRescuable).map {
                "\(RescuedText.member($0.column.name, of: "_rescued")) AS m\($0.number)"
            }
        }
        for (index, identity) in identities.enumerated() { items.append("\(identity.ofColumn) AS k\(index + 1)") }
        return """
            (
                SELECT \(LiveView.list(items))
                FROM \(view.currentTable)
            )
            """
    }

    /// Whether a current row may be the one that a changed row builds on.
    ///
    /// It is under a key from the change that brought it there until the one that took it away, and until its day has taken
    /// that up; no other row is, if none gets the key later. A row that was exported since does not say what was taken up, but if no other row ever had the key, then
    /// that.
    private var isBase: String {
        guard depth > 0 else { return "c.k1 IS NOT NULL" }
        let only = view.keepsDeleted ? "" : "p.is_only OR "
        return "c.k1 IS NOT NULL AND (\(only)(p.arrived IS NULL OR \(isAfterArrival)) AND \(isBeforeDeparture))"
    }

    private var isCut: Bool { view.position.sequence != ChangePosition.wholeTransaction }

    // A transaction of which a part was taken up has one LSN for both parts.
    private var isAfterArrival: String {
        "c.lsn >= p.arrived" + (isCut ? " AND c.lsn > \(view.position.lsn.rawValue)" : "")
    }

    private var isBeforeDeparture: String {
        "(p.departed IS NULL OR p.is_vacant OR c.lsn < p.departed"
            + (isCut ? " OR c.lsn <= \(view.position.lsn.rawValue))" : ")")
    }

    /// Which of several current rows to take, the greatest: the surest, then the newest.
    private var rank: String {
        // No log is so long that an LSN would come near to this.
        let step = Int64(1) << 61
        guard depth > 0 else { return "c.lsn" }
        return "c.lsn + CASE WHEN p.arrived IS NULL THEN \(step) "
            + "WHEN \(isAfterArrival) AND \(isBeforeDeparture) THEN \(step * 2) ELSE 0 END"
    }

    var currentRows: String {
        var items = places.map { "c.c\($0.number) AS \(SQLText.identifier($0.column.name))" } + ["c.lsn AS _lsn"]
        if view.keepsDeleted { items.append("c.deleted AS _deleted") }
        let isNamed = identities.indices.map { "c.k\($0 + 1) IS NOT NULL" }.joined(separator: " AND ")
        let reason =
            "rows of \(view.name) do not say its key (\(view.table.key.joined(separator: ", "))): that is another now; run "
            + "sluice backfill and make the view anew; the row is of LSN"
        if view.hasRescued { items.append("c.rescued AS _rescued") }
        return """
            SELECT \(LiveView.list(items, indentation: 4))
            FROM \(current(places, isWhole: true)) AS c
            LEFT JOIN _touched AS t ON \(match("t.k", "c.k"))
            WHERE t.k1 IS NULL AND (SELECT max(ord) FROM _truncation) IS NULL
                AND \(SQLText.required(isNamed, orElse: reason, "c.lsn"))
            """
    }

    // A deleted row that no export has seen is kept nowhere.
    private var isWhole: String {
        let reason =
            "large values of a row of \(view.name) are in none of its files; run sluice rewrite, which exports them again, and "
            + "make the view anew; the row's last change is at LSN"
        return "CASE WHEN deleted AND lacks THEN found ELSE "
            + SQLText.required("NOT lacks OR found", orElse: reason, "lsn") + " END"
    }

    var changedRows: String {
        let keptNumbers = Set(mayLack ? kept.map(\.number) : [])
        func value(_ place: LiveView.Place, _ own: String, _ base: String) -> String {
            let last = "element_at(\(own)\(place.number), 1)"
            guard keptNumbers.contains(place.number) else { return last }
            return "CASE WHEN v\(place.number) IS NOT NULL THEN \(last) ELSE element_at(\(base)\(place.number), 1) END"
        }
        var items = places.map { "\(value($0, "v", "x")) AS \(SQLText.identifier($0.column.name))" } + ["lsn AS _lsn"]
        if view.keepsDeleted { items.append("deleted AS _deleted") }
        if view.hasRescued {
            items.append("\(RescuedText.object(rescuable.map { value($0, "w", "y") })) AS _rescued")
        }
        return """
            SELECT \(LiveView.list(items, indentation: 4))
            FROM \(mayLack ? "_completed\nWHERE \(isWhole)" : "_present")
            """
    }
}
