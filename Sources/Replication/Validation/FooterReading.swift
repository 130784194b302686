import Lake
import ObjectStorage
import Parquet
import Synchronization

/// Reads the footers of a table's objects, several at the same time.
///
/// Blocks the calling thread.
struct FooterReading {
    /// Footers read at the same time.
    private static let concurrentReads = 8
    /// How often an object is read that is replaced meanwhile.
    private static let attempts = 4

    let store: any ObjectStore
    let agreement: SchemaAgreement

    /// A day's object by its footer.
    struct Footer: Sendable {
        var file: DayFile
        /// What does not agree with the table.
        var problems: [SchemaAgreement.Problem]
    }

    /// Reads objects.
    ///
    /// - Returns: By key what the footers say, or why they cannot be read; nothing of objects that are gone by now.
    func read(_ objects: [ObjectInfo]) -> [String: Result<Footer, ReplicationError>] {
        let found = Results()
        let (store, agreement) = (store, agreement)
        concurrently(objects.count, width: Self.concurrentReads) { index in
            let result = Result<Footer?, ReplicationError> { () throws(ReplicationError) in
                try Self.read(objects[index], in: store, agreement)
            }
            found.byKey.withLock { found in
                switch result {
                case .success(nil): break
                case .success(let footer?): found[objects[index].key] = .success(footer)
                case .failure(let error): found[objects[index].key] = .failure(error)
                }
            }
        }
        return found.byKey.withLock { $0 }
    }

    private static func read(
        _ object: ObjectInfo,
        in store: any ObjectStore,
        _ agreement: SchemaAgreement
    ) throws(ReplicationError) -> Footer? {
        var object = object
        for attempt in 1... {
            do throws(ReplicationError) {
                let reader = try DayReaders(store: store).open(object)
                let file = try DayFile(object, day: LakeLayout.day(ofKey: object.key), reader, in: store)
                let keyValues = reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") }
                let description = SchemaAgreement.File(
                    schema: reader.schema,
                    description: TableDescription(keyValues: keyValues),
                    applied: file.progress.snapshot.map { ChangePosition(lsn: $0.lsn) } ?? file.progress.applied
                )
                return Footer(file: file, problems: agreement.problems(of: description))
            } catch {
                guard attempt < attempts, error.isTransient else { throw error }
                // An object that was replaced or removed meanwhile looks like a store that fails.
                guard let present = try head(object.key, in: store) else { return nil }
                object = present
            }
        }
        return nil
    }

    private static func head(_ key: String, in store: any ObjectStore) throws(ReplicationError) -> ObjectInfo? {
        do {
            return try waitForResult { try await store.head(key) }
        } catch {
            throw (error as? ObjectStorageError).map { ReplicationError($0) } ?? ReplicationError(.lake, "\(error)")
        }
    }

    /// What several threads have read.
    private final class Results: Sendable {
        let byKey = Mutex<[String: Result<Footer, ReplicationError>]>([:])
    }
}
