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

    init(effect: NetEffect, finalDays: [CalendarDate??], located: KeyLocator, files: [DayFile]) {
        self.effect = effect
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
        let own = ownPlace(key, day)
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
            guard isGone || entry.isDeleted else {
                unresolved.insert(day)
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
        if let own { return deletedPlaces[own] != nil && self.lacks(own, entry.last, lacks) }
        let isUnknown = lacks(fileOfDay[day], entry.last, 0)
        // The day that a deleted row comes from may be the only one that has yet to take the change up.
        return isUnknown || entry.isDeleted && base != nil
    }

    /// Where a day has a key.
    private func ownPlace(_ key: Int, _ day: CalendarDate?) -> KeyLocator.Place? {
        var kept: KeyLocator.Place?
        for place in places[key] ?? [] where files[place.file].day == day && !used.contains(place) {
            guard deletedPlaces[place] != nil else { return place }
            kept = kept ?? place
        }
        return kept
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
    /// ahead: the pass goes as far at least. What an export has taken from the object before is the last that is known of a
    /// row that is gone.
    private func basePlace(_ entry: NetEffect.Entry, _ lacks: Lacks) -> KeyLocator.Place? {
        let found = candidates(entry, among: places, before: entry.last) { self.lacks($0, $1, lacks) }
        if let current = found.first(where: { deletedPlaces[$0] == nil }) { return current }
        let ahead = candidates(entry, among: additions, before: nil) { place, change in
            change.position > files[place.file].additions?.end ?? .start
        }
        return ahead.first ?? found.first
    }

    /// The places of a row that have taken up the change that gave the row its key there, and not yet the next: of the last
    /// key, that is `end`.
    private func candidates(
        _ entry: NetEffect.Entry,
        among places: KeyPlaces,
        before end: ChangeStampReference?,
        lacks: (KeyLocator.Place, ChangeStampReference) -> Bool
    ) -> [KeyLocator.Place] {
        let path = entry.path
        return path.indices.flatMap { index in
            let (since, next) = (path[index].since, index + 1 < path.count ? path[index + 1].since : end)
            return (places[path[index].key] ?? []).filter { place in
                !(since.map { lacks(place, $0) } ?? false) && next.map { lacks(place, $0) } ?? true
            }
        }
    }
}
