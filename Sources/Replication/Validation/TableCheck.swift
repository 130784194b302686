import Foundation
import Lake
import ObjectStorage
import PostgresClient
import PostgresWire

/// Looks at the objects of a table without reading rows: whether they are there, whole, and what they should be.
///
/// Blocks the calling thread.
struct TableCheck {
    let request: ValidationRequest
    let store: any ObjectStore
    let session: DatabaseSession

    /// What was found.
    struct Outcome: Sendable {
        /// Objects of days that are looked at.
        var fileCount = 0
        var rowCount = 0
        var byteCount = 0
        var findings: [ValidationFinding] = []
    }

    /// Looks at a table.
    ///
    /// - Throws: ``ReplicationError`` if database or lake cannot be asked.
    func run(_ table: ValidatedTable) throws -> Outcome {
        // In this order: what is written meanwhile makes the lake newer than what it is held against.
        let database = try DatabaseDays(session: session).read(table)
        let position = try table.stream == nil ? nil : self.position()
        let state = try table.stream == nil ? nil : self.state(of: table)
        let (objects, strays) = try list(table)
        var outcome = Outcome()
        outcome.findings = strays
        let footers = FooterReading(store: store, agreement: SchemaAgreement(table)).read(objects)
        var lake: [CalendarDate?: Int?] = [:]
        var sizes: [SizePlausibility.Day] = []
        for object in objects {
            let day = LakeLayout.day(ofKey: object.key)
            // It is gone since it was listed.
            guard let result = footers[object.key] else { continue }
            outcome.fileCount += 1
            outcome.byteCount += object.byteCount
            switch result {
            case .success(let footer):
                // Of rows that are kept although they are deleted the database has none.
                lake[day] = .some(table.options.deletes == .soft ? nil : footer.file.rowCount)
                outcome.rowCount += footer.file.rowCount
                if let day {
                    let (rows, bytes) = (footer.file.rowCount, object.byteCount)
                    sizes.append(SizePlausibility.Day(day: day, rowCount: rows, byteCount: bytes))
                }
                for problem in footer.problems {
                    outcome.findings.append(finding(problem.severity, .schema, table, day, object.key, problem.text))
                }
            case .failure(let error):
                lake[day] = .some(nil)
                outcome.findings.append(finding(.failure, .damaged, table, day, object.key, "\(error)"))
            }
        }
        let isBehind = state.map { state in position.map { state.position.lsn < $0 } ?? true }
        let pending: DayPresence.Pending = isBehind.map { $0 ? .something : .nothing } ?? .noStream
        outcome.findings += try presence(of: table, database, lake, state, pending)
        for oddity in SizePlausibility.oddities(of: sizes, today: today(of: table)) {
            outcome.findings.append(finding(.warning, .size, table, oddity.day, nil, oddity.text))
        }
        return outcome
    }

    private func finding(
        _ severity: ValidationFinding.Severity,
        _ kind: ValidationFinding.Kind,
        _ table: ValidatedTable,
        _ day: CalendarDate?,
        _ file: String?,
        _ text: String
    ) -> ValidationFinding {
        ValidationFinding(severity, kind, table: table.name, day: RewriteState.name(of: day), file: file, text)
    }

    // MARK: - Days

    private func presence(
        of table: ValidatedTable,
        _ database: DatabaseDays.Reading,
        _ lake: [CalendarDate?: Int?],
        _ state: RewriteState?,
        _ pending: DayPresence.Pending
    ) throws -> [ValidationFinding] {
        switch database {
        case .unknown(let reason):
            let text = "its days are not compared with those of the database, as \(reason); --deep compares the rows"
            return [ValidationFinding(.warning, .missing, table: table.name, text)]
        case .hasRows(let hasRows):
            guard hasRows, lake.isEmpty else { return [] }
            let text = "the database has rows and the lake none" + (pending == .something ? " yet" : "")
            return [
                finding(
                    pending == .something && table.entry?.loaded == nil ? .warning : .failure,
                    .missing,
                    table,
                    nil,
                    LakeLayout.key(table: table.name, day: nil),
                    text
                )
            ]
        case .days(let days):
            if lake.isEmpty, !days.isEmpty, table.days == nil {
                let text =
                    table.stream != nil && table.entry?.loaded == nil
                    ? "the table is being loaded, and has no object in the lake yet"
                    : "the database has rows and the lake none; run sluice backfill --mode full --table \(table.displayName)"
                return [ValidationFinding(.failure, .missing, table: table.name, text)]
            }
            var known = Set((state?.days ?? [:]).keys.compactMap { CalendarDate($0) })
            let absent = known.intersection(days).filter { lake[$0] == nil }
            if !absent.isEmpty {
                // A day that has just lost its last row loses its object.
                let now = Set(try self.state(of: table).days.keys.compactMap { CalendarDate($0) })
                known = try known.subtracting(absent).union(absent.intersection(now).filter { try !isThere($0, table) })
            }
            let presence = DayPresence(
                database: days,
                lake: Dictionary(lake.compactMap { day, rows in day.map { ($0, rows) } }) { first, _ in first },
                known: known,
                wanted: table.days,
                today: today(of: table),
                pending: pending
            )
            return presence.findings.flatMap { found in
                found.days.map { day in
                    finding(
                        found.severity,
                        found.kind,
                        table,
                        day,
                        LakeLayout.key(table: table.name, day: day),
                        found.text
                    )
                }
            }
        }
    }

    private func isThere(_ day: CalendarDate, _ table: ValidatedTable) throws -> Bool {
        let (store, key) = (store, LakeLayout.key(table: table.name, day: day))
        return try waitForResult {
            do throws(ObjectStorageError) {
                return try await store.head(key) != nil
            } catch {
                throw ReplicationError(error)
            }
        }
    }

    private func today(of table: ValidatedTable) -> CalendarDate {
        let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
        let day = LocalDays(zoneName: table.options.timeZone)?.day(holding: now).day ?? Int(now / 86_400_000_000)
        return CalendarDate(daysSinceEpoch: Int32(clamping: day))
    }

    private func position() throws -> LSN {
        let connection = try session.connect()
        do {
            return try ServerReading.read(on: connection).position
        } catch {
            throw ReplicationError(error, table: nil)
        }
    }

    private func state(of table: ValidatedTable) throws -> RewriteState {
        let states = RewriteStateStore(store: store, slot: request.replication.slot, table: table.name, owner: "")
        return try waitForResult {
            try await withCheckpoint { () throws(CheckpointStore.Failure) in try await states.load() }
        }
    }

    // MARK: - Objects

    /// The objects of the days that are looked at, and those that are none of the table's.
    private func list(_ table: ValidatedTable) throws -> ([ObjectInfo], [ValidationFinding]) {
        let (store, prefix) = (store, table.name + "/")
        let all = try waitForResult {
            var objects: [ObjectInfo] = []
            do {
                for try await object in store.list(prefix: prefix) { objects.append(object) }
            } catch let error as ObjectStorageError {
                throw ReplicationError(error)
            }
            return objects
        }
        var (own, strays): ([ObjectInfo], [ValidationFinding]) = ([], [])
        for object in all {
            let day = LakeLayout.day(ofKey: object.key)
            if LakeLayout.isCurrentRows(object.key, of: table.name), (day != nil) == table.hasDays {
                if day.map({ table.days?.contains($0) ?? true }) ?? true { own.append(object) }
            } else if !Self.isHidden(object.key) {
                var finding = ValidationFinding(
                    .failure,
                    .stray,
                    table: table.name,
                    file: object.key,
                    "\(object.key) is no object of the table, but readers take it for one; move it out of \(prefix)"
                )
                finding.day = nil
                strays.append(finding)
            }
        }
        return (own, strays)
    }

    /// Whether readers pass over an object.
    private static func isHidden(_ key: String) -> Bool {
        key.split(separator: "/").contains { $0.hasPrefix("_") || $0.hasPrefix(".") }
    }
}
