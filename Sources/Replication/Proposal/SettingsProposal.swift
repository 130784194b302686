import Foundation
import Lake
public import PostgresClient
public import PostgresWire
import Telemetry

/// A settings file for what a database has, which says in comments why it says what it says.
public struct SettingsProposal: Sendable {
    let database: DatabaseURL
    let databaseName: String
    let lake: LakeOptions.Location?
    let tables: [TableFacts]

    /// Longer names would make keys that a store does not take.
    private static let longestName = 150

    /// Looks at the database, and changes nothing.
    ///
    /// - Parameters:
    ///   - database: The database.
    ///   - lake: Where the files are to go; nil leaves it to whoever edits the file.
    ///   - selection: The tables; never empty.
    /// - Returns: The proposal.
    /// - Throws: ``ReplicationError`` if the database cannot be reached, or has no such table.
    public static func read(
        database: DatabaseURL,
        lake: LakeOptions.Location?,
        selection: [TablePattern]
    ) async throws -> SettingsProposal {
        let control = RunControl()
        return try await withTaskCancellationHandler {
            try await onOwnThread("sluice-init") {
                defer { control.forgetInterrupts() }
                let reader = CatalogReader(try DatabaseSession(url: database, control: control).connect())
                do {
                    let tables = try reader.tables().filter { table in
                        selection.contains { $0.matches(schema: table.schema, table: table.name) }
                    }
                    guard !tables.isEmpty else { throw Self.noTable(selection) }
                    return SettingsProposal(
                        database: database,
                        databaseName: reader.connection.target.database,
                        lake: lake,
                        tables: try TableFacts.read(tables, from: reader)
                    )
                } catch let error as PostgresError {
                    throw ReplicationError(error, table: nil)
                }
            }
        } onCancel: {
            control.cancel()
        }
    }

    private static func noTable(_ selection: [TablePattern]) -> ReplicationError {
        let patterns = selection.map(\.description).joined(separator: ", ")
        return ReplicationError(
            .configuration,
            "the database has no table that matches \(patterns); name others with --schema or --table"
        )
    }

    // MARK: - Writing

    /// The file.
    public var text: String {
        let proposals = self.proposals
        var lines = [
            "# Settings of sluice for the database \(TableProposal.comment(databaseName)), as sluice init proposes them.",
            "# Look through them and change what you like, then: sluice check, and sluice replicate or sluice backfill.",
            "# A # before a setting turns it off. config/sluice.example.yaml has all settings there are.",
            "",
            "database:",
            "  # The password comes from PGPASSWORD or ~/.pgpass, or from a variable within the URL: ${DB_PASSWORD}",
            "  url: \(YAMLText.value(database.withoutSecrets))",
            "  #slot: sluice",
            "  #publication: sluice",
            "",
            "lake:",
        ]
        if let lake {
            lines.append("  url: \(YAMLText.value(Self.text(of: lake)))")
        } else {
            lines.append("  # s3://bucket/prefix or a folder; has to be set, here, in SLUICE_LAKE or with --lake.")
            lines.append("  url: null")
        }
        if proposals.contains(where: \.suggestsMasks) {
            lines += ["", "# What digests of masked values begin with; a secret.", "#mask_salt: ${MASK_SALT}"]
        }
        lines += ["", "tables:"]
        let entries = proposals.map(\.lines)
        // A list of which all entries are comments would be nothing, and nothing is every table.
        if !entries.contains(where: { $0.contains { $0.hasPrefix("  - ") } }) {
            lines.append(
                "  # None of these can be exported as it is; as long as all are left out, sluice takes what it finds."
            )
        }
        return (lines + entries.joined(separator: [""])).map { $0 + "\n" }.joined()
    }

    /// The entries, each with a name of its own.
    private var proposals: [TableProposal] {
        var taken: Set<String> = []
        func isFree(_ name: String) -> Bool {
            name.utf8.count <= Self.longestName && !taken.contains(name) && !taken.contains("\(name)_changes")
        }
        return tables.map { facts in
            let usual = LakeLayout.tableName(schema: facts.table.schema, table: facts.table.name)
            var name: String?
            if !isFree(usual) {
                let stem = Self.stem(of: facts.table)
                var number = 2
                while !isFree("\(stem)_\(number)") { number += 1 }
                name = "\(stem)_\(number)"
            }
            taken.formUnion([name ?? usual, "\(name ?? usual)_changes"])
            return TableProposal(facts: facts, name: name)
        }
    }

    /// Letters, digits and underlines of a table's name, beginning with a letter.
    static func stem(of table: SourceTable) -> String {
        let text = "\(table.schema)_\(table.name)".lowercased().utf8.prefix(longestName / 2)
        let stem = String(
            decoding: text.filter { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 },
            as: UTF8.self
        )
        return stem.utf8.first.map { (97...122).contains($0) } ?? false ? stem : "table_\(stem)"
    }

    /// The location as the reader takes it.
    static func text(of lake: LakeOptions.Location) -> String {
        switch lake {
        case .s3(let bucket, let prefix): return prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix)"
        case .folder(let path):
            guard path.contains("://") || path.hasPrefix("~") else { return path }
            return path.hasPrefix("/") ? URL(filePath: path).absoluteString : "./\(path)"
        }
    }
}
