import Lake
import Logging
import PostgresClient
import PostgresWire

/// Chooses the tables of a run and plans each.
struct TableSelection {
    let request: BackfillRequest
    /// The lake's streams of this database.
    let streams: LakeStreams
    /// Those of other databases.
    let foreign: LakeStreams
    let logger: Logger
    /// The tables that are tried again, by display name; nil for all.
    let only: Set<String>?

    /// The tables that the request names; those that are named exactly and cannot be read are failures.
    func tables(
        from reader: borrowing CatalogReader,
        failures: inout [(table: String, error: ReplicationError)]
    ) throws -> [SourceTable] {
        let all = try reader.tables()
        var chosen: [SourceTable] = []
        for table in all {
            let matching = request.selection.filter { $0.matches(schema: table.schema, table: table.name) }
            guard !matching.isEmpty, only?.contains(table.displayName) ?? true else { continue }
            let isNamed = matching.contains { $0.exactName != nil }
            // Of a table that is named, the columns that are left out need not be readable.
            if table.isReadable || isNamed && table.isPartlyReadable {
                chosen.append(table)
            } else if isNamed {
                let error = ReplicationError(
                    .database,
                    "permission denied for table \(table.displayName); run GRANT USAGE ON SCHEMA and GRANT SELECT ON "
                        + "the table for the role of database.url"
                )
                logger.error("\(error)")
                failures.append((table.displayName, error))
            } else {
                logger.warning(
                    "table \(table.displayName) is left out: the role may not read it; GRANT SELECT if it should"
                )
            }
        }
        for pattern in request.selection {
            guard let name = pattern.exactName,
                !all.contains(where: { $0.schema == name.schema && $0.name == name.table })
            else { continue }
            let displayName = name.schema == "public" ? name.table : "\(name.schema).\(name.table)"
            guard only?.contains(displayName) ?? true else { continue }
            let error = ReplicationError(
                .configuration,
                "unknown table \(displayName): the database has no table \(name.schema).\(name.table); check the spelling, "
                    + "and quote names with upper case or odd characters as in SQL"
            )
            logger.error("\(error)")
            failures.append((displayName, error))
        }
        if chosen.isEmpty, failures.isEmpty {
            let patterns = request.selection.map(\.description).joined(separator: ", ")
            logger.warning("no table that the role may read matches \(patterns): nothing is exported")
        }
        return chosen
    }

    /// Plans of the tables, the largest first, so that the last worker does not begin with the longest work.
    func exports(
        of tables: [SourceTable],
        planner: TablePlanner,
        reader: borrowing CatalogReader,
        failures: inout [(table: String, error: ReplicationError)]
    ) throws -> [TableExport] {
        var planner = planner
        planner.registeredNames = registeredNames(of: tables, planner)
        var plans: [TablePlan] = []
        var owners: [[UInt8]: String] = [:]
        var complete = tables
        try reader.complete(&complete)
        for var table in complete {
            let options = request.options(of: table)
            let lakeName = planner.lakeName(of: table, options)
            let names = [lakeName, lakeName + "_changes"]
            if let other = names.compactMap({ owners[Array($0.utf8)] }).first {
                throw ReplicationError(
                    .configuration,
                    "tables \(other) and \(table.displayName) would share the name \(lakeName) in the lake; give one of "
                        + "them another with name: in its settings"
                )
            }
            for name in names { owners[Array(name.utf8)] = table.displayName }
            do {
                let stream = streams.stream(carrying: lakeName, oid: table.oid)
                let formerOwner = stream == nil ? try owner(of: lakeName, for: table, reader: reader) : nil
                if let replication = request.replication, replication.slot == stream?.slot {
                    let isPublished = try reader.restrict(&table, to: replication.publication)
                    guard isPublished || request.streamedTables == nil else {
                        throw ReplicationError(
                            .configuration,
                            "table \(table.displayName) has left the publication \(replication.publication) before it "
                                + "was loaded; add it again, or restart replication without it"
                        )
                    }
                }
                if stream != nil { try leaveOutUnsent(of: &table, planner) }
                let identifiers = IdentifierQuoting()
                var plan = try planner.plan(table, carriedBy: stream) { name throws(PostgresError) in
                    identifiers.quote(name)
                }
                plan.formerOwner = formerOwner
                plans.append(plan)
            } catch let error as ReplicationError {
                logger.error("\(error)")
                failures.append((table.displayName, error))
            }
        }
        plans.sort { $0.estimatedRowCount > $1.estimatedRowCount }
        return plans.enumerated().map { TableExport(plan: $1, number: $0) }
    }

    /// The streamed table that has had a table's name in the lake and is dropped.
    ///
    /// - Throws: ``ReplicationError`` if the name belongs to a table that is there: a stream would rewrite days of another.
    private func owner(
        of lakeName: String,
        for table: SourceTable,
        reader: borrowing CatalogReader
    ) throws -> LakeStreams.Owner? {
        if let owner = foreign.owner(of: lakeName) {
            throw ReplicationError.taken(lakeName, by: owner, for: table.displayName)
        }
        guard let owner = streams.owner(of: lakeName) else { return nil }
        guard try !reader.exists(oid: owner.table.oid) else {
            throw ReplicationError.taken(lakeName, by: owner, for: table.displayName)
        }
        return owner
    }
}

extension TableSelection {
    /// The names that the stream of the settings has given tables, by OID: their rows belong where their changes are.
    private func registeredNames(of tables: [SourceTable], _ planner: TablePlanner) -> [UInt32: String] {
        let stream = streams.streams.first { $0.slot == request.replication?.slot }
        var names: [UInt32: String] = [:]
        for table in tables where request.lakeNames[table.oid] == nil {
            let entry = stream?.tables.first {
                $0.oid == table.oid && $0.schema.isSameName(as: table.schema) && $0.table.isSameName(as: table.name)
            }
            guard let entry else { continue }
            names[table.oid] = entry.name
            let wanted = planner.wantedName(of: table, request.options(of: table))
            if let text = entry.warning(ofWanted: wanted) { logger.warning("\(text)") }
        }
        return names
    }

    private func leaveOutUnsent(of table: inout SourceTable, _ planner: TablePlanner) throws(ReplicationError) {
        let left = try planner.leaveOutUnsent(of: &table)
        guard !left.isEmpty else { return }
        let text =
            "table \(table.displayName) comes into the lake without its generated columns, which PostgreSQL does not send to "
            + "a stream"
        logger.info("\(text)", metadata: ["columns": "\(left.joined(separator: ", "))"])
    }
}

/// Quotes identifiers without a connection: doubling the quotes is all that UTF-8 needs.
struct IdentifierQuoting {
    func quote(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
