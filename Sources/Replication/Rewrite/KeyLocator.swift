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
    /// Rows of a key column that are in memory at a time.
    private static let batchRowCount = 1 << 16
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
    /// The objects whose rows that are marked as deleted hold less than the others.
    let behind: Set<Int>
    /// For each key column the values of all keys.
    private var ordered: [OrderedKeyColumn]
    private var read: Set<Group> = []
    /// Where each key was found.
    private(set) var places: KeyPlaces
    /// The places of rows that are marked as deleted and hold less than the others of their objects.
    private(set) var deletedPlaces: Set<Place> = []
    private(set) var counts = Counts()

    /// Prepares for the keys of a pass.
    ///
    /// - Parameters:
    ///   - keys: The keys, as ``KeyEncoder`` writes them.
    ///   - columns: Their columns.
    ///   - days: The days' objects.
    ///   - readers: Opens the objects.
    init(_ keys: KeyTable, columns: [RowLayout.Column], days: RewritePlanner.Days, with readers: DayReaders) {
        self.keys = keys
        self.columns = columns
        files = days.files
        behind = Set(days.files.indices.filter { days.progress[$0].deleted != nil && days.files[$0].hasDeleted })
        self.readers = readers
        places = KeyPlaces(keyCount: keys.count)
        ordered = columns.map { _ in OrderedKeyColumn(keyCount: keys.count) }
        for index in 0..<keys.count {
            let values = KeyEncoder.values(of: keys.bytes(of: index), columns: columns)
            for column in columns.indices {
                ordered[column].append(values[column].flatMap { OrderedKey.bytes($0, of: columns[column].type) })
            }
        }
    }

    /// Looks for keys in the objects where they should be; all keys of the pass that are met are noted.
    ///
    /// - Parameter wanted: For each object its number and the keys.
    /// - Throws: ``ReplicationError`` if an object cannot be read.
    func search(_ wanted: [(file: Int, keys: [Int])]) throws {
        var possible: [Group] = []
        for (file, keys) in wanted {
            let groups = candidates(keys, in: file).filter { !read.contains(Group(file: file, rowGroup: $0.rowGroup)) }
            for (rowGroup, keys) in groups where try mayHold(keys, file: file, rowGroup: rowGroup, of: groups.count) {
                possible.append(Group(file: file, rowGroup: rowGroup))
            }
        }
        try read(possible)
    }

    /// Looks for keys of which each is in one object at most, in any of several: first where the bounds leave one row
    /// group, then wherever a filter does not exclude them.
    ///
    /// - Parameters:
    ///   - wanted: The keys.
    ///   - candidates: The numbers of the objects, likeliest first.
    /// - Throws: ``ReplicationError`` if an object cannot be read.
    func search(_ wanted: [Int], inOneOf candidates: [Int]) throws {
        var rest = Set(wanted)
        var possible: [(group: Group, keys: [Int])] = []
        var groupCounts: [Int: Int] = [:]
        for file in candidates {
            for candidate in self.candidates(wanted, in: file) {
                possible.append((Group(file: file, rowGroup: candidate.rowGroup), candidate.keys))
                for key in candidate.keys { groupCounts[key, default: 0] += 1 }
            }
        }
        let allowed = Set(candidates)
        func settle(_ count: WritableKeyPath<Counts, Int>) {
            for key in rest where places.contains(key, inFile: { allowed.contains($0) }) {
                rest.remove(key)
                counts[keyPath: count] += 1
            }
        }
        try read(possible.filter { $0.keys.contains { groupCounts[$0] == 1 } }.map(\.group))
        settle(\.byBounds)
        // What a filter excludes need not be read; what is left is read, likeliest first, until all are found.
        var filtered: [(group: Group, keys: [Int])] = []
        var filteredCounts: [Int: Int] = [:]
        for (group, keys) in possible where !read.contains(group) {
            let open = keys.filter { rest.contains($0) }
            guard !open.isEmpty else { continue }
            guard try mayHold(open, file: group.file, rowGroup: group.rowGroup, of: possible.count) else { continue }
            filtered.append((group, open))
            for key in open { filteredCounts[key, default: 0] += 1 }
        }
        try read(filtered.filter { $0.keys.contains { filteredCounts[$0] == 1 } }.map(\.group))
        settle(\.byFilter)
        var wave: [Group] = []
        for (group, keys) in filtered where !read.contains(group) {
            guard keys.contains(where: { rest.contains($0) }) else { continue }
            wave.append(group)
            guard wave.count == Self.concurrentReads else { continue }
            try read(wave)
            wave = []
            settle(\.byReading)
        }
        try read(wave)
        settle(\.byReading)
    }

    // MARK: - Excluding

    /// The row groups of an object whose bounds do not exclude all of the keys, each with those that it may hold.
    private func candidates(_ wanted: [Int], in file: Int) -> [(rowGroup: Int, keys: [Int])] {
        let known = columns.map { column in
            files[file].keyColumns.firstIndex { $0.isSameName(as: column.name) }
        }
        let types = columns.map { column in
            files[file].layout.index(of: column.name).map { files[file].layout.columns[$0].type }
        }
        return files[file].groups.indices.compactMap { rowGroup in
            let group = files[file].groups[rowGroup]
            guard group.rowCount > 0 else { return nil }
            var left = wanted
            for column in columns.indices where !left.isEmpty {
                guard let place = known[column], let type = types[column],
                    OrderedKey.isPossible(columns[column].type),
                    let range = group.bounds[place].range,
                    let least = Self.ordered(range.least, type, as: columns[column].type),
                    let greatest = Self.ordered(range.greatest, type, as: columns[column].type)
                else { continue }
                left = left.filter { key in
                    // What the column cannot hold is NULL there.
                    ordered[column].lies(key, from: least, through: greatest) ?? group.bounds[place].mayHaveNulls
                }
            }
            return left.isEmpty ? nil : (rowGroup, left)
        }
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
        guard groupCount > 1, wanted.count <= Self.filterKeyLimit else { return true }
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
    private func read(_ groups: [Group]) throws {
        let groups = groups.filter { !read.contains($0) }
        guard !groups.isEmpty else { return }
        let found = Found()
        let work = Work(readers: readers, files: files, keys: keys, columns: columns, behind: behind)
        let list = groups.map { (file: $0.file, rowGroup: $0.rowGroup) }
        concurrently(list.count, width: Self.concurrentReads) { index in
            let result = Result<[FoundRow], ReplicationError> { () throws(ReplicationError) in
                try work.read(file: list[index].file, rowGroup: list[index].rowGroup)
            }
            found.results.withLock { $0.append(result) }
        }
        for result in found.results.withLock({ $0 }) {
            for row in try result.get() {
                places.add(row.place, of: row.key)
                if row.isDeleted { deletedPlaces.insert(row.place) }
            }
        }
        read.formUnion(groups)
        counts.readGroups += groups.count
    }

    /// A row with one of the keys.
    private struct FoundRow {
        var key: Int
        var place: Place
        /// Whether it belongs to ``KeyLocator/deletedPlaces``.
        var isDeleted: Bool
    }

    /// What several threads have found.
    private final class Found: Sendable {
        let results = Mutex<[Result<[FoundRow], ReplicationError>]>([])
    }

    /// What the threads that read share; nothing of it changes.
    private struct Work: Sendable {
        let readers: DayReaders
        let files: [DayFile]
        let keys: KeyTable
        let columns: [RowLayout.Column]
        let behind: Set<Int>

        func read(file: Int, rowGroup: Int) throws(ReplicationError) -> [FoundRow] {
            let reader = try readers.open(files[file].info)
            do {
                return try find(reader, file, rowGroup)
            } catch let error as ParquetReadError {
                throw ReplicationError(reading: files[file].info.key, error, in: readers.store)
            } catch {
                throw (error as? ReplicationError) ?? ReplicationError(.lake, "\(error)")
            }
        }

        private func find(_ reader: ParquetFileReader, _ file: Int, _ rowGroup: Int) throws -> [FoundRow] {
            let there = columns.filter { files[file].layout.index(of: $0.name) != nil }
            guard !there.isEmpty else { return [] }
            // Only values that are NULL in a key column can be rescued.
            let bounds = files[file].groups[rowGroup].bounds
            let needsRescued =
                files[file].hasRescued
                && (bounds.count < columns.count || bounds.contains { $0.mayHaveNulls })
            let needsDeleted = behind.contains(file)
            let names =
                there.map(\.name) + (needsDeleted ? [RowLayout.deleted] : []) + (needsRescued ? [RowLayout.rescued] : [])
            let batches = try reader.batches(
                ofRowGroup: rowGroup,
                columns: names,
                maximumRowCount: KeyLocator.batchRowCount
            )
            var found: [FoundRow] = []
            var key: [UInt8] = []
            var first = 0
            while let batch = try batches.next() {
                let values = zip(there, batch.columns).map { ($0.name, $1.promoted(to: $0.type)) }
                let encoder = KeyEncoder(
                    columns.map { column in (column, values.first { $0.0.isSameName(as: column.name) }?.1) },
                    rescued: needsRescued ? batch.columns.last : nil
                )
                let deleted = needsDeleted ? ColumnSlots(batch.columns[there.count]) : nil
                for row in 0..<batch.rowCount {
                    encoder.encode(row, into: &key)
                    guard let index = keys.find(key) else { continue }
                    let place = Place(file: file, rowGroup: rowGroup, row: first + row)
                    found.append(FoundRow(key: index, place: place, isDeleted: deleted?.isTrue(at: row) ?? false))
                }
                first += batch.rowCount
            }
            return found
        }
    }
}
