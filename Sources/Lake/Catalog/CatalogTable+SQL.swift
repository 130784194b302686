extension CatalogTable {
    /// Partitions that one statement adds: far below the length that Athena takes.
    private static let partitionsPerStatement = 100

    /// `CREATE EXTERNAL TABLE …` in the SQL of Hive, which Athena and Spark understand, without a semicolon.
    public var createStatement: String {
        let definitions = columns.map { column in
            "  \(Self.name(column.name)) \(column.type)" + (column.comment.map { " COMMENT \(Self.literal($0))" } ?? "")
        }
        var parts = [
            "CREATE EXTERNAL TABLE IF NOT EXISTS \(Self.name(name)) (\n\(definitions.joined(separator: ",\n"))\n)"
        ]
        if let comment { parts.append("COMMENT \(Self.literal(comment))") }
        if !partitionKeys.isEmpty {
            let keys = partitionKeys.map { "\(Self.name($0)) int" }
            parts.append("PARTITIONED BY (\(keys.joined(separator: ", ")))")
        }
        parts += ["STORED AS PARQUET", "LOCATION \(Self.literal(location))"]
        // The statement itself says that the table is external.
        let properties = (parameters + projection).filter { $0.name != "EXTERNAL" }
            .map { "  \(Self.literal($0.name))=\(Self.literal($0.value))" }
        parts.append("TBLPROPERTIES (\n\(properties.joined(separator: ",\n"))\n)")
        return parts.joined(separator: "\n")
    }

    /// `ALTER TABLE … ADD IF NOT EXISTS PARTITION …` for days, each without a semicolon; none if nothing is registered.
    public func partitionStatements(_ days: [CalendarDate]) -> [String] {
        guard partitioning == .registered, partitionKeys.count == 3 else { return [] }
        return stride(from: 0, to: days.count, by: Self.partitionsPerStatement).map { start in
            let clauses = days[start..<min(start + Self.partitionsPerStatement, days.count)].map { day in
                let values = zip(partitionKeys, Self.values(of: day)).map { "\(Self.name($0)) = \($1)" }
                return "PARTITION (\(values.joined(separator: ", "))) LOCATION \(Self.literal(location(of: day)))"
            }
            return "ALTER TABLE \(Self.name(name)) ADD IF NOT EXISTS\n  \(clauses.joined(separator: "\n  "))"
        }
    }

    /// `CREATE DATABASE …` in the SQL of Hive, without a semicolon.
    public static func createStatement(ofDatabase name: String) -> String {
        "CREATE DATABASE IF NOT EXISTS \(Self.name(name))"
    }

    /// A name in backticks.
    private static func name(_ text: String) -> String { "`" + text.replacing("`", with: "``") + "`" }

    /// A text in single quotes, in which Hive reads backslashes.
    private static func literal(_ text: String) -> String {
        var quoted = String.UnicodeScalarView("'".unicodeScalars)
        for scalar in text.unicodeScalars {
            if scalar == "'" || scalar == "\\" { quoted.append("\\") }
            quoted.append(scalar)
        }
        quoted.append("'")
        return String(quoted)
    }
}
