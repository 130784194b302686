import Lake
import Logging
import ObjectStorage
import PostgresClient
import PostgresWire
import Telemetry

/// One validation: the objects of all tables, their rows where that is asked for, and the repair of what differs.
///
/// Blocks the calling thread.
struct ValidationRun {
    /// Where it works, and what is known before it begins.
    struct Place {
        var store: any ObjectStore
        var streams: LakeStreams
        var spill: SpillFolder
        /// How the stream of the settings stands; nil if there is none.
        var status: ReplicationStatus?
        /// The keys of what is kept for that stream although there is no checkpoint of it.
        var remains: [String] = []
    }

    let request: ValidationRequest
    let place: Place
    let logger: Logger
    let progress: ProgressReporter
    let control: RunControl

    /// What changes that may be late are waited for at least, where they are flushed quickly.
    private static let leastPatience = Duration.seconds(60)

    /// What all tables may wait for together.
    var latePatience: SharedPatience {
        let flush = request.replication.flush.maximumInterval
        return SharedPatience(min(request.wait, max(flush * 3, Self.leastPatience)))
    }

    private var session: DatabaseSession { DatabaseSession(url: request.replication.database, control: control) }

    /// Validates.
    ///
    /// - Returns: What was found.
    /// - Throws: ``ReplicationError``.
    func run() throws -> ValidationReport {
        let start = ContinuousClock.now
        let present = try tablesOfLake()
        let (catalog, reading) = try readCatalog(present)
        let streamFindings = try streamFindings(present)
        var tables = reading.tables.map { table in
            let source = "\(table.source.schema).\(table.source.name)"
            return ValidationReport.Table(name: table.name, source: source, isStreamed: table.stream != nil)
        }
        var findings = [[ValidationFinding]](repeating: [], count: tables.count)
        let patience = latePatience
        for (index, table) in reading.tables.enumerated() {
            guard !control.isCancelled else { throw ReplicationError.cancelled }
            findings[index] = try check(table, &tables[index], patience)
        }
        let catalogFindings = try catalogFindings(Set(reading.tables.map(\.name)))
        if request.isDeep {
            if !reading.tables.isEmpty {
                progress.expect(rows: tables.reduce(0) { $0 + $1.rowCount })
                try compare(reading.tables.map { ($0, nil) }, catalog, &tables, &findings)
            }
        }
        if request.repairs { try repair(reading.tables, catalog, &tables, &findings) }
        return ValidationReport(
            lake: request.replication.lake.displayName,
            isDeep: request.isDeep,
            repairs: request.repairs,
            tables: tables,
            findings: streamFindings + catalogFindings + reading.findings + findings.flatMap(Self.sorted),
            elapsed: ContinuousClock.now - start
        )
    }

    private static func sorted(_ findings: [ValidationFinding]) -> [ValidationFinding] {
        findings.enumerated().sorted { left, right in
            let (first, second) = (left.element, right.element)
            if first.severity != second.severity { return first.severity == .failure }
            return (first.day ?? "", left.offset) < (second.day ?? "", right.offset)
        }.map(\.element)
    }

    // MARK: - Tables

    private func readCatalog(_ present: Set<String>) throws -> (LakeStreams, ValidationCatalog.Reading) {
        do {
            let reader = CatalogReader(try session.connect())
            let identity = try reader.identity()
            let own = place.streams.divided(system: identity.system, database: identity.database).own
            let snapshot = try reader.exportSnapshot()
            var catalog = ValidationCatalog(request: request, streams: own, present: present)
            catalog.abandoned = Set(place.remains.compactMap { StreamRemains.table(ofState: $0) })
            let reading = try catalog.read(reader, snapshot)
            _ = try reader.query("COMMIT")
            return (own, reading)
        } catch let error as PostgresError {
            throw ReplicationError(error, table: nil)
        }
    }

    /// The folders of the lake that tables may be in.
    private func tablesOfLake() throws -> Set<String> {
        let store = place.store
        return try waitForResult(cancelledBy: control) {
            do throws(ObjectStorageError) {
                return Set(try await TableFolders.list(in: store))
            } catch {
                throw ReplicationError(error)
            }
        }
    }

    /// Looks at a table's objects.
    ///
    /// - Throws: ``ReplicationError`` if database or lake cannot be asked at all.
    func check(
        _ table: ValidatedTable,
        _ result: inout ValidationReport.Table,
        _ patience: SharedPatience
    ) throws -> [ValidationFinding] {
        do {
            let isRead = place.status?.slot?.activePID != nil
            let stream =
                isRead
                ? StreamWait(request: request.replication, store: place.store, session: session, logger: logger) : nil
            let check = TableCheck(
                request: request,
                store: place.store,
                session: session,
                stream: stream,
                patience: patience
            )
            let outcome = try check.run(table)
            result.fileCount = outcome.fileCount
            result.rowCount = outcome.rowCount
            result.byteCount = outcome.byteCount
            return outcome.findings
        } catch let error as ReplicationError {
            guard error.code != .cancelled, !error.isTransient, !error.isConnectFailure else { throw error }
            return [ValidationFinding(.failure, .table, table: table.name, "\(error)")]
        }
    }

    /// What is wrong with the stream; nothing of it makes rows differ by now, unless the stream is broken.
    private func streamFindings(_ present: Set<String>) throws -> [ValidationFinding] {
        guard let status = place.status else {
            let remains = StreamRemains(request: request.replication, place: place, session: session)
            return try remains.findings(present)
        }
        let breaks = Set(status.breaks)
        return status.problems.map { ValidationFinding(breaks.contains($0) ? .failure : .warning, .stream, $0) }
    }

    private func catalogFindings(_ tables: Set<String>) throws -> [ValidationFinding] {
        guard let options = request.replication.athena else { return [] }
        let agreement = CatalogAgreement(
            request: request.replication,
            options: options,
            store: place.store,
            isFollowed: place.status?.slot?.activePID != nil,
            logger: logger,
            control: control
        )
        return try agreement.findings(of: tables)
    }

    // MARK: - Rows

    /// Compares rows, and puts what they show in the place of what footers did.
    func compare(
        _ targets: [(table: ValidatedTable, days: Set<CalendarDate?>?)],
        _ streams: LakeStreams,
        _ tables: inout [ValidationReport.Table],
        _ findings: inout [[ValidationFinding]]
    ) throws {
        let progress = progress
        let comparison = DeepComparison(
            request,
            DeepComparison.Place(store: place.store, streams: streams, spill: place.spill, session: session),
            logger: logger,
            advance: { progress.advance(rows: $0, bytes: $1) }
        )
        let rounds = try comparison.run(
            targets.map { DeepComparison.Target(table: $0.table, days: $0.days ?? Self.chosenDays(of: $0.table)) }
        )
        for (target, rounds) in zip(targets, rounds) {
            guard let index = tables.firstIndex(where: { $0.name == target.table.name }) else { continue }
            if target.days == nil {
                tables[index].comparedDays = rounds.verdicts.count
                tables[index].comparedRows = rounds.verdicts.values.reduce(0) { $0 + ($1.databaseRowCount ?? 0) }
            }
            // What reading all rows has shown is more than the footers did.
            let days = target.days.map { Set($0.map { RewriteState.name(of: $0) }) }
            findings[index].removeAll { finding in
                guard rounds.failure == nil, finding.kind.isOfRows else { return false }
                let isOutside = target.table.stream == nil && finding.kind == .missing && finding.severity == .warning
                return !isOutside && days.map { days in finding.day.map { days.contains($0) } ?? false } ?? true
            }
            findings[index] += ValidationFinding.list(
                rounds,
                of: target.table,
                isWhole: request.period == nil && days == nil
            )
        }
    }

    private static func chosenDays(of table: ValidatedTable) -> Set<CalendarDate?>? {
        guard let range = table.days else { return nil }
        let days = range.lowerBound.daysSinceEpoch...range.upperBound.daysSinceEpoch
        return Set(days.map { CalendarDate(daysSinceEpoch: $0) })
    }
}
