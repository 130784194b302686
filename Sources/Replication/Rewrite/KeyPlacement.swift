import Lake
import PostgresWire

/// Puts the rows of a pass into their places: what is replaced where, what is appended to which day, what goes.
struct KeyPlacement {
    /// Where a column's value comes from that the last change has left alone.
    enum Kept {
        case inPlace
        case change(RowReference)
        /// A row of a day's object, which has to be read.
        case place(KeyLocator.Place)
    }

    /// A row that a day is to have.
    struct Decision {
        var day: CalendarDate?
        /// The row that it replaces; appended if nil.
        var place: KeyLocator.Place?
        var row: RowReference?
        var kept: [Int: Kept]
        /// The last change; nil if it is not known yet how the row went.
        var lsn: LSN?
        var isDeleted: Bool
        /// Whether the row is in another day so far.
        var isMoved: Bool

        /// Says by which change a row was deleted that stands where it belongs.
        static func confirming(
            _ place: KeyLocator.Place,
            in day: CalendarDate?,
            by change: ChangeStampReference
        ) -> Self {
            let lsn = change.position.lsn
            return Self(day: day, place: place, row: nil, kept: [:], lsn: lsn, isDeleted: true, isMoved: false)
        }
    }

    /// A row that goes.
    struct Drop {
        var place: KeyLocator.Place
        /// The day to which it moves, which is to be written before; nil if it moves to none.
        var writtenBefore: CalendarDate??
    }

    private let effect: NetEffect
    private let finalDays: [CalendarDate??]
    private let places: KeyPlaces
    /// The places of rows that are marked as deleted and hold less than the others of their objects, with their generation.
    private let deletedPlaces: [KeyLocator.Place: Int]
    /// Where keys are among what days have taken in ahead.
    private let additions: KeyPlaces
    private let files: [DayFile]
    /// Where the pass ends.
    private let end: ChangePosition
    private let fileOfDay: [CalendarDate?: Int]

    private(set) var decisions: [Decision] = []
    private(set) var drops: [Drop] = []
    /// Days with rows that move to others, which have to be written before: what takes such a row's place would be all that
    /// is left of it.
    private(set) var moves: [(from: CalendarDate?, to: CalendarDate?)] = []
    /// The rows to be read, with the columns wanted of each.
    private(set) var fetches: [KeyLocator.Place: Set<Int>] = [:]
    /// Days of rows that build on others that were not found.
    private(set) var unresolved: Set<CalendarDate?> = []
    private(set) var incomplete = RewritePlan.Incomplete()
    private var used: Set<KeyLocator.Place> = []
    /// For each key the day to which the row moves that had it.
    private var destinations: [Int: CalendarDate?] = [:]

    init(
        effect: NetEffect,
        finalDays: [CalendarDate??],
        located: KeyLocator,
        files: [DayFile],
        end: ChangePosition
    ) {
        self.effect = effect
        self.end = end
        self.finalDays = finalDays
        places = located.places
        deletedPlaces = located.deletedPlaces
        additions = located.additions
        self.files = files
        fileOfDay = Dictionary(files.indices.map { (files[$0].day, $0) }) { first, _ in first }
    }

    /// Decides about all keys.
    ///
    /// - Parameters:
    ///   - isOpen: Whether a day may be written.
    ///   - lacks: Whether an object, by its number, or a day without one, lacks a change, as far as the rows of a generation
    ///     are concerned that are marked as deleted, or the others.
    mutating func resolve(isOpen: (CalendarDate?) -> Bool, lacks: Lacks) {
        for key in effect.entries.indices where effect.entries[key].isThere { place(key, isOpen, lacks) }
        for key in effect.entries.indices {
            for place in places[key] ?? [] where !used.contains(place) {
                let day = files[place.file].day
                guard isOpen(day), self.lacks(place, effect.entries[key].last, lacks) else { continue }
                drops.append(Drop(place: place, writtenBefore: destinations[key]))
            }
        }
    }

    /// Whether an object, or a day without one, lacks a change, for a generation of its deleted rows or the others.
    typealias Lacks = (_ file: Int?, _ change: ChangeStampReference, _ generation: Int?) -> Bool

    /// Whether the row at a place has yet to take up a change.
    private func lacks(_ place: KeyLocator.Place, _ change: ChangeStampReference, _ lacks: Lacks) -> Bool {
        lacks(place.file, change, deletedPlaces[place])
    }

    private mutating func place(
        _ key: Int,
        _ isOpen: (CalendarDate?) -> Bool,
        _ lacks: Lacks
    ) {
        let entry = effect.entries[key]
        let base = basePlace(entry, lacks)
        let day: CalendarDate?
        if entry.row != nil {
            guard let known = finalDays[key] else { return }
            day = known
        } else {
            // Deleted softly: the row stays where it is.
            guard let base else { return }
            day = files[base.file].day
        }
        let own = ownPlace(key, day, entry, lacks)
        if own == nil {
            // Until the day has the row, the one that it is now must not go.
            for step in entry.path.dropFirst() where destinations[step.key] == nil {
                destinations[step.key] = .some(day)
            }
            if let origin = entry.origin { destinations[origin] = .some(day) }
            destinations[key] = .some(day)
        }
        guard isOpen(day) else { return }
        let isLacking = lacks(fileOfDay[day], entry.last, nil)
        if !isLacking, entry.isDeleted, let own, deletedPlaces[own] != nil, !self.lacks(own, entry.last, lacks) {
            // The row is as it was deleted; what is left to say is how it went.
            used.insert(own)
            decisions.append(.confirming(own, in: day, by: entry.last))
            return
        }
        let isGone = !isLacking && isGone(entry, day, own, base, lacks)
        guard isLacking || isGone else { return }
        let target = base.flatMap { isReplaceable($0, in: day, isGone) ? $0 : nil } ?? own
        var kept: [Int: Kept] = [:]
        var missing: [Int] = []
        for (column, value) in entry.kept {
            switch value {
            case .change(let reference): kept[column] = .change(reference)
            case .base:
                guard let base else {
                    missing.append(column)
                    continue
                }
                if base == target {
                    kept[column] = .inPlace
                } else {
                    kept[column] = .place(base)
                    fetches[base, default: []].insert(column)
                }
            }
        }
        if !missing.isEmpty {
            guard entry.isDeleted else {
                if isLacking { unresolved.insert(day) }
                return
            }
            // No export would find them.
            incomplete.note(missing)
        }
        if let target { used.insert(target) }
        let isMoved = base.map { $0 != target && files[$0.file].day != day } ?? false
        if isMoved, let base { moves.append((files[base.file].day, day)) }
        decisions.append(
            Decision(
                day: day,
                place: target,
                row: entry.row,
                kept: kept,
                lsn: entry.isDeleted || !isGone ? entry.last.position.lsn : nil,
                isDeleted: entry.isDeleted || isGone,
                isMoved: isMoved
            )
        )
    }

    /// Whether a row is to stay in a day that has seen more, as one that is marked as deleted.
    ///
    /// An export knows nothing of rows that are gone: nor of those that are there so far, which a later change deletes
    /// without saying more of them than the key.
    private func isGone(
        _ entry: NetEffect.Entry,
        _ day: CalendarDate?,
        _ own: KeyLocator.Place?,
        _ base: KeyLocator.Place?,
        _ lacks: Lacks
    ) -> Bool {
        guard effect.keepsDeleted else { return false }
        if let own { return deletedPlaces[own] != nil && self.lacks(own, entry.last, lacks) }
        let file = fileOfDay[day]
        if lacks(file, entry.last, 0) { return true }
        // The day that a deleted row comes from may be the only one that has yet to take the change up.
        return entry.isDeleted && base != nil && file.map { files[$0].progress.snapshot != nil } ?? false
    }

    /// Where a day has a key: of several places, a row that is not marked as deleted, or the one that has taken up most.
    private func ownPlace(
        _ key: Int,
        _ day: CalendarDate?,
        _ entry: NetEffect.Entry,
        _ lacks: Lacks
    ) -> KeyLocator.Place? {
        var kept: (place: KeyLocator.Place, isLacking: Bool)?
        for place in places[key] ?? [] where files[place.file].day == day && !used.contains(place) {
            guard deletedPlaces[place] != nil else { return place }
            let isLacking = self.lacks(place, entry.last, lacks)
            if kept.map({ $0.isLacking && !isLacking }) ?? true { kept = (place, isLacking) }
        }
        return kept?.place
    }

    /// Whether the row that a day is to have may stand in the place of the one that it takes values from.
    private func isReplaceable(_ base: KeyLocator.Place, in day: CalendarDate?, _ isGone: Bool) -> Bool {
        let file = files[base.file]
        return file.day == day && base.rowGroup < file.groups.count && !used.contains(base)
            && (!isGone || deletedPlaces[base] != nil)
    }

    /// Where the row is that takes the given keys one after the other, as it was before the last change.
    ///
    /// That is in a day that has taken up the change that gave it one of them, and not yet the one that gave it the next, or
    /// the last of all. Under another of its keys a day has another row; and one that has seen more than the pass may have
    /// another row under the last key as well.
    ///
    /// Of a row whose former day was written by a pass that did not come to its end, it may be what the new day has taken in
    /// ahead, if this pass goes as far. What an export has taken from the object before is the last that is known of a row
    /// that is gone.
    private func basePlace(_ entry: NetEffect.Entry, _ lacks: Lacks) -> KeyLocator.Place? {
        func known(_ isKept: Bool) -> KeyLocator.Place? {
            place(of: entry, among: places, before: entry.last) { place, since, next in
                (deletedPlaces[place] != nil) == isKept && !(since.map { self.lacks(place, $0, lacks) } ?? false)
                    && next.map { self.lacks(place, $0, lacks) } ?? true
            }
        }
        if let current = known(false) { return current }
        let ahead = place(of: entry, among: additions, before: nil) { place, since, next in
            guard let reached = files[place.file].additions?.end, reached <= end else { return false }
            return since.map { $0.position <= reached } ?? true && next.map { $0.position > reached } ?? true
        }
        return ahead ?? (deletedPlaces.isEmpty ? nil : known(true))
    }

    /// The first place under one of a row's keys that is wanted.
    ///
    /// - Parameters:
    ///   - entry: What the pass does to the row.
    ///   - places: Where keys are.
    ///   - end: The change that comes next where the row has its last key.
    ///   - isWanted: Told of a place, the change that gave the row its key there, and the next.
    /// - Returns: The place.
    private func place(
        of entry: NetEffect.Entry,
        among places: KeyPlaces,
        before end: ChangeStampReference?,
        where isWanted: (KeyLocator.Place, _ since: ChangeStampReference?, _ next: ChangeStampReference?) -> Bool
    ) -> KeyLocator.Place? {
        guard let origin = entry.origin else { return nil }
        let later = entry.laterSteps
        for index in 0...later.count {
            let step = index == 0 ? NetEffect.Step(key: origin) : later[index - 1]
            let next = index < later.count ? later[index].since : end
            for place in places[step.key] ?? [] where isWanted(place, step.since, next) { return place }
        }
        return nil
    }
}
