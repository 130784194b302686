import Foundation
import Lake
import PostgresClient
import PostgresWire

/// Finds the tables that database and lake should have in common, and plans how each is looked at.
struct ValidationCatalog {
    let request: ValidationRequest
    /// The lake's streams of this database.
    let streams: LakeStreams
    /// The names of tables that the lake has objects of.
    let present: Set<String>
    /// The names of tables whose stream has lost its checkpoint.
    var abandoned: Set<String> = []

    /// What was found.
    struct Reading: Sendable {
        var tables: [ValidatedTable] = []
        /// Tables that cannot be looked at.
        var findings: [ValidationFinding] = []
    }

    /// The stream of the settings' slot, if the lake has one.
    var stream: LakeStreams.Stream? { streams.streams.first { $0.slot == request.replication.slot } }

    /// Describes the tables as the transaction sees them that the reader is in.
    ///
    /// - Parameters:
    ///   - reader: A session within the transaction that the snapshot is of.
    ///   - snapshot: The snapshot.
    ///   - only: The tables, by OID, that are wanted; nil for all that the request asks for.
    /// - Returns: The tables in the order of their names.
    /// - Throws: ``ReplicationError`` if the database cannot be asked.
    func read(
        _ reader: borrowing CatalogReader,
        _ snapshot: SharedSnapshot,
        only: Set<UInt32>? = nil
    ) throws(ReplicationError) -> Reading {
        do {
            var reading = Reading()
            let all = try reader.tables()
            let published = try published(reader)
            let planner = TablePlanner(
                request: plannedRequest,
                types: try reader.types(),
                snapshot: snapshot,
                today: CalendarDate(daysSinceEpoch: Int32(Date().timeIntervalSince1970 / 86_400))
            )
            var matched: Set<TablePattern> = []
            for table in all where only?.contains(table.oid) ?? isWanted(table, planner, published) {
                let name = planner.lakeName(of: table, planner.request.options(of: table))
                matched.formUnion(request.tables.filter { $0.matches(schema: table.schema, table: table.name) })
                do {
                    let described = try describe(table, name, planner, reader)
                    reading.tables.append(described)
                    if stream != nil, described.stream == nil, !published.contains(table.oid) {
                        reading.findings.append(unpublished(described))
                    }
                } catch let error as ReplicationError {
                    if error.isTransient { throw error }
                    reading.findings.append(ValidationFinding(.failure, .table, table: name, "\(error)"))
                }
            }
            if only == nil {
                reading.findings += absent(from: all) + unmatched(besides: matched) + (try unpublishedKinds(reader))
            }
            reading.tables.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            return reading
        } catch let error as PostgresError {
            throw ReplicationError(error, table: nil)
        } catch {
            throw (error as? ReplicationError) ?? ReplicationError(.database, "\(error)")
        }
    }

    /// As a backfill would be asked for: names and columns as the stream has them, where there is one.
    private var plannedRequest: BackfillRequest {
        BackfillRequest(streaming: request.replication, stream?.tables ?? [], mode: .full, selection: [])
    }

    private func published(_ reader: borrowing CatalogReader) throws(PostgresError) -> Set<UInt32> {
        let rows = try reader.query(
            """
            SELECT c.oid FROM pg_catalog.pg_publication_tables p
            JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname
            JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename WHERE p.pubname = $1
            """,
            [request.replication.publication]
        ).rows
        return Set(rows.compactMap { $0[0].flatMap(UInt32.init) })
    }

    private func isWanted(_ table: SourceTable, _ planner: TablePlanner, _ published: Set<UInt32>) -> Bool {
        func matches(_ patterns: [TablePattern]) -> Bool {
            patterns.contains { $0.matches(schema: table.schema, table: table.name) }
        }
        let isKnown = streams.streams.contains { $0.tables.contains { $0.oid == table.oid } }
        let configured = request.replication.selection
        guard request.tables.isEmpty else {
            // A pattern may be for more tables than come into the lake; a name is meant.
            return matches(request.tables.filter { $0.exactName != nil })
                || matches(request.tables) && (isKnown || isExpected(table, planner, published))
        }
        return isKnown || (configured.isEmpty || matches(configured)) && isExpected(table, planner, published)
    }

    /// Whether a table that no stream carries yet should be in the lake.
    private func isExpected(_ table: SourceTable, _ planner: TablePlanner, _ published: Set<UInt32>) -> Bool {
        let options = planner.request.options(of: table)
        if published.contains(table.oid) || present.contains(planner.lakeName(of: table, options)) { return true }
        // With a stream, its publication says which tables there are; without, everything that a backfill would export.
        if !request.replication.selection.isEmpty { return true }
        return stream == nil && published.isEmpty && table.schema == TablePattern.defaultSchema && table.isReadable
    }

    private func describe(
        _ table: SourceTable,
        _ name: String,
        _ planner: TablePlanner,
        _ reader: borrowing CatalogReader
    ) throws -> ValidatedTable {
        var table = table
        guard table.isReadable || table.isPartlyReadable else {
            throw ReplicationError(
                .database,
                "the role may not read table \(table.displayName); run GRANT USAGE ON SCHEMA and GRANT SELECT ON the table "
                    + "for the role of database.url"
            )
        }
        let own = stream?.tables.contains { $0.oid == table.oid && $0.name == name } ?? false ? stream : nil
        if own == nil, let other = streams.stream(carrying: name, oid: table.oid) {
            throw ReplicationError(
                .configuration,
                "slot \(other.slot) brings the changes of table \(table.displayName) into this lake: validate it with the "
                    + "settings of that slot"
            )
        }
        try reader.complete(&table)
        if let own {
            guard try reader.restrict(&table, to: request.replication.publication) else {
                throw ReplicationError(
                    .configuration,
                    "table \(table.displayName) has left the publication \(request.replication.publication), so that its "
                        + "changes no longer come into the lake; add it again, or set database.publication"
                )
            }
            _ = own
            _ = try planner.leaveOutUnsent(of: &table)
        }
        let options = planner.request.options(of: table)
        let columns = try planner.columns(of: table, name, options, carriedBy: own)
        var masks: [String: String] = [:]
        for column in columns {
            masks[column.name] = options.maskText(of: column.source.name, salt: planner.request.maskSalt)
        }
        let checksums = try planner.checksumPlan(of: table, carriedBy: own)
        let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
        return ValidatedTable(
            source: table,
            name: name,
            stream: own,
            entry: own?.tables.first { $0.oid == table.oid },
            options: options,
            columns: columns,
            key: planner.key(of: table, columns, isStreamed: own != nil || abandoned.contains(name)),
            masks: masks,
            checksums: checksums,
            days: checksums.partition == nil ? nil : request.period?.days(in: options.timeZone, now: now)
        )
    }
}
