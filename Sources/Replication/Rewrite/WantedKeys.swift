/// Keys that are looked for, of which those that a row group may hold are told by two places in the order of a column.
///
/// So what is known of a row group takes the same memory whatever the number of keys.
struct WantedKeys {
    /// Keys that follow one another in the order of a column's values.
    struct Stretch: Equatable {
        var column: Int
        var places: Range<Int>
        /// The places of keys without a value, if they are meant as well.
        var withoutValue: Range<Int>

        var count: Int { places.count + withoutValue.count }
    }

    /// Keys that a row group may hold.
    enum Selection {
        case stretch(Stretch)
        /// Few keys, of which all columns were looked at.
        case listed([Int32])
    }

    private let columns: [OrderedKeyColumn]
    private let keyCount: Int
    private var isWanted: [Bool]
    /// For each column and place the next one whose key may be wanted; the place itself if its key is.
    private var nexts: [[Int32]]

    /// Begins with some keys.
    ///
    /// - Parameters:
    ///   - keys: Their numbers.
    ///   - columns: The columns of all keys, one at least, sorted.
    ///   - keyCount: How many keys there are.
    init(_ keys: [Int], of columns: [OrderedKeyColumn], keyCount: Int) {
        self.columns = columns
        self.keyCount = keyCount
        var isWanted = Array(repeating: false, count: keyCount)
        for key in keys { isWanted[key] = true }
        self.isWanted = isWanted
        nexts = columns.map { column in
            var next = Array(repeating: Int32(truncatingIfNeeded: keyCount), count: keyCount + 1)
            for place in column.order.indices.reversed() {
                next[place] = isWanted[Int(column.order[place])] ? Int32(truncatingIfNeeded: place) : next[place + 1]
            }
            return next
        }
    }

    /// Whether a key is still looked for.
    func contains(_ key: Int) -> Bool { isWanted[key] }

    /// Ends the search for a key.
    mutating func remove(_ key: Int) {
        guard isWanted[key] else { return }
        isWanted[key] = false
        for column in columns.indices {
            let place = columns[column].ranks[key]
            nexts[column][Int(place)] = place + 1
        }
    }

    /// Whether one of some keys is still looked for.
    mutating func containsSome(of selection: Selection) -> Bool {
        switch selection {
        case .listed(let keys): keys.contains { isWanted[Int($0)] }
        case .stretch(let stretch):
            next(stretch.column, from: stretch.places.lowerBound) < stretch.places.upperBound
                || next(stretch.column, from: stretch.withoutValue.lowerBound) < stretch.withoutValue.upperBound
        }
    }

    /// Those of some keys that are still looked for; nil if they are more than a limit.
    mutating func keys(of selection: Selection, limit: Int) -> [Int]? {
        switch selection {
        case .listed(let keys):
            let left = keys.map { Int($0) }.filter { isWanted[$0] }
            return left.count <= limit ? left : nil
        case .stretch(let stretch):
            var keys: [Int] = []
            for places in [stretch.places, stretch.withoutValue] {
                var place = next(stretch.column, from: places.lowerBound)
                while place < places.upperBound {
                    guard keys.count < limit else { return nil }
                    keys.append(Int(columns[stretch.column].order[place]))
                    place = next(stretch.column, from: place + 1)
                }
            }
            return keys
        }
    }

    /// For each of several selections whether it has a wanted key that no other has.
    ///
    /// - Complexity: O(*n* + *m*) of *n* selections and *m* keys.
    func haveKeysOfTheirOwn(_ selections: [Selection]) -> [Bool] {
        var counts = Array(repeating: Int32(0), count: keyCount)
        var steps = columns.map { _ in [Int32]() }
        for selection in selections {
            switch selection {
            case .listed(let keys): for key in keys { counts[Int(key)] += 1 }
            case .stretch(let stretch):
                if steps[stretch.column].isEmpty { steps[stretch.column] = Array(repeating: 0, count: keyCount + 1) }
                for places in [stretch.places, stretch.withoutValue] {
                    steps[stretch.column][places.lowerBound] += 1
                    steps[stretch.column][places.upperBound] -= 1
                }
            }
        }
        for (column, steps) in zip(columns, steps) where !steps.isEmpty {
            var count: Int32 = 0
            for (place, key) in column.order.enumerated() {
                count += steps[place]
                counts[Int(key)] += count
            }
        }
        func isOwn(_ key: Int32) -> Bool { counts[Int(key)] == 1 && isWanted[Int(key)] }
        // How many keys of selections' own come before each place.
        let sums = zip(columns, steps).map { column, steps -> [Int32] in
            guard !steps.isEmpty else { return [] }
            var sums: [Int32] = [0]
            sums.reserveCapacity(keyCount + 1)
            for (place, key) in column.order.enumerated() { sums.append(sums[place] + (isOwn(key) ? 1 : 0)) }
            return sums
        }
        return selections.map { selection in
            switch selection {
            case .listed(let keys): keys.contains { isOwn($0) }
            case .stretch(let stretch):
                [stretch.places, stretch.withoutValue].contains { places in
                    sums[stretch.column][places.upperBound] > sums[stretch.column][places.lowerBound]
                }
            }
        }
    }

    /// The first place from one on whose key is wanted; the number of keys if there is none.
    private mutating func next(_ column: Int, from start: Int) -> Int {
        var place = start
        while Int(nexts[column][place]) != place, place < keyCount {
            // Whoever comes by again has half as far to go.
            let next = Int(nexts[column][place])
            nexts[column][place] = nexts[column][next]
            place = next
        }
        return place
    }
}
