import Lake
import Replication

extension Settings {
    /// Reads `athena` after `lake` and `parquet`, with which it has to go together.
    mutating func readAthena(_ root: SettingsSection<Key>) {
        let section = root.section(.athena, keys: AthenaKey.self)
        // Without a database there is no catalog; a file that says nothing of it at all has forgotten it.
        guard AthenaKey.allCases.contains(where: { section.mentions($0) }) else { return }
        guard section.node(.database) != nil || !section.mentions(.database) else { return }
        let allowed = "1 to 255 of the characters a-z, 0-9 and _"
        let database = section.text(.database, allowed: allowed) { text throws(SettingsRefusal) in
            let isPlain = text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
            guard isPlain, (1...255).contains(text.utf8.count) else { throw SettingsRefusal(allowed: allowed) }
            return text
        }
        let workGroup = section.text(.workgroup, allowed: "a work group's name", read: Self.workGroup)
        let output = section.text(.output, allowed: "s3://bucket/prefix/", read: Self.output)
        let ways = CatalogTable.Partitioning.allCases.map(\.rawValue)
        let partitions = section.choice(.partitions, of: ways).flatMap(CatalogTable.Partitioning.init(rawValue:))
        let liveViews = section.flag(.liveViews)
        refuseContradictions(root, section)
        guard let database else {
            if section.node(.database) == nil, let node = root.node(.athena) {
                root.document.refuse(node, at: section.path(.database), found: "nothing", allowed: allowed)
            }
            return
        }
        athena = AthenaOptions(
            database: database,
            workGroup: workGroup ?? AthenaOptions.defaultWorkGroup,
            output: output,
            partitions: partitions ?? .projection,
            liveViews: liveViews ?? true
        )
    }

    private func refuseContradictions(_ root: SettingsSection<Key>, _ section: SettingsSection<AthenaKey>) {
        let parquet = root.section(.parquet, keys: ParquetKey.self)
        if self.parquet.compression == .lz4, let node = parquet.node(.compression) {
            root.document.refuse(
                node,
                at: parquet.path(.compression),
                found: "lz4, which Athena cannot read, although athena is set",
                allowed: "snappy | zstd | gzip | none"
            )
        }
        if case .folder = location, let node = root.node(.athena) {
            root.document.refuse(
                node,
                at: root.path(.athena),
                found: "a catalog although the lake is a folder",
                allowed: "athena with a lake in s3://bucket/prefix, which is all that Athena reads"
            )
        }
    }

    private static func workGroup(_ text: String) throws(SettingsRefusal) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "._-".unicodeScalars.contains(scalar))
        }
        guard isPlain, (1...128).contains(text.utf8.count) else {
            throw SettingsRefusal(allowed: "1 to 128 letters, digits, dots, hyphens and underscores")
        }
        return text
    }

    /// Reads where results go; a slash comes to the end, as Athena wants it.
    private static func output(_ text: String) throws(SettingsRefusal) -> String {
        guard text.hasPrefix("s3://"), case .s3 = try LakeURL.location(text) else {
            throw SettingsRefusal(allowed: "s3://bucket/prefix/")
        }
        return text.hasSuffix("/") ? text : text + "/"
    }
}
