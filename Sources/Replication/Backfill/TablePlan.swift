import Columnar
import Foundation
import Ingest
import Lake
import Parquet
import PostgresClient
import PostgresWire

/// Everything that the export of one table needs to know, decided before the first row is read.
struct TablePlan: Sendable {
    /// The table's OID.
    var oid: UInt32
    /// One COPY.
    struct Part: Sendable {
        var sql: String
        /// The relations it reads, whose files must still be those that the snapshot knows.
        var relations: [UInt32]
        /// Whether an index serves it better than reading the whole relation does.
        var prefersIndex = false
    }

    /// For messages.
    var displayName: String
    /// The table's name in the lake.
    var lakeName: String
    /// Whether a stream brings its changes into the lake.
    var isStreamed: Bool
    var schema: TableSchema
    var cells: [(name: String, decoder: CellDecoder)]
    /// How rows find their day, or `nil` if the table is one object.
    var routing: (kind: DayRouter.Kind, column: Int)?
    var parts: [Part]
    /// The days that are replaced, or `nil` for all.
    var days: ClosedRange<CalendarDate>?
    var estimatedRowCount: Int
    var writerOptions: WriterOptions
    /// The footer's keys and values.
    var metadata: [(key: String, value: String)]
    /// The table that a stream has carried under this name and that is dropped.
    var formerOwner: LakeStreams.Owner?
    /// What is needed to keep rows that are deleted; nil if they go.
    var keeping: Keeping?

    /// How rows that are marked as deleted are carried over from the objects before.
    struct Keeping: Sendable {
        /// The names in the lake of the columns that tell rows apart.
        var key: [String]
        /// The names in the lake of columns that the settings leave out.
        var excluded: [String]
        /// The slot of the stream that carries the table; nil if none does.
        var slot: String?
    }
}

/// Makes the plans of a run.
struct TablePlanner {
    let request: BackfillRequest
    let types: TypeCatalog
    let snapshot: SharedSnapshot
    let today: CalendarDate
    /// The names in the lake of tables whose changes go there already, by OID.
    var registeredNames: [UInt32: String] = [:]

    /// Plans the export of a table.
    ///
    /// - Parameters:
    ///   - table: The table, complete.
    ///   - stream: The stream that brings its changes into the lake, if one does.
    ///   - quote: Quotes an identifier.
    /// - Returns: The plan.
    /// - Throws: ``ReplicationError`` if settings and table do not go together, or the rows cannot be exported beside a
    ///   stream; what `quote` throws.
    func plan(
        _ table: SourceTable,
        carriedBy stream: LakeStreams.Stream?,
        quote: (String) throws(PostgresError) -> String
    ) throws -> TablePlan {
        // Which changes the rows include is told by the snapshot's transactions, which a standby does not know.
        guard stream == nil || snapshot.transactions != nil else {
            throw ReplicationError.standby(table: table.displayName)
        }
        let options = request.options(of: table)
        let lakeName = lakeName(of: table, options)
        let partition = try partitionColumn(of: table, options)
        let days = self.days(options: options, hasDays: partition != nil)
        let columns = try self.columns(of: table, lakeName, options, carriedBy: stream)
        let selected = try columns.map { try expression(quote($0.source.name), $0.mapping.selection) }
        let cells = columns.map { (name: $0.name, decoder: $0.mapping.decoder) }
        let decoder = RowDecoder(columns: cells)
        var fields = columns.map { Field(name: $0.name, type: $0.mapping.type) }
        fields.append(Field(name: RowLayout.lsn, type: .leaf(.int64, nil)))
        if options.deletes == .soft { fields.append(Field(name: RowLayout.deleted, type: .leaf(.boolean, nil))) }
        if decoder.hasRescuedColumn { fields.append(Field(name: RowLayout.rescued, type: .leaf(.byteArray, .json))) }
        let schema = TableSchema(fields: fields)
        let routing = try partition.map { partition in
            let index = columns.firstIndex { $0.source.name.isSameName(as: partition.column.name) }
            return (kind: try kind(partition, options.timeZone), column: index ?? 0)
        }
        let description = TableDescription(
            table: "\(table.schema).\(table.name)",
            columns: columns.map { column in
                TableDescription.Column(
                    name: column.name,
                    type: column.typeName,
                    key: column.source.isKey,
                    mask: options.maskText(of: column.source.name, salt: request.maskSalt)
                )
            },
            key: key(of: table, columns, isStreamed: stream != nil),
            partition: routing.map { routing in
                TableDescription.Partition(column: columns[routing.column].name, timeZone: options.timeZone)
            }
        )
        return TablePlan(
            oid: table.oid,
            displayName: table.displayName,
            lakeName: lakeName,
            isStreamed: stream != nil,
            schema: schema,
            cells: cells,
            routing: routing,
            parts: try self.parts(
                of: table,
                select: selected.joined(separator: ", "),
                partition: partition,
                days: days,
                options,
                quote: quote
            ),
            days: partition == nil ? nil : days,
            estimatedRowCount: max(0, table.estimatedRowCount),
            writerOptions: WriterOptions(request.parquet, key: description.key, of: schema),
            metadata: metadata(description),
            keeping: options.deletes == .soft && !description.key.isEmpty
                ? TablePlan.Keeping(
                    key: description.key,
                    excluded: excludedNames(options, stream, lakeName),
                    slot: stream?.slot
                ) : nil
        )
    }

    private func excludedNames(_ options: TableOptions, _ stream: LakeStreams.Stream?, _ lakeName: String) -> [String] {
        let renamed = stream?.schemas.tables[lakeName]?.filter { options.excludedColumns.contains($0.source) } ?? []
        return options.excludedColumns.sorted() + renamed.map(\.name)
    }

    /// The name of the table in the lake.
    func lakeName(of table: SourceTable, _ options: TableOptions) -> String {
        request.lakeNames[table.oid] ?? registeredNames[table.oid] ?? wantedName(of: table, options)
    }

    /// The name that the settings give a table which the lake does not know.
    func wantedName(of table: SourceTable, _ options: TableOptions) -> String {
        options.name.map(LakeLayout.encode) ?? LakeLayout.tableName(schema: table.schema, table: table.name)
    }

    // MARK: - Days

    /// The column by whose values rows find their day.
    struct Partition {
        var column: SourceTable.Column
        var typeOID: UInt32
    }

    /// The partition column of a table; nil if the table is one object.
    func partitionColumn(
        of table: SourceTable,
        _ options: TableOptions
    ) throws(ReplicationError) -> Partition? {
        let name = options.partitionColumn ?? TableOptions.defaultPartitionColumn
        guard let column = table.columns.first(where: { $0.name.isSameName(as: name) }) else {
            guard options.partitionColumn != nil else { return nil }
            throw ReplicationError(
                .configuration,
                "table \(table.displayName) has no partition column \(name); set partition_by to a date or timestamp column"
            )
        }
        guard let type = PartitionType.oid(of: column.typeOID, modifier: column.modifier, types) else {
            // Only a column that was asked for is missed.
            guard options.partitionColumn != nil else { return nil }
            throw ReplicationError(
                .configuration,
                "the partition column \(name) of table \(table.displayName) has type \(column.typeName); set "
                    + "partition_by to a date, timestamp or timestamptz column"
            )
        }
        guard !options.excludedColumns.contains(name) else {
            throw ReplicationError(
                .configuration,
                "the partition column \(name) of table \(table.displayName) is excluded; take it off exclude_columns"
            )
        }
        guard options.masks[name] == nil else {
            throw ReplicationError(
                .configuration,
                "the partition column \(name) of table \(table.displayName) is masked; take it off mask"
            )
        }
        return Partition(column: column, typeOID: type)
    }

    private func kind(_ partition: Partition, _ timeZone: String) throws(ReplicationError) -> DayRouter.Kind {
        switch partition.typeOID {
        case TypeOID.date: return .date
        case TypeOID.timestamp: return .timestamp
        default:
            let days = try LocalDays(named: timeZone)
            return .timestampWithTimeZone { days.day(holding: $0) }
        }
    }

    private func days(
        options: TableOptions,
        hasDays: Bool
    ) -> ClosedRange<CalendarDate>? {
        guard hasDays, case .incremental(let period) = request.mode else { return nil }
        return period.days(in: options.timeZone, now: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    // MARK: - Parts

    /// One COPY for each small leaf, several for a large one.
    private func parts(
        of table: SourceTable,
        select: String,
        partition: Partition?,
        days: ClosedRange<CalendarDate>?,
        _ options: TableOptions,
        quote: (String) throws(PostgresError) -> String
    ) throws -> [TablePlan.Part] {
        func copy(_ schema: String, _ name: String, isRoot: Bool, _ condition: String?) throws -> String {
            // ONLY: tables that inherit are tables of their own.
            let only = isRoot ? "" : "ONLY "
            return "COPY (SELECT \(select) FROM \(only)\(try quote(schema)).\(try quote(name))"
                + "\(condition.map { " WHERE " + $0 } ?? "")) TO STDOUT (FORMAT binary)"
        }
        let dayCondition = try partition.map { partition in
            DayCondition(
                column: try quote(partition.column.name),
                typeOID: partition.typeOID,
                timeZone: options.timeZone
            )
        }
        let ofDays = try dayCondition.flatMap { condition in try days.map { try condition.sql($0) } }
        let wanted = Self.both(table.rowFilter, ofDays)
        guard table.leaves.allSatisfy(\.isReadable) else {
            let sql = try copy(table.schema, table.name, isRoot: table.isPartitioned, wanted)
            return [TablePlan.Part(sql: sql, relations: table.leaves.map(\.oid))]
        }
        return try table.leaves.flatMap { leaf in
            let division = RelationDivision(
                pageCount: leaf.pageCount,
                isHeap: leaf.isHeap,
                index: partition.flatMap { leaf.indexes[$0.column.name] },
                days: days,
                jobs: request.jobs
            )
            return try division.ranges.map { range in
                var part = TablePlan.Part(sql: "", relations: [leaf.oid])
                var condition = wanted
                switch range {
                case .all: break
                case .pages(let from, let end):
                    let pages = Self.condition(pages: from, end)
                    condition = Self.both(wanted, pages)
                case .days(let from, let end):
                    guard let dayCondition else { break }
                    part.prefersIndex = true
                    if days != nil, let from, let end {
                        condition = try dayCondition.sql(from...end.advanced(by: -1))
                    } else {
                        condition = try dayCondition.sql(from: from, end: end)
                    }
                    condition = Self.both(table.rowFilter, condition)
                case .withoutDay:
                    guard let dayCondition else { break }
                    part.prefersIndex = true
                    condition = Self.both(table.rowFilter, "\(dayCondition.column) IS NULL")
                }
                part.sql = try copy(leaf.schema, leaf.name, isRoot: false, condition)
                return part
            }
        }
    }

    /// Both conditions, as far as they are there.
    static func both(_ left: String?, _ right: String?) -> String? {
        guard let left, let right else { return left ?? right }
        return "(\(left)) AND (\(right))"
    }

    private static func condition(pages from: Int, _ end: Int?) -> String {
        let upper = end.map { " AND ctid < '(\($0),0)'::pg_catalog.tid" } ?? ""
        return "ctid >= '(\(from),0)'::pg_catalog.tid\(upper)"
    }

    // MARK: - Footer

    private func metadata(_ description: TableDescription) -> [(key: String, value: String)] {
        var entries = description.footerEntries
        entries.append((key: "sluice.lsn", value: snapshot.lsn))
        if let transactions = snapshot.transactions { entries.append((key: "sluice.snapshot", value: transactions)) }
        return entries
    }
}
