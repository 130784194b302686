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
    /// Waits for changes of which a finding may only be late; nil where nobody brings them.
    let stream: StreamWait?
    /// What all tables of a run may wait for together.
    let patience: SharedPatience

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
        let look = try look(at: table)
        let objects = look.objects
        var outcome = Outcome()
        outcome.findings = look.strays
        let footers = FooterReading(store: store, agreement: SchemaAgreement(table)).read(objects)
        var lake: [CalendarDate?: Int?] = [:]
        var sizes: [SizePlausibility.Day] = []
        var misfits: [(day: CalendarDate?, file: String, problem: SchemaAgreement.Problem)] = []
        for object in objects {
            let day = LakeLayout.day(ofKey: object.key)
            // It is gone since it was listed.
            guard let result = footers[object.key] else { continue }
            outcome.fileCount += 1
            outcome.byteCount += object.byteCount
            switch result {
            case .footer(let footer):
                // Of rows that are kept although they are deleted the database has none.
                lake[day] = .some(table.options.deletes == .soft ? nil : footer.file.rowCount)
                outcome.rowCount += footer.file.rowCount
                if let day {
                    let (rows, bytes) = (footer.file.rowCount, object.byteCount)
                    sizes.append(SizePlausibility.Day(day: day, rowCount: rows, byteCount: bytes))
                }
                misfits += footer.problems.map { (day, object.key, $0) }
            case .unread(let error):
                lake[day] = .some(nil)
                outcome.findings.append(finding(.failure, .uncompared, table, day, object.key, "\(error)"))
            case .damaged(let error):
                lake[day] = .some(nil)
                let text = error.text(naming: table.option)
                outcome.findings.append(finding(.failure, .damaged, table, day, object.key, text))
            }
        }
        outcome.findings += Self.findings(misfits, of: table, fileCount: outcome.fileCount)
        outcome.findings += try confirmed(try presence(of: table, look, lake), of: table, look)
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

    /// What files say of themselves that does not agree with the table, and what to do about it.
    private static func findings(
        _ misfits: [(day: CalendarDate?, file: String, problem: SchemaAgreement.Problem)],
        of table: ValidatedTable,
        fileCount: Int
    ) -> [ValidationFinding] {
        let wrong = Set(misfits.filter { $0.problem.severity == .failure }.map(\.file))
        // Of settings that have changed, each day is to be exported once more.
        let isEvery = wrong.count == fileCount && table.days == nil
        return misfits.map { day, file, problem in
            var text = problem.text
            if problem.severity == .failure {
                let days = day.flatMap { isEvery ? nil : "--date \($0)" } ?? "--mode full"
                text += "; run sluice backfill \(days) \(table.option)"
            }
            let name = RewriteState.name(of: day)
            return ValidationFinding(problem.severity, .schema, table: table.name, day: name, file: file, text)
        }
    }

    // MARK: - Days

    /// A table on both sides.
    private struct Look {
        var database: DatabaseDays.Reading
        var state: RewriteState?
        var pending: DayPresence.Pending
        var objects: [ObjectInfo]
        var strays: [ValidationFinding]
    }

    /// Looks at both sides.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - waits: Whether changes are waited for that the database shows and the stream may still bring.
    /// - Returns: What there is.
    /// - Throws: ``ReplicationError``.
    private func look(at table: ValidatedTable, waits: Bool = false) throws -> Look {
        // In this order: what is written meanwhile makes the lake newer than what it is held against.
        let database = try DatabaseDays(session: session).read(table)
        var (state, pending): (RewriteState?, DayPresence.Pending) = (nil, .noStream)
        if table.stream != nil {
            let end = try shownEnd()
            if waits, let end { try wait(for: end) }
            let known = try self.state(of: table)
            let hasAll = try end.map { try known.position >= $0 || hasNothing(of: table, known, through: $0) } ?? false
            (state, pending) = (known, hasAll ? .nothing : .something)
        }
        let (objects, strays) = try list(table)
        return Look(database: database, state: state, pending: pending, objects: objects, strays: strays)
    }

    /// Looks again where days are on one side only: one may have been filled or emptied while both sides were looked at, or
    /// changes that bring it on its way.
    private func confirmed(
        _ findings: [ValidationFinding],
        of table: ValidatedTable,
        _ first: Look
    ) throws -> [ValidationFinding] {
        if first.pending == .something {
            let late = findings.filter { $0.severity == .warning && [.missing, .extra].contains($0.kind) }
            guard stream != nil, !late.isEmpty else { return findings }
            let again = try look(at: table, waits: true)
            let found = try presence(of: table, again, rows(again, of: table, Set(findings.compactMap(\.day))))
            return again.pending == .nothing ? try confirmed(found, of: table, again) : found
        }
        let days = Set(findings.filter { $0.severity == .failure }.compactMap(\.day))
        guard first.pending == .nothing, !days.isEmpty else { return findings }
        let again = try look(at: table)
        let known = Set(findings.map { "\($0.kind) \($0.day ?? "")" })
        return try presence(of: table, again, rows(again, of: table, days))
            .filter { known.contains("\($0.kind) \($0.day ?? "")") }
    }

    /// The days of the lake, and how many rows those have that are in doubt.
    private func rows(
        _ look: Look,
        of table: ValidatedTable,
        _ doubtful: Set<String>
    ) throws -> [CalendarDate?: Int?] {
        var lake: [CalendarDate?: Int?] = [:]
        for object in look.objects { lake[LakeLayout.day(ofKey: object.key)] = .some(nil) }
        let objects = look.objects.filter { doubtful.contains(RewriteState.name(of: LakeLayout.day(ofKey: $0.key))) }
        for (key, outcome) in FooterReading(store: store, agreement: SchemaAgreement(table)).read(objects) {
            guard case .footer(let footer) = outcome, table.options.deletes != .soft else { continue }
            lake[LakeLayout.day(ofKey: key)] = .some(footer.file.rowCount)
        }
        return lake
    }

    /// Waits until everything has arrived in the lake that was committed; what does not come may come later.
    private func wait(for end: ChangePosition) throws {
        guard let stream else { return }
        let next = LSN(rawValue: end.lsn.rawValue &+ 1)
        try patience.spend { rest in
            do {
                _ = try stream.wait(for: next, patience: rest)
            } catch let error as ReplicationError where error.code == .slot {
                return
            }
        }
    }

    /// Whether the lake has no change of a table that its days have not taken up.
    private func hasNothing(
        of table: ValidatedTable,
        _ state: RewriteState,
        through end: ChangePosition
    ) throws -> Bool {
        guard let checkpoint = try stream?.checkpoint(), ChangePosition(before: checkpoint.position) >= end else {
            return false
        }
        let files = ChangeFiles(store: store, checkpoint: checkpoint)
        return try waitForResult {
            try await files.list(of: table.name, after: state.position, since: state.firstDayOfChanges(checkpoint))
        }.isEmpty
    }

    private func presence(
        of table: ValidatedTable,
        _ look: Look,
        _ lake: [CalendarDate?: Int?]
    ) throws -> [ValidationFinding] {
        let mayCome = look.pending == .something || table.stream != nil && table.entry?.loaded == nil
        let late =
            table.entry?.loaded == nil
            ? "the table is being loaded, and has no object in the lake yet"
            : "the database has rows and the lake no object yet, while changes are waiting to be taken up"
        switch look.database {
        case .unknown(let reason):
            let text = "its days are not compared with those of the database, as \(reason); --deep compares the rows"
            return [ValidationFinding(.warning, .missing, table: table.name, text)]
        case .hasRows(let hasRows):
            guard hasRows, lake.isEmpty else { return [] }
            let isLate = try mayCome && lost([nil], of: table, look.state).isEmpty
            let text = isLate ? late : "the database has rows and the lake none"
            let key = LakeLayout.key(table: table.name, day: nil)
            return [finding(isLate ? .warning : .failure, .missing, table, nil, key, text)]
        case .days(let days):
            let absent = days.filter { lake[$0] == nil && table.days?.contains($0) ?? true }
            let lost = try lost(absent.map { Optional($0) }, of: table, look.state)
            if lake.isEmpty, !days.isEmpty, table.days == nil, lost.isEmpty {
                if table.stream == nil {
                    let remedy = "run sluice backfill --mode full \(table.option)"
                    let text = "the database has rows and the lake none; \(remedy)"
                    return [ValidationFinding(.failure, .missing, table: table.name, text)]
                }
                if mayCome { return [ValidationFinding(.warning, .missing, table: table.name, late)] }
            }
            let presence = DayPresence(
                database: days,
                lake: Dictionary(lake.compactMap { day, rows in day.map { ($0, rows) } }) { first, _ in first },
                known: Set(lost.compactMap(\.self)),
                wanted: table.days,
                today: today(of: table),
                pending: look.pending
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

    /// The days of which the table's state knows an object that is gone, also when both are looked at again: a day that
    /// has just lost its last row loses its object.
    private func lost(
        _ days: some Sequence<CalendarDate?>,
        of table: ValidatedTable,
        _ state: RewriteState?
    ) throws -> Set<CalendarDate?> {
        let known = days.filter { state?.days[RewriteState.name(of: $0)] != nil }
        guard !known.isEmpty else { return [] }
        let now = try self.state(of: table).days
        return Set(try known.filter { try now[RewriteState.name(of: $0)] != nil && !isThere($0, table) })
    }

    private func isThere(_ day: CalendarDate?, _ table: ValidatedTable) throws -> Bool {
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

    /// The last change that the database can have shown; nil where the lake may have changes that the database does not
    /// show, as their commits wait for a standby.
    private func shownEnd() throws -> ChangePosition? {
        let connection = try session.connect()
        do {
            let setting = "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'synchronous_standby_names'"
            guard try connection.query(setting).scalar?.isEmpty ?? false else { return nil }
            let end = try ServerReading.read(on: connection).position
            return end.rawValue == 0 ? nil : ChangePosition(before: end)
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
            if table.mayHold(object.key) {
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
