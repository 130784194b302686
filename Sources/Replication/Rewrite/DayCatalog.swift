import Lake
import ObjectStorage
import Synchronization

/// The objects of a table's days, with their footers by version: what has not changed is read once.
final class DayCatalog: Sendable {
    /// Footers read at the same time: enough to hide the store's answer time.
    private static let concurrentReads = 8

    let store: any ObjectStore
    /// Opens the objects.
    let readers: DayReaders
    /// The table's name in the lake.
    let table: String
    private let known = Mutex<[String: DayFile]>([:])

    init(_ readers: DayReaders, table: String) {
        store = readers.store
        self.readers = readers
        self.table = table
    }

    /// How many days and row groups are known.
    var partCount: Int { known.withLock { $0.values.reduce(0) { $0 + 1 + $1.groups.count } } }

    /// The days that there are now.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter control: Ends the reading of footers.
    /// - Returns: The days' objects.
    /// - Throws: ``ReplicationError``; with code `cancelled` if the run was; ``Damage`` if days can be read again once they have
    ///   been exported again.
    func refresh(_ control: RunControl = RunControl()) throws -> [DayFile] {
        let (store, table) = (store, table)
        let objects = try waitForResult {
            var objects: [ObjectInfo] = []
            do {
                for try await object in store.list(prefix: table + "/")
                where LakeLayout.isCurrentRows(object.key, of: table) {
                    objects.append(object)
                }
            } catch let error as ObjectStorageError {
                throw ReplicationError(error)
            }
            return objects
        }
        let cached = known.withLock { $0 }
        let missing = objects.filter { cached[$0.key]?.info.version != $0.version }
        let read = Footers()
        let readers = readers
        concurrently(missing.count, width: Self.concurrentReads) { index in
            guard !control.isCancelled else { return }
            let object = missing[index]
            let result = Result<DayFile, ReplicationError> { () throws(ReplicationError) in
                try DayFile(object, day: LakeLayout.day(ofKey: object.key), readers.open(object), in: store)
            }
            read.byKey.withLock { $0[object.key] = result }
        }
        guard !control.isCancelled else { throw ReplicationError.cancelled }
        let results = read.byKey.withLock { $0 }
        var days: [DayFile] = []
        var damage = Damage()
        for object in objects {
            if let result = results[object.key] {
                switch result {
                case .success(let file): days.append(file)
                case .failure(let error): try damage.note(error, table: table, objectCount: objects.count)
                }
            } else if var file = cached[object.key] {
                // Of one that this process has written it was not known when that was, by the store's clock.
                file.info = object
                days.append(file)
            }
        }
        guard damage.byDay.isEmpty else { throw damage }
        let files = days
        known.withLock { $0 = Dictionary(uniqueKeysWithValues: files.map { ($0.info.key, $0) }) }
        return days
    }

    /// Days whose objects cannot be read, by their names in ``RewriteState/repairs``.
    struct Damage: Error {
        private(set) var byDay: [String: ReplicationError] = [:]

        /// Takes in a day.
        ///
        /// - Parameters:
        ///   - error: Why an object cannot be read.
        ///   - table: The table's name in the lake.
        ///   - objectCount: How many objects the table has: one that stands for the whole table has no others beside it.
        /// - Throws: The error, if exporting days again does not help.
        mutating func note(_ error: ReplicationError, table: String, objectCount: Int) throws(ReplicationError) {
            guard let key = error.damagedKey else { throw error }
            let day = LakeLayout.day(ofKey: key)
            let isWhole = key == LakeLayout.key(table: table, day: nil) && objectCount == 1
            guard day != nil || isWhole else { throw ReplicationError(error.code, error.description) }
            byDay[RewriteState.name(of: day)] = error
        }
    }

    /// Footers that several threads have read.
    private final class Footers: Sendable {
        let byKey = Mutex<[String: Result<DayFile, ReplicationError>]>([:])
    }

    /// Takes in an object that was just written.
    ///
    /// - Parameters:
    ///   - info: The object.
    ///   - day: Its day.
    ///   - footer: Its last bytes, the whole footer.
    /// - Returns: What the footer says.
    /// - Throws: ``ReplicationError`` if it cannot be read.
    func take(_ info: ObjectInfo, day: CalendarDate?, footer: [UInt8]) throws(ReplicationError) -> DayFile {
        let file = try DayFile(info, day: day, readers.open(info, tail: footer), in: store)
        known.withLock { $0[info.key] = file }
        return file
    }

    /// Forgets an object that is gone.
    func forget(_ key: String) {
        known.withLock { $0[key] = nil }
        readers.forget(key)
    }
}
