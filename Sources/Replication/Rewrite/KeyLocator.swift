import Columnar
import Lake
import ObjectStorage
import Parquet
import Synchronization

/// Finds the rows of keys in the days' objects: by the footers' bounds, then by bloom filters, then by reading key
/// columns.
///
/// Blocks the calling thread.
final class KeyLocator {
    /// Where a row is.
    struct Place: Hashable {
        private let fileNumber: Int32
        private let rowGroupNumber: Int32
        /// Counted from the row group's first.
        let row: Int

        init(file: Int, rowGroup: Int, row: Int) {
            fileNumber = Int32(file)
            rowGroupNumber = Int32(rowGroup)
            self.row = row
        }

        /// The number of the day's object.
        var file: Int { Int(fileNumber) }
        var rowGroup: Int { Int(rowGroupNumber) }
    }

    /// How many keys were found, by what it took to know the row group.
    struct Counts: Sendable, Equatable {
        var byBounds = 0
        var byFilter = 0
        var byReading = 0
        /// Row groups whose key columns were read.
        var readGroups = 0
    }

    /// Row groups whose key columns are read at the same time.
    private static let concurrentReads = 4
    /// Of so many absent keys one passes a filter with one false positive in a hundred, most likely.
    private static let filterKeyLimit = 100

    /// A row group of a day's object.
    private struct Group: Hashable {
        var file: Int
        var rowGroup: Int
    }

    private let readers: DayReaders
    private let files: [DayFile]
    private let keys: KeyTable
    private let columns: [RowLayout.Column]
    private let control: RunControl
    /// The objects whose rows that are marked as deleted hold less than the others, and how many generations of them.
    let behind: [Int: Int]
    /// The numbers of the key columns of which some objects have bounds, and the values that all keys have there.
    private let boundedColumns: [Int]
    private var ordered: [OrderedKeyColumn]
    private var isSorted = false
    private var read: Set<Group> = []
    /// Where each key was found.
    private(set) var places: KeyPlaces
    /// The places of rows that are marked as deleted and hold less than the others of their objects, with their generation.
    private(set) var deletedPlaces: [Place: Int] = [:]
    /// Where each key was found among what days have taken in ahead.
    private(set) var additions: KeyPlaces
    private(set) var counts = Counts()

    /// Prepares for the keys of a pass.
    ///
    /// - Parameters:
    ///   - keys: The keys, as ``KeyEncoder`` writes them.
    ///   - columns: Their columns.
    ///   - days: The days' objects.
    ///   - readers: Opens the objects.
    ///   - control: Ends the search.
    init(
        _ keys: KeyTable,
        columns: [RowLayout.Column],
        days: RewritePlanner.Days,
        with readers: DayReaders,
        control: RunControl
    ) {
        self.control = control
        self.keys = keys
        self.columns = columns
        files = days.files
        let generationCounts = days.progress.enumerated().map { ($0, $1.generations.count) }
        behind = Dictionary(
            uniqueKeysWithValues: generationCounts.filter { $1 > 0 && days.files[$0].hasDeleted }
        )
        self.readers = readers
        places = KeyPlaces(keyCount: keys.count)
        additions = places
        let boundedColumns = columns.indices.filter { index in
            let column = columns[index]
            return OrderedKey.isPossible(column.type)
                && days.files.contains { $0.keyColumns.contains { $0.isSameName(as: column.name) } }
        }
        self.boundedColumns = boundedColumns
        ordered = boundedColumns.map { _ in OrderedKeyColumn(keyCount: keys.count) }
        // A table without key has whole rows in their place.
        guard !boundedColumns.isEmpty else { return }
        for index in 0..<keys.count {
            let values = KeyEncoder.values(of: keys.bytes(of: index), columns: columns)
            for (place, column) in boundedColumns.enumerated() {
                ordered[place].append(values[column].flatMap { OrderedKey.bytes($0, of: columns[column].type) })
            }
        }
    }

    /// Looks for keys in the objects where they should be; all keys of the pass that are met are noted.
    ///
    /// - Parameter wanted: For each object its number and the keys.
    /// - Throws: ``ReplicationError`` if an object cannot be read, or the run was cancelled.
    func search(_ wanted: [(file: Int, keys: [Int])]) throws {
        var likely: [Group] = []
        for (file, keys) in wanted {
            try requireRunning()
            var possible: [(rowGroup: Int, keys: [Int])] = []
            for rowGroup in files[file].groups.indices
            where !read.contains(Group(file: file, rowGroup: rowGroup)) {
                let left = self.possible(keys, file: file, rowGroup: rowGroup)
                guard !left.isEmpty else { continue }
                // Of more than a filter is asked for nothing but the row group matters.
                possible.append((rowGroup, left.count <= Self.filterKeyLimit ? left : []))
            }
            for (rowGroup, keys) in possible
            where try keys.isEmpty || mayHold(keys, file: file, rowGroup: rowGroup, of: possible.count) {
                likely.append(Group(file: file, rowGroup: rowGroup))
            }
        }
        try read(likely)
    }

    /// Looks for all keys in what days have taken in ahead: after a pass that did not come to its end.
    ///
    /// - Throws: ``ReplicationError`` if an object cannot be read, or the run was cancelled.
    func searchAdditions() throws {
        try read(
            files.indices.flatMap { index in
                let file = files[index]
                return (0..<(file.additions?.groupCount ?? 0)).map {
                    Group(file: index, rowGroup: file.groups.count + $0)
                }
            }
        )
    }

    /// A row group, with the wanted keys that it may hold.
    private struct Candidate {
        var group: Group
        var keys: WantedKeys.Selection
    }

    /// Looks for keys of which each is in one object at most, in any of several: first where the bounds leave one row
    /// group, then wherever a filter does not exclude them.
    ///
    /// - Parameters:
    ///   - wanted: The keys.
    ///   - candidates: The numbers of the objects, likeliest first.
    /// - Throws: ``ReplicationError`` if an object cannot be read, or the run was cancelled.
    func search(_ wanted: [Int], inOneOf candidates: [Int]) throws {
        sortKeys()
        var rest = WantedKeys(wanted, of: ordered, keyCount: keys.count)
        var possible: [Candidate] = []
        for file in candidates {
            try requireRunning()
            for rowGroup in files[file].groups.indices {
                guard let keys = selection(of: &rest, file: file, rowGroup: rowGroup) else { continue }
                possible.append(Candidate(group: Group(file: file, rowGroup: rowGroup), keys: keys))
            }
        }
        try read(possible, whoseKeysAreTheirOwn: &rest, \.byBounds)
        // What a filter excludes need not be read; what is left is read, likeliest first, until all are found.
        var filtered: [Candidate] = []
        for var candidate in possible where !read.contains(candidate.group) && rest.containsSome(of: candidate.keys) {
            try requireRunning()
            if let few = rest.keys(of: candidate.keys, limit: Self.filterKeyLimit) {
                let (file, rowGroup) = (candidate.group.file, candidate.group.rowGroup)
                guard try mayHold(few, file: file, rowGroup: rowGroup, of: possible.count) else { continue }
                candidate.keys = .listed(few.map { Int32(truncatingIfNeeded: $0) })
            }
            filtered.append(candidate)
        }
        try read(filtered, whoseKeysAreTheirOwn: &rest, \.byFilter)
        var wave: [Group] = []
        for candidate in filtered where !read.contains(candidate.group) && rest.containsSome(of: candidate.keys) {
            wave.append(candidate.group)
            guard wave.count == Self.concurrentReads else { continue }
            try read(wave, for: &rest, \.byReading)
            wave = []
        }
        try read(wave, for: &rest, \.byReading)
    }

    private func sortKeys() {
        guard !isSorted else { return }
        isSorted = true
        if ordered.isEmpty {
            // Any order will do, since all keys may be anywhere.
            var keys = OrderedKeyColumn(keyCount: keys.count)
            for _ in 0..<self.keys.count { keys.append(nil) }
            ordered = [keys]
        }
        for column in ordered.indices { ordered[column].sort() }
    }

    /// Reads row groups without which a key cannot be found.
    private func read(
        _ candidates: [Candidate],
        whoseKeysAreTheirOwn wanted: inout WantedKeys,
        _ count: WritableKeyPath<Counts, Int>
    ) throws {
        let isNeeded = wanted.haveKeysOfTheirOwn(candidates.map(\.keys))
        try read(zip(candidates, isNeeded).filter(\.1).map(\.0.group), for: &wanted, count)
    }

    private func read(
        _ groups: [Group],
        for wanted: inout WantedKeys,
        _ count: WritableKeyPath<Counts, Int>
    ) throws {
        try read(groups) { key in
            guard wanted.contains(key) else { return }
            wanted.remove(key)
            counts[keyPath: count] += 1
        }
    }

    private func requireRunning() throws(ReplicationError) {
        guard !control.isCancelled else { throw .cancelled }
    }

    // MARK: - Excluding

    /// What values a row group has in a column of the keys, as far as they can be compared.
    private struct ValueBounds {
        var least: [UInt8]
        var greatest: [UInt8]
        /// Whether it may have keys without a value as well.
        var orNull: Bool
    }

    /// The bounds of a row group; nil if they are not known.
    private func bounds(ofFile file: Int, rowGroup: Int, column: Int) -> ValueBounds? {
        let column = columns[column]
        let group = files[file].groups[rowGroup]
        guard let place = files[file].keyColumns.firstIndex(where: { $0.isSameName(as: column.name) }),
            let type = files[file].layout.index(of: column.name).map({ files[file].layout.columns[$0].type }),
            let range = group.bounds[place].range,
            let least = Self.ordered(range.least, type, as: column.type),
            let greatest = Self.ordered(range.greatest, type, as: column.type)
        else { return nil }
        // What the column cannot hold is NULL there.
        return ValueBounds(least: least, greatest: greatest, orNull: group.bounds[place].mayHaveNulls)
    }

    /// Those of some keys that the bounds of a row group do not exclude.
    private func possible(_ wanted: [Int], file: Int, rowGroup: Int) -> [Int] {
        guard files[file].groups[rowGroup].rowCount > 0 else { return [] }
        var left = wanted
        for (place, column) in boundedColumns.enumerated() where !left.isEmpty {
            guard let bounds = bounds(ofFile: file, rowGroup: rowGroup, column: column) else { continue }
            left = left.filter {
                ordered[place].lies($0, from: bounds.least, through: bounds.greatest) ?? bounds.orNull
            }
        }
        return left
    }

    /// Those of the wanted keys that the bounds of a row group do not exclude, by the column that excludes most; nil if
    /// there are none.
    private func selection(of wanted: inout WantedKeys, file: Int, rowGroup: Int) -> WantedKeys.Selection? {
        guard files[file].groups[rowGroup].rowCount > 0 else { return nil }
        var stretch = WantedKeys.Stretch(
            column: 0,
            places: 0..<keys.count,
            withoutValue: keys.count..<keys.count
        )
        for (place, column) in boundedColumns.enumerated() {
            guard let bounds = bounds(ofFile: file, rowGroup: rowGroup, column: column) else { continue }
            let own = WantedKeys.Stretch(
                column: place,
                places: ordered[place].places(from: bounds.least, through: bounds.greatest),
                withoutValue: (bounds.orNull ? ordered[place].valueCount : keys.count)..<keys.count
            )
            if own.count < stretch.count { stretch = own }
        }
        guard let few = wanted.keys(of: .stretch(stretch), limit: Self.filterKeyLimit) else { return .stretch(stretch) }
        let left = possible(few, file: file, rowGroup: rowGroup)
        return left.isEmpty ? nil : .listed(left.map { Int32(truncatingIfNeeded: $0) })
    }

    /// A bound in comparable form; of a file that is older than the wider type of its column as well.
    private static func ordered(_ bound: [UInt8], _ type: ColumnType, as wider: ColumnType) -> [UInt8]? {
        guard type != wider else { return OrderedKey.bytes(bound, of: wider) }
        guard case .leaf(let physical, _) = type, (physical.byteWidth ?? bound.count) == bound.count else { return nil }
        let column = Column(type: type)
        if physical.byteWidth == nil { column.append(binary: bound) } else { column.append(fixed: bound) }
        guard let promoted = column.promoted(to: wider) else { return nil }
        return ColumnSlots(promoted).withValue(at: 0) { $0.flatMap { OrderedKey.bytes(Array($0), of: wider) } }
    }

    /// Whether the filters of a row group leave one of the keys.
    private func mayHold(_ wanted: [Int], file: Int, rowGroup: Int, of groupCount: Int) throws -> Bool {
        // A filter that lets the only row group through has told nothing.
        guard groupCount > 1 else { return true }
        let filtered = columns.indices.filter { column in
            guard let place = files[file].keyColumns.firstIndex(where: { $0.isSameName(as: columns[column].name) }),
                let index = files[file].layout.index(of: columns[column].name)
            else { return false }
            // A filter of the narrow type knows nothing of the wider one's bytes.
            return files[file].groups[rowGroup].bounds[place].hasFilter
                && files[file].layout.columns[index].type == columns[column].type
        }
        guard !filtered.isEmpty else { return true }
        let reader = try readers.open(files[file].info)
        var left = wanted
        for column in filtered where !left.isEmpty {
            let name = columns[column].name
            let leaf = reader.leaves.first { $0.path.count == 1 && $0.path[0].isSameName(as: name) }
            guard let leaf else { continue }
            do {
                guard let filter = try reader.bloomFilter(ofRowGroup: rowGroup, leaf: leaf) else { continue }
                left = left.filter { key in
                    let values = KeyEncoder.values(of: keys.bytes(of: key), columns: columns)
                    return values[column].map { filter.mightContain($0) } ?? true
                }
            } catch {
                throw ReplicationError(reading: files[file].info.key, error, in: readers.store)
            }
        }
        return !left.isEmpty
    }

    // MARK: - Reading

    /// Reads the key columns of row groups that were not read yet.
    ///
    /// - Parameters:
    ///   - groups: The row groups.
    ///   - isFound: Told of each key that was met there.
    /// - Throws: ``ReplicationError`` if an object cannot be read, or the run was cancelled.
    private func read(_ groups: [Group], _ isFound: (Int) -> Void = { _ in }) throws {
        let groups = groups.filter { !read.contains($0) }
        guard !groups.isEmpty else { return }
        let found = Found()
        let control = control
        let reader = KeyReader(
            readers: readers,
            files: files,
            keys: keys,
            columns: columns,
            behind: behind,
            control: control
        )
        let list = groups.map { (file: $0.file, rowGroup: $0.rowGroup) }
        concurrently(list.count, width: Self.concurrentReads) { index in
            // What is left is seen to when the run begins anew.
            guard !control.isCancelled else { return }
            let result = Result<[KeyReader.FoundRow], ReplicationError> { () throws(ReplicationError) in
                try reader.read(file: list[index].file, rowGroup: list[index].rowGroup)
            }
            found.results.withLock { $0.append(result) }
        }
        try requireRunning()
        for result in found.results.withLock({ $0 }) {
            for row in try result.get() {
                if row.place.rowGroup >= files[row.place.file].groups.count {
                    additions.add(row.place, of: row.key)
                    continue
                }
                places.add(row.place, of: row.key)
                if let generation = row.generation { deletedPlaces[row.place] = generation }
                isFound(row.key)
            }
        }
        read.formUnion(groups)
        counts.readGroups += groups.count
    }

    /// What several threads have found.
    private final class Found: Sendable {
        let results = Mutex<[Result<[KeyReader.FoundRow], ReplicationError>]>([])
    }
}
