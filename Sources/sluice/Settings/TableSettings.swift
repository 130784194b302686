import PostgresWire
import Replication
import Yams

/// Reads the entries of `tables`.
enum TableSettings {
    /// The rules of a list's entries, without those that have problems.
    ///
    /// - Parameters:
    ///   - nodes: The entries.
    ///   - document: Takes the problems.
    ///   - hasSalt: Whether the file has a salt, which digests of values need.
    /// - Returns: The rules in the file's order.
    static func rules(from nodes: [Node], of document: SettingsDocument, hasSalt: Bool) -> [TableRule] {
        var rules: [TableRule] = []
        for (index, node) in nodes.enumerated() {
            let section = SettingsSection<Settings.TableKey>(node, at: "tables[\(index)]", of: document)
            guard let rule = rule(from: section, node, hasSalt: hasSalt) else { continue }
            if rules.contains(where: { $0.pattern == rule.pattern }) {
                let found = "\(rule.pattern) for the second time"
                document.refuse(node, at: section.path(.table), found: found, allowed: "each table once")
            }
            if let name = rule.options.name, rules.contains(where: { $0.options.name == name }) {
                let found = "the same name as another table's"
                document.refuse(node, at: section.path(.name), found: found, allowed: "each name once")
            }
            rules.append(rule)
        }
        return rules
    }

    private static func rule(
        from section: SettingsSection<Settings.TableKey>,
        _ node: Node,
        hasSalt: Bool
    ) -> TableRule? {
        let allowed = "a table as in SQL: invoices, billing.invoices, billing.*, '\"Odd Name\"'"
        let pattern = section.text(.table, allowed: allowed, read: TablePattern.init)
        let options = TableOptions(
            name: name(from: section, pattern),
            partitionColumn: section.text(.partitionBy, allowed: "a column's name"),
            timeZone: section.text(.timeZone, allowed: "a time zone", read: timeZone)
                ?? TableOptions.defaultTimeZone,
            excludedColumns: excludedColumns(from: section),
            representations: representations(from: section),
            masks: MaskSettings(section: section, hasSalt: hasSalt).read(),
            deletes: section.choice(.deletes, of: DeleteMode.allCases.map(\.rawValue))
                .flatMap(DeleteMode.init(rawValue:)) ?? .hard
        )
        refuseContradictions(in: options, section)
        MaskSettings(section: section, hasSalt: hasSalt).refuseContradictions(in: options)
        if pattern == nil, node.mapping != nil, section.node(.table) == nil {
            section.document.refuse(node, at: section.path(.table), found: "nothing", allowed: allowed)
        }
        return pattern.map { TableRule(pattern: $0, options: options) }
    }

    private static func name(from section: SettingsSection<Settings.TableKey>, _ pattern: TablePattern?) -> String? {
        let allowed = "a folder's name, not beginning with _ or . and without slashes and control characters"
        let name = section.text(.name, allowed: allowed) { text throws(SettingsRefusal) in
            // Readers of a lake skip what begins with _ or a dot.
            let isRefused = text.isEmpty || "_.".contains(text.prefix(1)) || text.contains("/")
            if isRefused || text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                throw SettingsRefusal(allowed: allowed)
            }
            return text
        }
        if name != nil, let pattern, pattern.exactName == nil, let node = section.node(.name) {
            let found = "one name for all tables of \(pattern)"
            section.document.refuse(node, at: section.path(.name), found: found, allowed: "a name for a single table")
        }
        return name
    }

    private static func timeZone(_ text: String) throws(SettingsRefusal) -> String {
        if TimeZoneNames.contains(text) { return text }
        throw SettingsRefusal(
            allowed: "an IANA time zone like UTC or Europe/Berlin",
            suggestion: NearMiss.of(text, among: TimeZoneNames.all)
        )
    }

    private static func excludedColumns(from section: SettingsSection<Settings.TableKey>) -> Set<String> {
        var columns: Set<String> = []
        for (index, node) in section.list(.excludeColumns, of: "column names").enumerated() {
            let path = "\(section.path(.excludeColumns))[\(index)]"
            if let column = section.document.text(node, at: path, allowed: "a column's name", read: { $0 }) {
                columns.insert(column)
            }
        }
        return columns
    }

    private static func representations(
        from section: SettingsSection<Settings.TableKey>
    ) -> [String: Representation] {
        guard let node = section.node(.columns) else { return [:] }
        guard let mapping = node.mapping else {
            let allowed = "a mapping of columns: { id: { as: uuid } }"
            section.document.refuse(node, at: section.path(.columns), allowed: allowed)
            return [:]
        }
        var representations: [String: Representation] = [:]
        for (keyNode, value) in mapping {
            let column = keyNode.scalar?.string ?? ""
            let path = "\(section.path(.columns)).\(column)"
            let keys = SettingsSection<Settings.ColumnKey>(value, at: path, of: section.document)
            let allowed = "decimal(precision,scale) | double | uuid | time"
            representations[column] = keys.text(.representation, allowed: allowed, read: representation)
        }
        return representations
    }

    /// Reads `decimal(12,2)`, `double`, `uuid` or `time`.
    private static func representation(_ text: String) throws(SettingsRefusal) -> Representation {
        switch text {
        case "double": return .double
        case "uuid": return .uuid
        case "time": return .time
        default: break
        }
        // In a mapping on one line, YAML ends the value at the comma.
        if text.hasPrefix("decimal("), !text.contains(")") {
            throw SettingsRefusal(allowed: "decimal(precision,scale), in quotes if it stands within { }")
        }
        guard text.hasPrefix("decimal(") || text.hasPrefix("numeric("), text.hasSuffix(")") else {
            throw SettingsRefusal(
                allowed: "decimal(precision,scale) | double | uuid | time",
                suggestion: NearMiss.of(text, among: ["double", "uuid", "time", "decimal(38,9)"])
            )
        }
        let numbers = text.dropFirst(8).dropLast().split(separator: ",", omittingEmptySubsequences: false)
            .map { Int($0.drop { $0 == " " }) }
        guard text.hasPrefix("decimal("), numbers.count == 2, let precision = numbers[0], let scale = numbers[1],
            (1...38).contains(precision), (0...precision).contains(scale)
        else {
            throw SettingsRefusal(allowed: "decimal(precision,scale) with 1 ≤ precision ≤ 38, 0 ≤ scale ≤ precision")
        }
        return .decimal(precision: precision, scale: scale)
    }

    private static func refuseContradictions(
        in options: TableOptions,
        _ section: SettingsSection<Settings.TableKey>
    ) {
        guard let node = section.node(.excludeColumns) else { return }
        let path = section.path(.excludeColumns)
        let partitionColumn = options.partitionColumn ?? TableOptions.defaultPartitionColumn
        if options.excludedColumns.contains(partitionColumn) {
            let found = "the partition column \(SettingsDocument.quoted(partitionColumn))"
            section.document.refuse(node, at: path, found: found, allowed: "columns other than that of partition_by")
        }
        for column in options.excludedColumns.intersection(options.representations.keys).sorted() {
            let found = "\(SettingsDocument.quoted(column)), which columns describes too"
            section.document.refuse(node, at: path, found: found, allowed: "a column in one of the two")
        }
    }
}
