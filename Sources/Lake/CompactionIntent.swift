/// What is about to happen to files of changes that are merged into one: enough to bring it to an end after a crash.
///
/// Kept as `_sluice/<slot>/compactions/<table>.json`. It is there before the merged file is, says then that the file is
/// whole, and goes when the last of those that it replaces has gone. Until the file is whole nothing is removed.
public struct CompactionIntent: Codable, Sendable, Equatable {
    /// The layout of the document.
    public static let currentFormat = 1

    /// The layout of the document.
    public var format = Self.currentFormat
    /// The key of the merged file.
    public var file: String
    /// The keys of those that it replaces.
    public var replaced: [String]
    /// Whether the merged file is whole, so that the others may go.
    public var isWritten = false
    /// Which process has written this.
    public var owner: String
    /// When it began, ISO 8601.
    public var started: String

    private enum CodingKeys: String, CodingKey {
        case format, file, replaced, owner, started
        case isWritten = "written"
    }

    /// Describes files that are to be merged.
    public init(file: String, replaced: [String], owner: String, started: String) {
        self.file = file
        self.replaced = replaced
        self.owner = owner
        self.started = started
    }

    /// The key of the document for a table.
    public static func key(slot: String, table: String) -> String { folder(slot: slot) + "\(table).json" }

    /// Where a slot's documents are.
    static func folder(slot: String) -> String { "_sluice/\(LakeLayout.encode(slot))/compactions/" }

    /// Whether the document speaks of files that one of its kind can speak of: of the table and of one commit date, the
    /// merged one spanning all others.
    public func isSound(for table: String) -> Bool {
        guard let merged = ChangeFileName(key: file), merged.table == table, !replaced.isEmpty else { return false }
        return replaced.allSatisfy { key in
            guard key != file, let name = ChangeFileName(key: key) else { return false }
            return name.table == table && name.day == merged.day && name.first >= merged.first
                && name.last <= merged.last && name.generation <= merged.generation
        }
    }
}

extension ChangeFileName {
    /// The name of the file that others of one commit date are merged into.
    ///
    /// It has the generation of the newest, so that whatever makes the newest durable makes this one so. No file has had
    /// the name before: its part is beyond those of all files that differ in nothing else.
    ///
    /// - Parameters:
    ///   - names: The files, of one table and commit date; one at least.
    ///   - others: All files of that table and date.
    public init?(merging names: [ChangeFileName], among others: [ChangeFileName]) {
        guard var merged = names.max(by: { $0.generation < $1.generation }), let first = names.map(\.first).min(),
            let last = names.map(\.last).max()
        else { return nil }
        (merged.first, merged.last, merged.part) = (first, last, 1)
        for other in others + names {
            var alike = merged
            alike.part = other.part
            if alike == other { merged.part = max(merged.part, other.part + 1) }
        }
        self = merged
    }
}
