import Lake
import PostgresWire

/// Rows that have no key: they are only appended, or told apart by all of their values.
extension RewritePlanner {
    func planInserts() throws {
        var truncation: ChangeStampReference?
        var rows: [(RowReference, ChangeStampReference)] = []
        // Of an update or delete without a key nothing says which row it is about.
        var missesRows = false
        for (index, batch) in changes.batches.enumerated() {
            for row in 0..<batch.rowCount {
                switch batch.operations[row] {
                case UInt8(ascii: "T"):
                    truncation = changes.stamp(index, row)
                    rows = []
                    missesRows = false
                case UInt8(ascii: "I"):
                    rows.append((RowReference(source: index, row: row), changes.stamp(index, row)))
                default: missesRows = missesRows || isMissing(changes.stamp(index, row))
                }
            }
        }
        if missesRows { throw withoutRows }
        try empty(truncation)
        for (reference, stamp) in rows { append(reference, stamp) }
    }

    /// Whether some rows have yet to take up a change.
    private func isMissing(_ change: ChangeStampReference) -> Bool {
        days.absent.lacks(change) || days.progress.contains { $0.lacks(change) }
    }

    private var withoutRows: ReplicationError {
        let table = changes.description.table
        return ReplicationError(
            .configuration,
            "changes of table \(table) update or delete rows without saying which, as none of the columns that tell its rows "
                + "apart is sent or kept: see that its primary key is neither generated nor listed under exclude_columns, or "
                + "run ALTER TABLE \(table) REPLICA IDENTITY FULL; then take the table out of the publication and put it "
                + "back, so that it is loaded again"
        )
    }

    /// Rows that are to be kept when they are deleted are found by keys.
    private func requireHardDeletes() throws(ReplicationError) {
        guard keepsDeleted else { return }
        let table = changes.description.table
        throw ReplicationError(
            .configuration,
            "changes of table \(table) delete rows that deletes: soft should keep, but it has no primary key to find them by, "
                + "or had none then: set deletes: hard for it, or give it a primary key and export it again with sluice "
                + "backfill --mode full"
        )
    }

    private func append(_ reference: RowReference, _ stamp: ChangeStampReference) {
        let day = day(of: reference)
        guard lacks(day, stamp) else { return }
        work(day).append(
            DayWork.NewRow(row: reference, lsn: Int64(bitPattern: stamp.position.lsn.rawValue))
        )
    }

    func planWholeRows() throws {
        var effect = WholeRowEffect()
        let columns = changes.layout.columns
        var key: [UInt8] = []
        // From which day rows move to which.
        var moves: [CalendarDate?: Set<CalendarDate?>] = [:]
        for (index, batch) in changes.batches.enumerated() {
            try requireRunning()
            let source = sources[index]
            let encoder = KeyEncoder(zip(columns, source.columns).map { ($0, $1) }, rescued: source.rescued)
            let former = try FormerRows(of: batch, columns: changes.layout.columns)
            for row in 0..<batch.rowCount {
                let stamp = changes.stamp(index, row)
                let reference = RowReference(source: index, row: row)
                switch batch.operations[row] {
                case UInt8(ascii: "T"): effect.truncate(stamp)
                case UInt8(ascii: "D"):
                    let day = day(of: reference)
                    guard lacks(day, stamp) else { continue }
                    try requireHardDeletes()
                    encoder.encode(row, into: &key)
                    effect.remove(key, day)
                case UInt8(ascii: "U"):
                    // Without a former row the new one is the same.
                    guard former.encode(row, into: &key) else { continue }
                    let oldDay = resolver.flatMap { former.day(of: row, by: $0) }
                    if lacks(oldDay, stamp) { effect.remove(key, oldDay) }
                    moves[oldDay, default: []].insert(day(of: reference))
                    fallthrough
                default:
                    let day = day(of: reference)
                    guard lacks(day, stamp) else { continue }
                    encoder.encode(row, into: &key)
                    effect.add(key, day, reference, stamp)
                }
            }
        }
        try empty(effect.truncation)
        try removeWholeRows(effect)
        for (reference, stamp) in effect.added { append(reference, stamp) }
        // A day without an object loses nothing: what leaves it has come within the pass.
        for (day, next) in moves where fileOfDay[day] != nil {
            works[day]?.waitsFor.formUnion(Self.reached(from: next, by: moves))
        }
    }

    /// All days to which rows move on from some.
    private static func reached(
        from days: Set<CalendarDate?>,
        by moves: [CalendarDate?: Set<CalendarDate?>]
    ) -> Set<CalendarDate?> {
        var (reached, rest) = (days, Array(days))
        while let day = rest.popLast() {
            for next in moves[day] ?? [] where reached.insert(next).inserted { rest.append(next) }
        }
        return reached
    }

    /// Removes as many rows as were deleted of those that are equal.
    private func removeWholeRows(_ effect: WholeRowEffect) throws {
        let columns = changes.layout.columns
        let locator = KeyLocator(effect.keys, columns: columns, days: days, with: readers, control: control)
        for (day, removals) in effect.removals.sorted(by: {
            ($0.key ?? DayResolver.epoch) < ($1.key ?? DayResolver.epoch)
        }) {
            guard let file = fileOfDay[day], !isEmptied(file) else { continue }
            try locator.search([(file: file, keys: Array(removals.keys))])
            for (key, count) in removals {
                let places = (locator.places[key] ?? []).filter { $0.file == file }
                    .sorted { ($0.rowGroup, $0.row) < ($1.rowGroup, $1.row) }
                let missing = columns.first { days.files[file].layout.index(of: $0.name) == nil }
                if let missing, places.count < count { throw keyless(file, missing.name) }
                for place in places.prefix(count) { work(day).drop(place) }
            }
        }
        counts = locator.counts
    }
}
