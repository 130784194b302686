import Foundation
import Lake
import PostgresClient
import PostgresWire
import Telemetry

/// The tables that are wanted, and the publication that carries them.
struct TablesCheck {
    let request: ReplicationRequest
    let purpose: Preflight.Purpose

    /// More tables than this that are as they should be are only counted.
    private static let shownTables = 25

    /// Reads the catalog and decides.
    func findings(from reader: borrowing CatalogReader) throws -> [Finding] {
        let server = try ServerFacts.read(on: reader.connection)
        let publication =
            purpose == .replicate ? try PublicationFacts.read(request.publication, on: reader.connection) : nil
        let all = try reader.tables()
        var wanted = try TableFacts.read(all.filter { isWanted($0, publication) }, from: reader)
        for index in wanted.indices { complete(&wanted[index], publication) }
        try findMisfits(of: &wanted, reader)
        var findings = unknownTables(among: all)
        if let publication {
            findings += publication.findings(
                wanted: wanted,
                mayCreate: server.mayCreateInDatabase,
                namesTables: !request.selection.isEmpty
            )
        } else if wanted.isEmpty {
            let text = "no table of the database is wanted"
            findings.append(Finding(.fail, .tables, "table", text, [.settings("tables: [{ table: … }]")]))
        }
        findings += sharedNames(of: wanted)
        findings += Self.shortened(wanted.map { $0.findings(for: purpose, role: server.role) })
        if purpose == .replicate, let finding = wanted.largeValueFinding { findings.append(finding) }
        return findings
    }

    // MARK: - Private

    /// What a stream or an export would take.
    private func isWanted(_ table: SourceTable, _ publication: PublicationFacts?) -> Bool {
        if !request.selection.isEmpty { return request.isSelected(schema: table.schema, table: table.name) }
        if let publication, publication.exists { return publication.tables.contains(table.oid) }
        return table.schema == TablePattern.defaultSchema
    }

    private func complete(_ facts: inout TableFacts, _ publication: PublicationFacts?) {
        let (schema, name) = (facts.table.schema, facts.table.name)
        facts.options = request.options(schema: schema, table: name)
        facts.isPublished = publication?.tables.contains(facts.table.oid) ?? false
        facts.isNamed = request.selection.contains {
            $0.exactName != nil && $0.matches(schema: schema, table: name)
        }
    }

    /// Plans each table as an export would.
    private func findMisfits(of wanted: inout [TableFacts], _ reader: borrowing CatalogReader) throws {
        guard !wanted.isEmpty else { return }
        let backfill = BackfillRequest(
            streaming: request,
            [],
            mode: .full,
            selection: wanted.map { TablePattern(schema: $0.table.schema, table: $0.table.name) }
        )
        let planner = TablePlanner(
            request: backfill,
            types: try reader.types(),
            snapshot: SharedSnapshot(identifier: "", transactions: "", lsn: "0/0"),
            today: CalendarDate(daysSinceEpoch: Int32(Date().timeIntervalSince1970 / 86_400))
        )
        let stream =
            purpose == .replicate ? LakeStreams.Stream(slot: request.slot, tables: [], schemas: SchemaRegistry()) : nil
        let quoting = IdentifierQuoting()
        for index in wanted.indices {
            do {
                _ = try planner.plan(wanted[index].table, carriedBy: stream) { name throws(PostgresError) in
                    quoting.quote(name)
                }
            } catch {
                guard let misfit = error as? ReplicationError else { throw error }
                wanted[index].misfit = misfit
            }
        }
    }

    private func unknownTables(among all: [SourceTable]) -> [Finding] {
        let known = Set(all.map { [Array($0.schema.utf8), Array($0.name.utf8)] })
        return request.selection.compactMap { pattern in
            guard let name = pattern.exactName, !known.contains([Array(name.schema.utf8), Array(name.table.utf8)])
            else { return nil }
            return Finding(
                .fail,
                .tables,
                "table",
                of: "\(name.schema).\(name.table)",
                "the database has no such table; names with upper case or odd characters are quoted as in SQL",
                [.settings("tables: [{ table: … }]")]
            )
        }
    }

    private func sharedNames(of wanted: [TableFacts]) -> [Finding] {
        var owners: [String: String] = [:]
        var findings: [Finding] = []
        for facts in wanted {
            let name = request.lakeName(schema: facts.table.schema, table: facts.table.name)
            if let other = owners[name] ?? owners["\(name)_changes"] {
                findings.append(
                    Finding(
                        .fail,
                        .tables,
                        "name",
                        of: facts.displayName,
                        "would have the name \(name) in the lake, as table \(other) has",
                        [.settings("name: \(SettingsProposal.stem(of: facts.table))_2")]
                    )
                )
            }
            for name in [name, "\(name)_changes"] where owners[name] == nil { owners[name] = facts.displayName }
        }
        return findings
    }

    /// Leaves out tables that are well where there are many.
    static func shortened(_ findings: [[Finding]]) -> [Finding] {
        func isWell(_ findings: [Finding]) -> Bool { findings.allSatisfy { $0.status == .ok } }
        let wellCount = findings.count(where: isWell)
        guard wellCount > shownTables else { return findings.flatMap { $0 } }
        let text = "\(HumanUnits.count(wellCount, of: "table")) as they should be"
        return findings.filter { !isWell($0) }.flatMap { $0 } + [Finding(.ok, .tables, "table", text)]
    }
}
