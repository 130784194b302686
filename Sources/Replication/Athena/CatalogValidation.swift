import AWS
import Lake
import ObjectStorage
import Parquet
import Synchronization

/// Compares the rows that Athena counts with those that the footers of the lake's files say.
///
/// Blocks the calling thread.
final class CatalogValidation: Sendable {
    /// How often a table is counted whose files come and go meanwhile.
    private static let attempts = 3
    /// Footers read at the same time: enough to hide the store's answer time.
    private static let concurrentReads = 8

    let store: any ObjectStore
    let athena: AthenaClient
    let control: RunControl
    private let known = Mutex<[String: Known]>([:])

    private struct Known {
        var version: ObjectVersion
        var rowCount: Int
    }

    init(_ store: any ObjectStore, _ athena: AthenaClient, _ control: RunControl) {
        self.store = store
        self.athena = athena
        self.control = control
    }

    /// Counts a table's rows on both sides; again if they differ and its files were others meanwhile.
    ///
    /// - Parameter table: The table, whose name is that of its folder.
    /// - Returns: What comes of it.
    /// - Throws: ``ReplicationError`` if the lake cannot be read; ``AWSError`` if Athena refuses altogether.
    func count(_ table: String) throws -> CatalogCount {
        var result = CatalogCount(table: table, lakeRows: nil, athenaRows: nil, scannedByteCount: 0, verdict: .busy)
        for _ in 0..<Self.attempts {
            let before = try objects(in: table)
            let rows = try rowCount(before)
            let athena = athena
            let (found, scanned) = try waitForResult(cancelledBy: control) { () async throws -> (Int?, Int) in
                let query = try await athena.run("SELECT count(*) FROM \(Self.identifier(table))")
                return (
                    try await athena.rows(of: query).first?.first.flatMap { $0 }.flatMap { Int($0) },
                    query.scannedByteCount
                )
            }
            result.lakeRows = rows
            result.athenaRows = found
            result.scannedByteCount += scanned
            guard let found else {
                result.verdict = .failed("the answer holds no number")
                return result
            }
            if found == rows {
                result.verdict = .equal
                return result
            }
            let after = try objects(in: table)
            guard Self.isSame(before, after) else {
                // What has been read for one of two moments is as good as for the other.
                guard try rowCount(after) != found else {
                    result.lakeRows = found
                    result.verdict = .equal
                    return result
                }
                continue
            }
            result.verdict = .differs
            return result
        }
        return result
    }

    private static func isSame(_ left: [ObjectInfo], _ right: [ObjectInfo]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { $0.key == $1.key && $0.version == $1.version }
    }

    /// A name in the SQL of queries.
    private static func identifier(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    /// The objects of a folder that readers see.
    private func objects(in folder: String) throws -> [ObjectInfo] {
        let store = store
        return try waitForResult(cancelledBy: control) {
            var objects: [ObjectInfo] = []
            do {
                for try await object in store.list(prefix: folder + "/") where Self.isSeen(object.key) {
                    objects.append(object)
                }
            } catch let error as ObjectStorageError {
                throw ReplicationError(error)
            }
            return objects
        }
    }

    private static func isSeen(_ key: String) -> Bool {
        key.split(separator: "/").allSatisfy { !$0.hasPrefix("_") && !$0.hasPrefix(".") }
    }

    /// The rows of objects, by their footers; one that is gone since has none.
    private func rowCount(_ objects: [ObjectInfo]) throws -> Int {
        let missing = objects.filter { object in
            known.withLock { $0[object.key] }.map { $0.version != object.version } ?? true
        }
        let readers = DayReaders(store: store)
        let failures = Failures()
        let counts = Counts()
        concurrently(missing.count, width: Self.concurrentReads) { [control] index in
            guard !control.isCancelled else { return }
            let object = missing[index]
            do throws(ReplicationError) {
                let reader = try readers.open(object)
                readers.forget(object.key)
                let count = (0..<reader.rowGroupCount).reduce(0) { $0 + reader.rowCount(ofRowGroup: $1) }
                counts.byKey.withLock { $0[object.key] = Known(version: object.version, rowCount: count) }
            } catch {
                // An object that has been replaced or removed since is counted at the next attempt.
                guard !error.isTransient else { return }
                failures.first.withLock { $0 = $0 ?? error }
            }
        }
        guard !control.isCancelled else { throw ReplicationError.cancelled }
        if let error = failures.first.withLock({ $0 }) { throw error }
        let found = counts.byKey.withLock { $0 }
        return known.withLock { known in
            known.merge(found) { $1 }
            return objects.reduce(0) { $0 + (known[$1.key]?.rowCount ?? 0) }
        }
    }

    private final class Failures: Sendable {
        let first = Mutex<ReplicationError?>(nil)
    }

    private final class Counts: Sendable {
        let byKey = Mutex<[String: Known]>([:])
    }
}
