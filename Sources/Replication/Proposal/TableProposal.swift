import Lake
import PostgresWire
import Telemetry

/// An entry of `tables` that fits a table, with the reasons in comments.
struct TableProposal {
    let facts: TableFacts
    /// The name in the lake, where the usual one does not do.
    let name: String?

    /// Names in one line.
    private static let shownNames = 4
    /// Names that the lake needs itself.
    private static let takenColumns = [RowLayout.lsn, RowLayout.rescued]

    /// The entry's lines; of a table that cannot be exported as it is, all of them are comments.
    var lines: [String] {
        let obstacle = self.obstacle
        var lines = remarks.map { "  # \(Self.comment($0))" }
        if let obstacle { lines.append("  # Left out: \(Self.comment(obstacle))") }
        let mark = obstacle == nil ? "  " : "  #"
        lines.append("\(mark)- table: \(YAMLText.value(pattern))")
        let settings = self.settings
        return lines + settings.map { obstacle == nil ? "    \($0)" : "  #  \($0)" }
    }

    private var pattern: String {
        let text = TablePattern(schema: facts.table.schema, table: facts.table.name).description
        return facts.table.schema == TablePattern.defaultSchema ? String(text.dropFirst("public.".count)) : text
    }

    // MARK: - What is to be known

    private var remarks: [String] {
        var remarks: [String] = []
        let count = facts.table.estimatedRowCount
        let rows = count < 0 ? "rows not counted yet" : "about \(HumanUnits.count(count, of: "row"))"
        if facts.hasIdentity {
            let key = facts.table.identity.key
            remarks.append(
                rows + (key.isEmpty ? "; changes name whole rows" : "; changes name rows by \(Self.list(key))")
            )
        } else {
            remarks.append(rows)
            remarks.append(
                "No key by which changes name its rows: backfill exports it, replicate leaves it out; to take it in: "
                    + facts.identityStatement + ";"
            )
        }
        if facts.table.identity.unsentKeyColumn != nil {
            remarks.append(
                "Its key is generated, and such columns are not sent; for replicate: "
                    + "ALTER TABLE \(facts.quotedName) REPLICA IDENTITY FULL;"
            )
        }
        if facts.isUnlogged { remarks.append("Unlogged: backfill exports it, but no changes of it are replicated.") }
        return remarks
    }

    /// Why the table cannot be exported as it is; nil if it can.
    private var obstacle: String? {
        let table = facts.table
        if table.columns.isEmpty { return "it has no columns" }
        if !facts.mayUseSchema { return "the role may not use its schema (GRANT USAGE ON SCHEMA)" }
        if table.columns.contains(where: { !$0.isReadable }) { return "the role may not read it (GRANT SELECT)" }
        if facts.hidesRows { return "row-level security hides rows from the role (ALTER ROLE … BYPASSRLS)" }
        if let key = table.columns.first(where: { $0.isKey && Self.takenColumns.contains($0.name) }) {
            return "its key has a column \(key.name), a name that the lake needs itself"
        }
        return nil
    }

    // MARK: - Settings

    private var settings: [String] {
        var lines: [String] = []
        if let name {
            lines.append("# Its name in the lake: the usual one is another table's, or too long.")
            lines.append("name: \(YAMLText.value(name))")
        }
        lines += dayLines
        let taken = facts.table.columns.map(\.name).filter(Self.takenColumns.contains)
        if !taken.isEmpty {
            lines.append("# Names that the lake needs itself.")
            lines.append("exclude_columns: [\(taken.map(YAMLText.value).joined(separator: ", "))]")
        }
        return lines + numberLines + maskLines
    }

    private var dayLines: [String] {
        let choice = PartitionChoice(facts)
        guard let column = choice.column else {
            guard let other = choice.others.first else {
                return ["# No date or timestamp column: all of it is one object."]
            }
            return [
                "# Its values seem to change, and a row moves to another day each time; without it all is one object.",
                "#partition_by: \(YAMLText.value(other))",
            ]
        }
        let others = choice.others.isEmpty ? "" : " Others: \(Self.list(choice.others))."
        return ["# \(Self.comment(choice.reason))\(Self.comment(others))", "partition_by: \(YAMLText.value(column))"]
    }

    private var numberLines: [String] {
        let columns = facts.table.columns.filter { $0.typeOID == TypeOID.numeric && $0.modifier == -1 }
        guard !columns.isEmpty else { return [] }
        return [
            "# numeric without a precision is stored as text, exactly. As numbers, with the few that do not fit in _rescued:",
            "#columns:",
        ] + columns.map { "#  \(YAMLText.key($0.name)): { as: \"decimal(38,9)\" }" }
    }

    private var maskLines: [String] {
        let partition = PartitionChoice(facts).column
        let masks = facts.table.columns.compactMap { column -> String? in
            guard column.name != partition, let mask = ColumnHints.mask(of: column.name) else { return nil }
            // Rows have to be told apart by their key.
            let fitting = column.isKey || facts.table.identity.key.contains(column.name) ? "sha256" : mask
            return "#  \(YAMLText.key(column.name)): \(fitting)"
        }
        guard !masks.isEmpty else { return [] }
        return ["# Secrets or personal data, by the names; sha256 needs mask_salt:", "#mask:"] + masks
    }

    /// Whether masks are suggested, which may need a salt.
    var suggestsMasks: Bool { !maskLines.isEmpty }

    // MARK: - Texts

    private static func list(_ names: [String]) -> String {
        names.prefix(shownNames).joined(separator: ", ") + (names.count > shownNames ? ", …" : "")
    }

    /// What may stand in a comment: one line of characters that YAML takes.
    static func comment(_ text: String) -> String {
        var comment = String.UnicodeScalarView()
        for scalar in Escaping.printable(text).unicodeScalars {
            comment.append([0xfeff, 0xfffe, 0xffff].contains(scalar.value & 0xffff) ? "?" : scalar)
        }
        return String(comment)
    }
}
