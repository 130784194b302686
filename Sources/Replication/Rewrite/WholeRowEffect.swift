import Lake

/// What the changes of a pass come to in a table whose rows have no key: how many equal rows go, and which come.
struct WholeRowEffect {
    private(set) var keys = KeyTable()
    /// How many rows of each content go, by day.
    private(set) var removals: [CalendarDate?: [Int: Int]] = [:]
    private(set) var truncation: ChangeStampReference?
    private var rows: [(reference: RowReference, stamp: ChangeStampReference)?] = []
    /// Rows that came in the pass and are there yet, by content and day.
    private var open: [Content: [Int]] = [:]

    private struct Content: Hashable {
        var key: Int
        var day: CalendarDate?
    }

    /// The rows that come.
    var added: [(reference: RowReference, stamp: ChangeStampReference)] { rows.compactMap(\.self) }

    /// Takes in a row that came.
    mutating func add(_ key: [UInt8], _ day: CalendarDate?, _ reference: RowReference, _ stamp: ChangeStampReference) {
        open[Content(key: keys.insert(key).index, day: day), default: []].append(rows.count)
        rows.append((reference, stamp))
    }

    /// Takes in that one of the equal rows is gone.
    mutating func remove(_ key: [UInt8], _ day: CalendarDate?) {
        let index = keys.insert(key).index
        if let row = open[Content(key: index, day: day)]?.popLast() {
            rows[row] = nil
        } else {
            removals[day, default: [:]][index, default: 0] += 1
        }
    }

    /// Takes in that all rows are gone.
    mutating func truncate(_ stamp: ChangeStampReference) {
        self = WholeRowEffect()
        truncation = stamp
    }
}
