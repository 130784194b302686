import ObjectStorage

/// The folders of control objects, of which each slot has one.
enum ControlFolders {
    private static let root = "_sluice/"

    /// The folders below `_sluice/`, in order, each with a slash at its end.
    ///
    /// Asks once for each, whatever is in it: the records of runs grow for ever.
    static func list(in store: any ObjectStore) async throws(CheckpointStore.Failure) -> [String] {
        var folders: [String] = []
        var start = root
        do {
            while let object = try await first(of: store.list(prefix: root, startingAfter: start)) {
                guard let end = object.key.dropFirst(root.count).firstIndex(of: "/") else {
                    start = object.key
                    continue
                }
                let folder = String(object.key[...end])
                folders.append(folder)
                // Comes after all that is in there: names are encoded, see ``LakeLayout/encode(_:)``.
                start = folder + "~"
            }
        } catch {
            throw .store(error)
        }
        return folders
    }

    private static func first(of listing: ObjectListing) async throws(ObjectStorageError) -> ObjectInfo? {
        var objects = listing.makeAsyncIterator()
        return try await objects.next()
    }
}
