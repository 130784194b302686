import Foundation
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
    /// How long is waited before it is read again, in seconds; twice as long each time.
    private static let pause = 0.1

    let store: any ObjectStore
    let agreement: SchemaAgreement

    /// A day's object by its footer.
    struct Footer: Sendable {
        var file: DayFile
        /// What does not agree with the table.
        var problems: [SchemaAgreement.Problem]
    }

    /// What came of an object.
    enum Outcome: Sendable {
        case footer(Footer)
        /// Its bytes are there and are not what they should be.
        case damaged(ReplicationError)
        /// The store has not given them.
        case unread(ReplicationError)
    }

    /// Reads objects.
    ///
    /// - Returns: By key what came of them; nothing of objects that are gone by now.
    func read(_ objects: [ObjectInfo]) -> [String: Outcome] {
        let found = Results()
        let (store, agreement) = (store, agreement)
        concurrently(objects.count, width: Self.concurrentReads) { index in
            guard let outcome = Self.read(objects[index], in: store, agreement) else { return }
            found.byKey.withLock { $0[objects[index].key] = outcome }
        }
        return found.byKey.withLock { $0 }
    }

    private static func read(
        _ object: ObjectInfo,
        in store: any ObjectStore,
        _ agreement: SchemaAgreement
    ) -> Outcome? {
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
                return .footer(Footer(file: file, problems: agreement.problems(of: description)))
            } catch {
                guard error.isTransient else { return .damaged(error) }
                guard attempt < attempts else { return .unread(error) }
                Thread.sleep(forTimeInterval: pause * Double(1 << (attempt - 1)))
                // An object that was replaced or removed meanwhile looks like a store that fails.
                do throws(ReplicationError) {
                    guard let present = try head(object.key, in: store) else { return nil }
                    object = present
                } catch {
                    return .unread(error)
                }
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
        let byKey = Mutex<[String: Outcome]>([:])
    }
}
