import Lake
import ObjectStorage
import Parquet
import Synchronization

/// Opens the objects of days; those that are asked for again and again are opened once.
final class DayReaders: Sendable {
    /// The objects that are kept open: their ends take up to 8 MiB.
    private static let maximumCount = 128
    /// The column chunks that the footers of those describe, of which each takes some hundred bytes.
    private static let maximumChunkCount = 1 << 14

    private struct Known {
        var version: ObjectVersion
        var reader: ParquetFileReader
        var chunkCount: Int
    }

    private struct Kept {
        var byKey: [String: Known] = [:]
        /// The keys, the longest known first.
        var order: [String] = []
        var chunkCount = 0

        mutating func remove(_ key: String) {
            guard let known = byKey.removeValue(forKey: key) else { return }
            chunkCount -= known.chunkCount
            order.removeAll { $0 == key }
        }
    }

    let store: any ObjectStore
    private let kept = Mutex(Kept())

    init(store: any ObjectStore) {
        self.store = store
    }

    /// Opens a version of an object.
    ///
    /// - Parameters:
    ///   - info: The object.
    ///   - tail: Its last bytes, if they are known.
    /// - Returns: A reader, which several threads may use.
    /// - Throws: ``ReplicationError`` if it cannot be read.
    func open(_ info: ObjectInfo, tail: [UInt8] = []) throws(ReplicationError) -> ParquetFileReader {
        let known = kept.withLock { $0.byKey[info.key] }
        if let known, known.version == info.version { return known.reader }
        let reader: ParquetFileReader
        do {
            reader = try ParquetFileReader(ObjectByteSource(info, in: store, tail: tail), options: .ofLakeObjects)
        } catch {
            throw ReplicationError(reading: info.key, error, in: store)
        }
        let chunkCount = reader.rowGroupCount * reader.leaves.count
        guard chunkCount <= Self.maximumChunkCount else { return reader }
        kept.withLock { kept in
            kept.remove(info.key)
            kept.byKey[info.key] = Known(version: info.version, reader: reader, chunkCount: chunkCount)
            kept.order.append(info.key)
            kept.chunkCount += chunkCount
            while kept.order.count > Self.maximumCount || kept.chunkCount > Self.maximumChunkCount {
                kept.remove(kept.order[0])
            }
        }
        return reader
    }

    /// Forgets an object that is gone.
    func forget(_ key: String) {
        kept.withLock { $0.remove(key) }
    }
}

extension ReaderOptions {
    /// For objects that the lake has written itself, whose last bytes say as much as their first.
    static var ofLakeObjects: ReaderOptions {
        var options = ReaderOptions()
        options.readsHead = false
        options.readsFilterHeaders = false
        return options
    }
}
