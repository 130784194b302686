import Foundation
import ObjectStorage

extension LakeOptions {
    /// Opens the lake's store for reading.
    ///
    /// - Returns: The store, or nil if the lake is a folder that does not exist.
    /// - Throws: ``ReplicationError`` with code `lake`.
    func openIfPresent() throws -> (any ObjectStore)? {
        if case .folder(let path) = location, !FileManager.default.fileExists(atPath: path) { return nil }
        return try open()
    }

    /// What the lake is called in messages.
    var displayName: String {
        switch location {
        case .folder(let path): path
        case .s3(let bucket, let prefix): prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix)"
        }
    }

    /// Opens the lake's store; a folder is made if it is not there.
    ///
    /// - Throws: ``ReplicationError`` with code `lake`.
    func open() throws -> any ObjectStore {
        var options = ObjectStoreOptions()
        options.region = region
        options.endpoint = endpoint
        options.encryption =
            switch encryption {
            case .none: .none
            case .aes256: .managed
            case .kms(let key, let bucketKey): .keyService(key: key, bucketKey: bucketKey)
            }
        options.profile = profile
        options.expectedOwner = expectedBucketOwner
        options.tags = tags
        options.storageClass = storageClass
        options.addressing = addressing
        var folder = ""
        do {
            switch location {
            case .folder(let path):
                folder = path
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                return try ObjectStoreLocation.folder(path: path).open(options)
            case .s3(let bucket, let prefix):
                return try ObjectStoreLocation.bucket(name: bucket, prefix: prefix).open(options)
            }
        } catch let error as ObjectStorageError {
            throw ReplicationError(error)
        } catch {
            let reason = error.localizedDescription
            throw ReplicationError(.lake, "cannot create the lake's folder \(folder): \(reason) Check lake.url")
        }
    }
}

extension SpillLocation {
    /// The folder in which spill folders are made.
    func parent(lake: LakeOptions) -> String {
        switch (self, lake.location) {
        case (.folder(let path), _): path
        case (.insideLake, .folder(let path)): path + "/_sluice/spill"
        case (.insideLake, .s3): NSTemporaryDirectory()
        }
    }
}
