import Replication
import Yams

/// Reads what a table's entry says under `mask`.
struct MaskSettings {
    let section: SettingsSection<Settings.TableKey>
    /// Whether the file has a salt.
    let hasSalt: Bool

    private static let allowed = "sha256 | null | truncate(characters)"
    private static let mostCharacters = 1_000_000

    /// The masks by column, without those that have problems.
    func read() -> [String: Mask] {
        guard let node = section.node(.mask) else { return [:] }
        guard let mapping = node.mapping else {
            let allowed = "a mapping of columns: { email: sha256 }"
            section.document.refuse(node, at: section.path(.mask), allowed: allowed)
            return [:]
        }
        var masks: [String: Mask] = [:]
        for (keyNode, value) in mapping {
            let column = keyNode.scalar?.string ?? ""
            let path = "\(section.path(.mask)).\(column)"
            guard let mask = mask(value, at: path) else { continue }
            if mask == .sha256, !hasSalt {
                let found = "sha256 although there is no mask_salt"
                let allowed = "sha256 with a secret text as mask_salt, like ${MASK_SALT}"
                section.document.refuse(value, at: path, found: found, allowed: allowed)
            }
            masks[column] = mask
        }
        return masks
    }

    /// Refuses masks of columns of which the table's entry says something else.
    func refuseContradictions(in options: TableOptions) {
        guard let node = section.node(.mask) else { return }
        let path = section.path(.mask)
        let partitionColumn = options.partitionColumn ?? TableOptions.defaultPartitionColumn
        if options.masks[partitionColumn] != nil {
            let found = "the partition column \(SettingsDocument.quoted(partitionColumn))"
            section.document.refuse(node, at: path, found: found, allowed: "columns other than that of partition_by")
        }
        let others = options.excludedColumns.union(options.representations.keys)
        for column in others.intersection(options.masks.keys).sorted() {
            let found = "\(SettingsDocument.quoted(column)), which exclude_columns or columns names too"
            section.document.refuse(node, at: path, found: found, allowed: "a column in one of them")
        }
    }

    private func mask(_ node: Node, at path: String) -> Mask? {
        // What stands for nothing elsewhere is a mask here.
        if node.scalar != nil, SettingsDocument.kind(of: node) == .null { return .null }
        return section.document.text(node, at: path, allowed: Self.allowed, read: Self.mask)
    }

    private static func mask(_ text: String) throws(SettingsRefusal) -> Mask {
        switch text {
        case "sha256": return .sha256
        case "null": return .null
        default: break
        }
        guard text.hasPrefix("truncate("), text.hasSuffix(")") else {
            throw SettingsRefusal(
                allowed: allowed,
                suggestion: NearMiss.of(text, among: ["sha256", "null", "truncate(3)"])
            )
        }
        guard let count = Int(text.dropFirst(9).dropLast()), (1...mostCharacters).contains(count) else {
            throw SettingsRefusal(allowed: "truncate(characters) with 1 to \(mostCharacters) characters")
        }
        return .truncate(characterCount: count)
    }
}
