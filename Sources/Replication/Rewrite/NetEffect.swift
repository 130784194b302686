import Columnar
import Lake
import PostgresWire

/// What the changes of a pass come to, for each key that they touch.
///
/// Rows have a key of their own; a change may give them another. So an entry is about a key, and its `origin` says under
/// which key the row that has it in the end was known before the pass.
struct NetEffect {
    /// Where a column's value comes from that a change has left alone.
    enum Value {
        /// An earlier change of the pass.
        case change(RowReference)
        /// The row that was there before the pass: see ``Entry/path``.
        case base
    }

    /// A key that a row has, from a change on.
    struct Step {
        var key: Int
        /// The change that gave the row the key; nil if it had it before the pass.
        var since: ChangeStampReference?
    }

    /// What the pass does to a key.
    struct Entry {
        /// The first and the last change that touch the key.
        var first: ChangeStampReference
        var last: ChangeStampReference
        /// Whether nothing can have had the key before its first change; a row that was deleted softly still has it.
        let beginsWithInsert: Bool
        /// Whether a row has the key in the end.
        var isThere = false
        /// The last change's row; nil for a row that is as it was before the pass, but deleted softly.
        var row: RowReference?
        /// The key before the pass of the row that has this key in the end; nil if the row is new.
        var origin: Int?
        /// The keys that the row was given after its ``origin``, up to this one; of nearly all rows none.
        var laterSteps: [Step] = []
        /// The keys of that row, from its ``origin`` to this one.
        ///
        /// A day that has taken up some of the pass's changes has the row under one of them.
        var path: [Step] { origin.map { [Step(key: $0)] + laterSteps } ?? [] }
        /// Columns whose values are not those of ``row``.
        var kept: [Int: Value] = [:]
        /// Whether the row is kept although it was deleted.
        var isDeleted = false
    }

    private(set) var keys = KeyTable()
    private(set) var entries: [Entry] = []
    /// The last TRUNCATE; what came before it is gone.
    private(set) var truncation: ChangeStampReference?
    let keepsDeleted: Bool
    private let mayMeetDeleted: Bool

    /// Begins without changes.
    ///
    /// - Parameters:
    ///   - keepsDeleted: Whether rows that are deleted stay and are marked.
    ///   - mayMeetDeleted: Whether there may be such rows, also of a time when others than now were kept: a new row takes
    ///     the place of the one that has its key.
    init(keepsDeleted: Bool, mayMeetDeleted: Bool? = nil) {
        self.keepsDeleted = keepsDeleted
        self.mayMeetDeleted = mayMeetDeleted ?? keepsDeleted
    }

    /// Takes in a row that was not there before.
    mutating func insert(_ key: [UInt8], _ row: RowReference, _ stamp: ChangeStampReference) {
        let index = touch(key, stamp, beginsWithInsert: true)
        entries[index].isThere = true
        entries[index].row = row
        entries[index].origin = nil
        entries[index].laterSteps = []
        entries[index].kept = [:]
        entries[index].isDeleted = false
    }

    /// Takes in the new version of a row.
    ///
    /// - Parameters:
    ///   - key: The key that the row has now.
    ///   - oldKey: The key that it had, if it was another.
    ///   - row: The new version.
    ///   - unchanged: Columns whose values are still those of the old version.
    ///   - stamp: The change.
    mutating func update(
        _ key: [UInt8],
        oldKey: [UInt8]?,
        _ row: RowReference,
        unchanged: [Int],
        _ stamp: ChangeStampReference
    ) {
        let old = touch(oldKey ?? key, stamp, beginsWithInsert: false)
        let former = entries[old]
        let isKnown = former.isThere
        // What an entry does not know to be there is as it was before the pass.
        let origin = isKnown ? former.origin : old
        var kept: [Int: Value] = [:]
        for column in unchanged {
            if isKnown, let known = former.kept[column] {
                kept[column] = known
            } else if isKnown, let row = former.row {
                kept[column] = .change(row)
            } else {
                kept[column] = .base
            }
        }
        var index = old
        var laterSteps = isKnown ? former.laterSteps : []
        if let oldKey, oldKey != key {
            remove(old)
            index = touch(key, stamp, beginsWithInsert: true)
            if origin != nil { laterSteps.append(Step(key: index, since: stamp)) }
        }
        entries[index].isThere = true
        entries[index].row = row
        entries[index].origin = origin
        entries[index].laterSteps = laterSteps
        entries[index].kept = kept
        entries[index].isDeleted = false
    }

    /// Takes in that a row is gone.
    mutating func delete(_ key: [UInt8], _ stamp: ChangeStampReference) {
        let index = touch(key, stamp, beginsWithInsert: false)
        guard keepsDeleted else { return remove(index) }
        if !entries[index].isThere {
            entries[index].isThere = true
            entries[index].row = nil
            entries[index].origin = index
            entries[index].laterSteps = []
        }
        entries[index].isDeleted = true
    }

    /// Takes in that all rows are gone.
    mutating func truncate(_ stamp: ChangeStampReference) {
        keys = KeyTable()
        entries = []
        truncation = stamp
    }

    private mutating func remove(_ index: Int) {
        entries[index].isThere = false
        entries[index].row = nil
        entries[index].origin = nil
        entries[index].laterSteps = []
        entries[index].kept = [:]
        entries[index].isDeleted = false
    }

    private mutating func touch(_ key: [UInt8], _ stamp: ChangeStampReference, beginsWithInsert: Bool) -> Int {
        let (index, isNew) = keys.insert(key)
        if isNew {
            let isFree = beginsWithInsert && !mayMeetDeleted
            entries.append(Entry(first: stamp, last: stamp, beginsWithInsert: isFree))
        } else {
            entries[index].last = stamp
        }
        return index
    }
}
