import Synchronization

extension OverlayStore {
    /// As many as other stores have.
    private static let pageSize = 1_000

    /// Where a page of the merged listing begins.
    private struct Start {
        /// The key that all keys of the page come after; nil at the beginning.
        var last: String?
        /// Whether the page of the store below is one of which a part was shown already.
        var isRest = false
        /// Where the page of the store below begins.
        var below: ListingCursor?

        init() {}

        /// Takes a cursor of this store, or one to begin with.
        init(_ cursor: ListingCursor) {
            switch cursor.position {
            case .key(let key): (last, below) = (key, cursor)
            case .token(let text):
                // No key has a control character.
                let parts = text.split(separator: "\0", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 3 else { return }
                last = parts[0]
                isRest = parts[1].contains("r")
                if parts[1].contains("k") { below = ListingCursor(after: parts[2]) }
                if parts[1].contains("t") { below = ListingCursor(token: parts[2]) }
            }
        }

        var cursor: ListingCursor {
            var (kind, text) = (isRest ? "r" : "-", "")
            switch below?.position {
            case .key(let key): (kind, text) = (kind + "k", key)
            case .token(let token): (kind, text) = (kind + "t", token)
            case nil: break
            }
            return ListingCursor(token: "\(last ?? "")\0\(kind)\0\(text)")
        }
    }

    /// Lists what is below, with what the overlay has instead and beside.
    public func list(prefix: String, after cursor: ListingCursor?) async throws(ObjectStorageError) -> ObjectPage {
        let start = cursor.map { Start($0) } ?? Start()
        let isPinned = state.withLock { state in state.pinnedPrefixes.contains { prefix.utf8.starts(with: $0.utf8) } }
        let below =
            isPinned ? ObjectPage(objects: [], next: nil) : try await base.list(prefix: prefix, after: start.below)
        let isLast = below.next == nil
        let end = isLast ? nil : below.objects.last?.key
        func comes(_ key: String, after last: String?) -> Bool {
            last.map { $0.utf8.lexicographicallyPrecedes(key.utf8) } ?? true
        }
        var objects = state.withLock { state in
            let own = state.entries.compactMap { key, entry -> ObjectInfo? in
                guard let object = entry, key.starts(with: prefix.utf8), comes(object.info.key, after: start.last),
                    end.map({ !comes(object.info.key, after: $0) }) ?? true
                else { return nil }
                return object.info
            }
            return own
                + below.objects.filter { object in
                    state.entries[Array(object.key.utf8)] == nil && !state.isPinned(object.key)
                        && (!start.isRest || comes(object.key, after: start.last))
                }
        }
        objects.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        var next = Start()
        if objects.count > Self.pageSize {
            objects.removeLast(objects.count - Self.pageSize)
            next.last = objects.last?.key
            next.isRest = true
            next.below = start.below
        } else {
            guard !isLast else { return ObjectPage(objects: objects, next: nil) }
            next.last = end ?? start.last
            next.below = below.next
        }
        return ObjectPage(objects: objects, next: next.cursor)
    }
}
