public import ObjectStorage

/// The folders at a lake's root that readers see: those of tables, and what else somebody keeps there.
public enum TableFolders {
    /// Lists them, with one request for each, however many objects it has.
    ///
    /// - Parameter store: The lake.
    /// - Returns: Their names, without a slash.
    /// - Throws: `ObjectStorageError` if the lake cannot be listed.
    public static func list(in store: any ObjectStore) async throws(ObjectStorageError) -> [String] {
        var folders: [String] = []
        var start: String?
        var last: String?
        while true {
            let listing = start.map { store.list(prefix: "", startingAfter: $0) } ?? store.list(prefix: "")
            var objects = listing.makeAsyncIterator()
            guard let key = try await objects.next()?.key else { return folders }
            guard let slash = key.firstIndex(of: "/") else {
                start = key
                continue
            }
            let folder = String(key[..<slash])
            guard last.map({ !folder.isSameName(as: $0) }) ?? true else {
                start = key
                continue
            }
            last = folder
            if let first = folder.first, first != "_", first != "." { folders.append(folder) }
            // Comes after all that is in there, save what begins with one of the last characters of all. The folder's name
            // with a higher character would not do for servers that keep keys as paths.
            start = folder + "/\u{10FFFD}"
        }
    }
}
