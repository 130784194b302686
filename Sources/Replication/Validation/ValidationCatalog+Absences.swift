import Lake
import PostgresClient
import PostgresWire

extension ValidationCatalog {
    /// Tables that are asked for, or that the lake has, and the database has not.
    func absent(from all: [SourceTable]) -> [ValidationFinding] {
        var findings: [ValidationFinding] = []
        for pattern in request.tables {
            guard let name = pattern.exactName,
                !all.contains(where: { $0.schema == name.schema && $0.name == name.table })
            else { continue }
            findings.append(
                ValidationFinding(
                    .failure,
                    .table,
                    table: LakeLayout.tableName(schema: name.schema, table: name.table),
                    "the database has no table \(name.schema).\(name.table); check the spelling, and quote names with upper "
                        + "case or odd characters as in SQL"
                )
            )
        }
        guard request.tables.isEmpty else { return findings }
        for table in stream?.tables ?? [] where !all.contains(where: { $0.oid == table.oid }) {
            findings.append(
                ValidationFinding(
                    .warning,
                    .table,
                    table: table.name,
                    "the database no longer has table \(table.schema).\(table.table); what the lake has of it stays as it is"
                )
            )
        }
        return findings
    }

    /// Patterns that are for no table of the lake: a schedule with a mistyped one would pass for ever.
    func unmatched(besides matched: Set<TablePattern>) -> [ValidationFinding] {
        request.tables.filter { $0.exactName == nil && !matched.contains($0) }.map { pattern in
            ValidationFinding(
                .failure,
                .table,
                table: "\(pattern)",
                "no table that comes into the lake matches \(pattern); check the spelling"
            )
        }
    }

    /// A table that nobody has put into the publication, in a lake with a stream.
    func unpublished(_ table: ValidatedTable) -> ValidationFinding {
        let name = PasteableSQL.table(schema: table.source.schema, name: table.source.name)
        let publication = PasteableSQL.identifier(request.replication.publication)
        let identity = table.source.identity.kind
        let tellsRows =
            [.full, .index].contains(identity) || identity == .primaryKey && table.source.keyColumnCount > 0
        let first =
            tellsRows
            ? "run"
            : "it has no primary key, so that sluice replicate leaves it out; run ALTER TABLE \(name) REPLICA IDENTITY FULL, "
                + "then"
        return ValidationFinding(
            .warning,
            .table,
            table: table.name,
            "the table is not in publication \(request.replication.publication), so that none of its changes come into the "
                + "lake: \(first) ALTER PUBLICATION \(publication) ADD TABLE \(name), or export it with sluice backfill "
                + "\(table.option) when it has changed"
        )
    }

    /// Kinds of change that the stream is never told of.
    func unpublishedKinds(_ reader: borrowing CatalogReader) throws(PostgresError) -> [ValidationFinding] {
        guard stream != nil else { return [] }
        let name = request.replication.publication
        let row = try reader.query(
            "SELECT pubinsert, pubupdate, pubdelete, pubtruncate FROM pg_catalog.pg_publication WHERE pubname = $1",
            [name]
        ).rows.first
        let kinds = zip(["INSERT", "UPDATE", "DELETE", "TRUNCATE"], row ?? []).filter { $1 == "f" }.map(\.0)
        guard !kinds.isEmpty else { return [] }
        return [
            ValidationFinding(
                .warning,
                .stream,
                "publication \(name) leaves out \(kinds.joined(separator: ", ")), so that rows differ after each; run ALTER "
                    + "PUBLICATION \(PasteableSQL.identifier(name)) SET (publish = 'insert, update, delete, truncate') and "
                    + "export the days that differ again"
            )
        ]
    }
}
