import Lake
import PostgresWire
import Telemetry

extension TableFacts {
    /// 1 MiB: a table of less is read as a whole in no time.
    private static let smallPageCount = 128
    /// Names in one line.
    private static let shownNames = 3

    /// What is to be said of the table: whatever is not as it should be, else how it will be exported.
    ///
    /// - Parameters:
    ///   - purpose: What sluice is wanted for.
    ///   - role: The role that asks.
    /// - Returns: At least one finding.
    func findings(for purpose: Preflight.Purpose, role: String) -> [Finding] {
        if purpose == .backfill, !isNamed, !table.isReadable { return [leftOut(role)] }
        var findings = accessFindings(role)
        if findings.isEmpty, let misfit { findings.append(finding(.fail, "settings", misfit.description)) }
        if purpose == .replicate { findings += identityFindings }
        if misfit == nil { findings += dayFindings }
        return findings.isEmpty ? [finding(.ok, "table", summary(for: purpose))] : findings
    }

    private func finding(
        _ status: Finding.Status,
        _ check: String,
        _ message: String,
        _ remedies: [Remedy] = []
    ) -> Finding {
        Finding(status, .tables, check, of: displayName, message, remedies)
    }

    private func summary(for purpose: Preflight.Purpose) -> String {
        let days = partitionColumn.map { "by day of \($0.name)" } ?? "one object"
        guard purpose == .replicate else { return days }
        if table.identity.key.isEmpty { return "\(days); changes name whole rows" }
        return "\(days); changes name rows by \(table.identity.key.joined(separator: ", "))"
    }

    // MARK: - Access

    private func accessFindings(_ role: String) -> [Finding] {
        let name = PasteableSQL.identifier(role)
        var findings: [Finding] = []
        if !mayUseSchema {
            let schema = PasteableSQL.identifier(table.schema)
            findings.append(
                finding(
                    .fail,
                    "select",
                    "role \(role) may not use schema \(table.schema)",
                    [.sql("GRANT USAGE ON SCHEMA \(schema) TO \(name)"), grant(to: name)]
                )
            )
        } else if let column = table.columns.first(where: { !$0.isReadable && !isExcluded($0.name) }) {
            let isWhole = !table.columns.contains(where: \.isReadable)
            let what = isWhole ? "may not read it" : "may not read column \(column.name)"
            findings.append(finding(.fail, "select", "role \(role) \(what)", [grant(to: name)]))
        }
        if hidesRows {
            findings.append(
                finding(
                    .fail,
                    "row_security",
                    "row-level security hides rows from role \(role), so that they would be missing",
                    [.sql("ALTER ROLE \(name) BYPASSRLS")]
                )
            )
        }
        return findings
    }

    /// Of a table that no entry names, an export takes what it may.
    private func leftOut(_ role: String) -> Finding {
        let unreadable = accessFindings(role).filter { $0.check == "select" }.flatMap(\.remedies)
        let text = "role \(role) may not read it, so sluice backfill leaves it out"
        return finding(
            .warn,
            "select",
            text,
            unreadable.isEmpty ? [grant(to: PasteableSQL.identifier(role))] : unreadable
        )
    }

    private func grant(to role: String) -> Remedy { .sql("GRANT SELECT ON \(quotedName) TO \(role)") }

    private func isExcluded(_ column: String) -> Bool {
        options.excludedColumns.contains { $0.isSameName(as: column) }
    }

    // MARK: - Identity

    private var identityFindings: [Finding] {
        if isUnlogged {
            return [
                finding(
                    .warn,
                    "unlogged",
                    "is unlogged: PostgreSQL replicates no changes of it",
                    [.sql("ALTER TABLE \(quotedName) SET LOGGED")]
                )
            ]
        }
        guard hasIdentity else { return [identityMissing] }
        var findings: [Finding] = []
        if let column = table.identity.unsentKeyColumn {
            findings.append(
                finding(
                    .fail,
                    "generated_key",
                    "column \(column) of its key is generated, and PostgreSQL does not send such columns: no change would "
                        + "find its row",
                    [.sql("ALTER TABLE \(quotedName) REPLICA IDENTITY FULL")]
                )
            )
        }
        do throws(ReplicationError) {
            try options.requireRows(of: displayName, toFollow: table.identity)
        } catch {
            findings.append(finding(.fail, "settings", error.description))
        }
        return findings
    }

    private var identityMissing: Finding {
        let remedy = Remedy.sql(identityStatement)
        let why =
            table.identity.kind == .nothing
            ? "its replica identity is NOTHING" : "it has no primary key, or a deferrable one"
        guard !isPublished else {
            return hasUpdates
                ? finding(.fail, "identity", "\(why), so every UPDATE and DELETE of it fails in the database", [remedy])
                : finding(
                    .warn,
                    "identity",
                    "\(why): inserts arrive, but an UPDATE or DELETE of it fails in the database",
                    [remedy]
                )
        }
        return finding(isNamed ? .fail : .warn, "identity", "\(why), so sluice replicate leaves it out", [remedy])
    }

    // MARK: - Days

    private var dayFindings: [Finding] {
        guard let column = partitionColumn else { return noDayFindings }
        if generated.contains(column.name), table.identity.unsent.contains(column.name) {
            let error = ReplicationError.unsentPartition(column.name, of: displayName)
            return [finding(.fail, "partition_column", error.description)]
        }
        var findings: [Finding] = []
        let name = PasteableSQL.identifier(column.name)
        if !notNull.contains(column.name) {
            findings.append(
                finding(
                    .warn,
                    "partition_column",
                    "the partition column \(column.name) may be NULL; such rows go to the day 1970-01-01",
                    [.sql("ALTER TABLE \(quotedName) ALTER COLUMN \(name) SET NOT NULL")]
                )
            )
        }
        let isSmall = table.estimatedRowCount >= 0 && pageCount < Self.smallPageCount
        if !isSmall, !isIndexed(column.name) {
            let how = table.isPartitioned ? "CREATE INDEX ON" : "CREATE INDEX CONCURRENTLY ON"
            findings.append(
                finding(
                    .warn,
                    "partition_index",
                    "no index begins with the partition column \(column.name): each export of a day reads the whole table",
                    [.sql("\(how) \(quotedName) (\(name))")]
                )
            )
        }
        return findings
    }

    private var noDayFindings: [Finding] {
        var taken = self
        taken.dayColumns.removeAll { isExcluded($0) }
        let choice = PartitionChoice(taken)
        let text =
            "has no date or timestamp column \(TableOptions.defaultPartitionColumn), so all of it is one object that each "
            + "change replaces"
        if let column = choice.column {
            let shown = ([column] + choice.others).prefix(Self.shownNames).joined(separator: ", ")
            return [
                finding(
                    .warn,
                    "partition_column",
                    "\(text); it could go by day of \(shown)",
                    [.settings("partition_by: \(YAMLText.value(column))")]
                )
            ]
        }
        guard let other = choice.others.first else { return [] }
        let shown = choice.others.prefix(Self.shownNames).joined(separator: ", ")
        return [
            finding(
                .warn,
                "partition_column",
                "\(text); the values of \(shown) seem to change, and a row would move to another day each time",
                [.advice("If they do not: partition_by: \(YAMLText.value(other))")]
            )
        ]
    }
}

// MARK: - All tables

extension [TableFacts] {
    private static var shownTables: Int { 5 }
    private static var shownColumns: Int { 3 }

    /// What becomes of large values that an UPDATE leaves alone; nothing if there are none.
    var largeValueFinding: Finding? {
        let concerned = filter { !$0.largeColumns.isEmpty && $0.hasIdentity }
        guard !concerned.isEmpty else { return nil }
        let names = concerned.prefix(Self.shownTables).map { facts in
            let columns = facts.largeColumns.prefix(Self.shownColumns).joined(separator: ", ")
            let more = facts.largeColumns.count > Self.shownColumns ? ", …" : ""
            return "\(facts.displayName) (\(columns)\(more))"
        }
        let rest = concerned.count - names.count
        let list = names.joined(separator: ", ") + (rest > 0 ? " and \(HumanUnits.count(rest, of: "table")) more" : "")
        let isFull = concerned.allSatisfy { $0.table.identity.kind == .full }
        let how =
            isFull
            ? "from the old row that REPLICA IDENTITY FULL sends" : "from the row's version before, found by its key"
        return Finding(
            .ok,
            .tables,
            "toast",
            "large values that an UPDATE leaves alone are not in the WAL; sluice takes them \(how), so that nothing has to "
                + "be done: \(list)"
        )
    }
}
