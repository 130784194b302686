/// Builds the statements that compute checksums.
///
/// ```sql
/// SELECT day, count(*), sum(k), sum(hashtextextended(text of c1, k)), …
/// FROM (SELECT id AS c1, …, hashtextextended(text of id, 0) AS k FROM ONLY public.invoices WHERE … OFFSET '0') r
/// GROUP BY day
/// ```
/// of rows that have a key, and of those that have none
///
/// ```sql
/// SELECT day, count(*), sum(hashtextextended(text of ARRAY[c1, …], 0)), sum(c1), …
/// FROM (SELECT hashtextextended(text of id, 0) AS c1, … FROM ONLY public.log WHERE … OFFSET '0') r
/// GROUP BY day
/// ```
struct ChecksumQuery {
    let plan: ChecksumPlan
    /// The encoding of the database.
    let encoding: String

    /// The value of the partition column in the rows over which the sums are taken, NULL where it names no day.
    static let instant = "r.p"

    /// The statement.
    ///
    /// - Parameters:
    ///   - day: SQL for what rows are grouped by; nil for one group.
    ///   - conditions: Those that rows have to meet besides the publication's.
    /// - Returns: The statement.
    /// - Throws: ``ReplicationError`` with code `configuration` if there is no such time zone.
    func sql(day: String?, where conditions: [String]) throws(ReplicationError) -> String {
        let quoting = IdentifierQuoting()
        let texts = plan.columns.map { $0.printing.sql(of: quoting.quote($0.source)) }
        var inner: [String] = []
        var sums: [String] = []
        if plan.key.isEmpty {
            for (index, text) in texts.enumerated() {
                inner.append("\(hash(text, seed: "0")) AS c\(index)")
                sums.append("r.c\(index)")
            }
            let hashes = "ARRAY[\(sums.joined(separator: ", "))]::pg_catalog.int8[]"
            sums.insert(Self.hash(ofASCII: "pg_catalog.textin(pg_catalog.array_out(\(hashes)))"), at: 0)
        } else {
            let seed = plan.key.reduce("0") { hash(texts[$1], seed: $0) }
            inner.append("\(seed) AS k")
            sums.append("r.k")
            for (index, column) in plan.columns.enumerated() {
                inner.append("\(quoting.quote(column.source)) AS c\(index)")
                sums.append(hash(column.printing.sql(of: "r.c\(index)"), seed: "r.k"))
            }
        }
        var outer = ["(\(day ?? "NULL"))", "pg_catalog.count(*)"] + sums.map { "pg_catalog.sum(\($0))" }
        if let partition = plan.partition {
            inner.append("\(try partition.valueWithDay) AS p")
            if partition.dependsOnRules {
                outer += ["pg_catalog.min(\(Self.instant))", "pg_catalog.max(\(Self.instant))"]
            }
        }
        let wanted = ([plan.rowFilter].compactMap(\.self) + conditions).map { "(\($0))" }.joined(separator: " AND ")
        // OFFSET keeps the planner from computing the key's hash anew for each column. Only a constant of its own type, as
        // this is, lets several workers share the scan: a cast is folded too late.
        return "SELECT \(outer.map { $0 + "::pg_catalog.text" }.joined(separator: ", ")) "
            + "FROM (SELECT \(inner.joined(separator: ", ")) FROM \(plan.relation)"
            + "\(wanted.isEmpty ? "" : " WHERE " + wanted) OFFSET '0') r"
            + (day.map { " GROUP BY (\($0))" } ?? "")
    }

    /// The hash of a text's bytes in UTF-8, as the lake has them.
    private func hash(_ text: String, seed: String) -> String {
        guard !["UTF8", "SQL_ASCII"].contains(encoding) else {
            return "pg_catalog.hashtextextended(\(text) COLLATE pg_catalog.\"C\", \(seed))"
        }
        // Bytes have no hash of their own in SQL. That of an array of one element is the element's plus 31, and NULL's is 0.
        let hash = "pg_catalog.hash_array_extended(ARRAY[pg_catalog.convert_to(\(text), 'UTF8')], \(seed)) - 31"
        return "nullif(\(hash), 0)"
    }

    /// The hash of a text that has the same bytes in every encoding.
    private static func hash(ofASCII text: String) -> String {
        "pg_catalog.hashtextextended(\(text) COLLATE pg_catalog.\"C\", 0)"
    }
}
