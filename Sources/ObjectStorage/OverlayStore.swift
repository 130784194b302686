import Glibc
import Synchronization

/// Shows the objects of a store, with changes that are made to them in a local folder and nowhere else.
///
/// What is put, replaced or removed through an overlay is seen by those who read through it; the store below is only read.
/// Ranges that a replacement keeps are not copied: they are read where they are. Objects can be pinned: of a prefix that
/// is, the overlay shows what the store had when it was listed, whatever comes there later. A version that is gone by then
/// cannot be read any more, and ``lostKeys`` names it.
public final class OverlayStore: ObjectStore {
    let base: any ObjectStore
    private let folder: LocalFolderStore
    let state = Mutex(State())

    /// How soon a writer looks again whether another one of the same key has ended.
    private static let turnInterval = Duration.milliseconds(1)
    /// As the contract has it.
    private static let maximumAnswerByteCount = 1 << 30

    /// Bytes of an object, where they are.
    fileprivate enum Place: Sendable {
        /// In the store below.
        case base(key: String, version: ObjectVersion, range: Range<Int>)
        /// In the folder.
        case folder(key: String, range: Range<Int>)

        var byteCount: Int {
            switch self {
            case .base(_, _, let range), .folder(_, let range): range.count
            }
        }

        /// A part of the bytes, counted from the first.
        func part(_ part: Range<Int>) -> Place {
            switch self {
            case .base(let key, let version, let range):
                .base(key: key, version: version, range: Self.part(part, of: range))
            case .folder(let key, let range): .folder(key: key, range: Self.part(part, of: range))
            }
        }

        private static func part(_ part: Range<Int>, of range: Range<Int>) -> Range<Int> {
            range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound
        }
    }

    /// An object that is not simply the one below.
    struct Object: Sendable {
        let info: ObjectInfo
        fileprivate let places: [Place]

        fileprivate var folderKeys: Set<String> {
            places.reduce(into: []) { keys, place in
                if case .folder(let key, _) = place { keys.insert(key) }
            }
        }

        fileprivate func places(in range: Range<Int>) -> [Place] {
            var found: [Place] = []
            var start = 0
            for place in places {
                let first = max(start, range.lowerBound)
                let end = min(start + place.byteCount, range.upperBound)
                if first < end { found.append(place.part(first - start..<end - start)) }
                start += place.byteCount
            }
            return found
        }
    }

    /// What the overlay knows.
    struct State {
        /// Objects by the bytes of their keys, as Swift holds some equal that differ; nil where there is none although the store
        /// below may have one.
        var entries: [[UInt8]: Object?] = [:]
        /// Prefixes of which nothing below is shown but what was pinned.
        var pinnedPrefixes: [String] = []
        fileprivate var number = 0
        fileprivate var writing: Set<[UInt8]> = []
        fileprivate var lost: Set<String> = []

        func isPinned(_ key: String) -> Bool { pinnedPrefixes.contains { key.utf8.starts(with: $0.utf8) } }
    }

    /// Lays an overlay over a store.
    ///
    /// - Parameters:
    ///   - base: The store.
    ///   - path: A folder for what is written; the caller removes it.
    /// - Throws: As ``LocalFolderStore/init(path:)``.
    public init(over base: any ObjectStore, folder path: String) throws(ObjectStorageError) {
        self.base = base
        folder = try LocalFolderStore(path: path)
    }

    /// Where the objects below are.
    public var location: String { base.location }

    /// Pinned objects of which the store below has another version by now, or none.
    public var lostKeys: Set<String> { state.withLock { $0.lost } }

    // MARK: - Pinning

    /// Shows, of all keys that begin with a prefix, these objects from now on.
    ///
    /// - Parameters:
    ///   - objects: What the store below has listed.
    ///   - prefix: The prefix.
    public func pin(_ objects: [ObjectInfo], prefix: String) {
        state.withLock { state in
            state.pinnedPrefixes.append(prefix)
            for object in objects {
                let place = Place.base(key: object.key, version: object.version, range: 0..<object.byteCount)
                state.entries[Array(object.key.utf8)] = Object(info: object, places: [place])
            }
        }
    }

    /// Copies a pinned object into the folder, so that it can be read after it was replaced below.
    ///
    /// - Parameter key: The key of an object that was pinned.
    /// - Throws: ``ObjectStorageError`` of code `conflict` or `notFound` if its version is gone already.
    public func keep(_ key: String) async throws(ObjectStorageError) {
        guard let object = try await object(key) else {
            throw ObjectStorageError(.notFound, "\(location)/\(key) does not exist")
        }
        let name = nextName()
        var written: ObjectVersion?
        var start = 0
        while start < object.info.byteCount {
            let end = min(object.info.byteCount, start + Self.copyByteCount)
            let bytes = try await read(object.places(in: start..<end))
            if let version = written {
                let pieces = [ObjectPiece.copy(0..<start), .bytes(bytes)]
                written = try await folder.replace(name, version: version, with: pieces).version
            } else {
                written = try await folder.put(name, .bytes(bytes))
            }
            start = end
        }
        let places = written == nil ? [] : [Place.folder(key: name, range: 0..<object.info.byteCount)]
        state.withLock { $0.entries[Array(key.utf8)] = Object(info: object.info, places: places) }
    }

    /// The bytes of an object that are in memory while it is copied.
    private static let copyByteCount = 64 << 20

    /// Shows no object of a key any more.
    public func hide(_ key: String) {
        state.withLock { $0.entries[Array(key.utf8)] = .some(nil) }
    }

    // MARK: - Reading

    /// Looks at an object.
    public func head(_ key: String) async throws(ObjectStorageError) -> ObjectInfo? {
        try await object(key)?.info
    }

    /// Reads an object or a part of it.
    public func get(
        _ key: String,
        range: Range<Int>?,
        version: ObjectVersion?
    ) async throws(ObjectStorageError) -> [UInt8] {
        try ObjectKey.check(key)
        guard let known = known(key) else { return try await base.get(key, range: range, version: version) }
        guard let object = known else { throw ObjectStorageError(.notFound, "\(location)/\(key) does not exist") }
        guard version == nil || version == object.info.version else { throw conflict(key) }
        let range = range ?? 0..<object.info.byteCount
        guard range.lowerBound >= 0, range.upperBound <= object.info.byteCount else {
            throw ObjectStorageError(.invalidRange, "\(location)/\(key) ends before the range \(range)")
        }
        guard range.count <= Self.maximumAnswerByteCount else {
            throw ObjectStorageError(.tooLarge, "\(range.count) bytes of \(location)/\(key) are too many at once")
        }
        return try await read(object.places(in: range))
    }

    private func read(_ places: [Place]) async throws(ObjectStorageError) -> [UInt8] {
        var bytes: [UInt8] = []
        for place in places {
            let part: [UInt8]
            switch place {
            case .base(let key, let version, let range): part = try await readBase(key, range, version)
            case .folder(let key, let range): part = try await folder.get(key, range: range)
            }
            if places.count == 1 { return part }
            bytes += part
        }
        return bytes
    }

    private func readBase(
        _ key: String,
        _ range: Range<Int>,
        _ version: ObjectVersion
    ) async throws(ObjectStorageError) -> [UInt8] {
        do {
            return try await base.get(key, range: range, version: version)
        } catch {
            if error.code == .conflict || error.code == .notFound { state.withLock { _ = $0.lost.insert(key) } }
            throw error
        }
    }

    /// What is shown of a key; nil if that is what is below.
    private func known(_ key: String) -> Object?? {
        state.withLock { state in
            if let entry = state.entries[Array(key.utf8)] { return .some(entry) }
            return state.isPinned(key) ? .some(nil) : nil
        }
    }

    private func object(_ key: String) async throws(ObjectStorageError) -> Object? {
        try ObjectKey.check(key)
        if let known = known(key) { return known }
        guard let info = try await base.head(key) else { return nil }
        return Object(info: info, places: [.base(key: key, version: info.version, range: 0..<info.byteCount)])
    }

    private func conflict(_ key: String) -> ObjectStorageError {
        ObjectStorageError(.conflict, "\(location)/\(key) has another version than the one that was asked for")
    }

    // MARK: - Writing

    /// Writes an object into the folder.
    public func put(
        _ key: String,
        _ body: ObjectBody,
        condition: WriteCondition
    ) async throws(ObjectStorageError) -> ObjectVersion {
        try await write(key) { (present) throws(ObjectStorageError) in
            let holds =
                switch condition {
                case .none: true
                case .ifAbsent: present == nil
                case .ifAbsentUntil(let end): present == nil && ContinuousClock.now < end
                case .ifMatches(let version): present?.info.version == version
                }
            guard holds else { throw conflict(key) }
            let name = nextName()
            _ = try await folder.put(name, body)
            return body.byteCount == 0 ? [] : [.folder(key: name, range: 0..<body.byteCount)]
        }.info.version
    }

    /// Replaces an object; what stays of it is not copied.
    public func replace(
        _ key: String,
        version: ObjectVersion,
        with pieces: [ObjectPiece]
    ) async throws(ObjectStorageError) -> Replacement {
        var copiedByteCount = 0
        _ = try ObjectPiece.byteCount(of: pieces, key)
        let object = try await write(key) { (present) throws(ObjectStorageError) in
            guard let present, present.info.version == version else { throw conflict(key) }
            let name = nextName()
            var places: [Place] = []
            var own: [ObjectPiece] = []
            var offset = 0
            for piece in pieces where piece.byteCount > 0 {
                if case .copy(let range) = piece {
                    guard range.upperBound <= present.info.byteCount else {
                        throw ObjectStorageError(.invalidRange, "\(location)/\(key) ends before the range \(range)")
                    }
                    places += present.places(in: range)
                    copiedByteCount += range.count
                } else {
                    places.append(.folder(key: name, range: offset..<offset + piece.byteCount))
                    own.append(piece)
                    offset += piece.byteCount
                }
            }
            if !own.isEmpty {
                let empty = try await folder.put(name, .bytes([]))
                _ = try await folder.replace(name, version: empty, with: own)
            }
            return places
        }
        return Replacement(
            version: object.info.version,
            byteCount: object.info.byteCount,
            copiedByteCount: copiedByteCount,
            fetchedByteCount: 0,
            requestCount: 0
        )
    }

    /// Removes an object from view.
    public func delete(_ key: String, version: ObjectVersion?) async throws(ObjectStorageError) {
        try await begin(key)
        defer { end(key) }
        guard let present = try await object(key) else { return }
        guard version == nil || version == present.info.version else { throw conflict(key) }
        hide(key)
        for name in present.folderKeys { try await folder.delete(name) }
    }

    /// Removes objects from view one after the other.
    public func delete(_ keys: [String]) async throws(ObjectStorageError) {
        for key in keys { try await delete(key, version: nil) }
    }

    /// Leaves the store below as it is.
    public func sweepLeftovers() async throws(ObjectStorageError) -> Int { 0 }

    /// Puts an object in the place of the present one, which no other writer changes meanwhile.
    private func write(
        _ key: String,
        _ places: (_ present: Object?) async throws(ObjectStorageError) -> [Place]
    ) async throws(ObjectStorageError) -> Object {
        try await begin(key)
        defer { end(key) }
        let present = try await object(key)
        let written = try await places(present)
        let info = ObjectInfo(
            key: key,
            byteCount: written.reduce(0) { $0 + $1.byteCount },
            version: ObjectVersion(nextName()),
            modified: Int64(time(nil))
        )
        let object = Object(info: info, places: written)
        state.withLock { $0.entries[Array(key.utf8)] = object }
        // Nobody else's object has bytes in the same file.
        for name in present?.folderKeys.subtracting(object.folderKeys) ?? [] { try? await folder.delete(name) }
        return object
    }

    /// Waits for the key's turn.
    private func begin(_ key: String) async throws(ObjectStorageError) {
        try ObjectKey.check(key)
        while !state.withLock({ $0.writing.insert(Array(key.utf8)).inserted }) {
            do {
                try await Task.sleep(for: Self.turnInterval)
            } catch {
                throw ObjectStorageError(.cancelled, "cancelled before \(key) was written")
            }
        }
    }

    private func end(_ key: String) {
        state.withLock { _ = $0.writing.remove(Array(key.utf8)) }
    }

    private func nextName() -> String {
        state.withLock { state in
            state.number += 1
            return "overlay-\(state.number)"
        }
    }
}
