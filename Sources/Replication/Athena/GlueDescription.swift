import AWS
import Lake

/// A table of the lake in the words of the Glue catalog.
struct GlueDescription {
    private static let inputFormat = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    private static let outputFormat = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
    private static let serialization = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"

    var table: CatalogTable
    /// Whether only what is missing comes in, so that what others have changed stays.
    var addsOnly = false

    // MARK: - New

    /// The description of a table that is not there yet.
    var new: ExactJSON {
        var input: ExactJSON = ["Name": .string(table.name)]
        if let comment = table.comment { input["Description"] = .string(comment) }
        input["Owner"] = "sluice"
        input["Retention"] = 0
        input["StorageDescriptor"] = storage(at: table.location)
        input["PartitionKeys"] = .array(table.partitionKeys.map { ["Name": .string($0), "Type": "int"] })
        input["TableType"] = "EXTERNAL_TABLE"
        input["Parameters"] = .object(
            (table.parameters + table.projection).map { .init($0.name, .string($0.value)) }
        )
        return input
    }

    /// The description of a day's folder that is not registered yet.
    func partition(of day: CalendarDate) -> ExactJSON {
        [
            "Values": .array(CatalogTable.values(of: day).map { .string($0) }),
            "StorageDescriptor": storage(at: table.location(of: day)),
            "Parameters": [:],
        ]
    }

    private func storage(at location: String) -> ExactJSON {
        [
            "Columns": .array(table.columns.map(Self.column)),
            "Location": .string(location),
            "InputFormat": .string(Self.inputFormat),
            "OutputFormat": .string(Self.outputFormat),
            "Compressed": false,
            "NumberOfBuckets": -1,
            "SerdeInfo": [
                "SerializationLibrary": .string(Self.serialization), "Parameters": ["serialization.format": "1"],
            ],
            "BucketColumns": [],
            "SortColumns": [],
            "Parameters": [:],
            "StoredAsSubDirectories": false,
        ]
    }

    private static func column(_ column: CatalogTable.Column) -> ExactJSON {
        var input: ExactJSON = ["Name": .string(column.name), "Type": .string("\(column.type)")]
        if let comment = column.comment { input["Comment"] = .string(comment) }
        return input
    }

    // MARK: - There already

    /// Why a table that is there is not to be touched; nil if it is the lake's.
    func obstacle(_ present: ExactJSON) -> String? {
        let location = present["StorageDescriptor"]?["Location"]?.text ?? ""
        if present["TableType"]?.text == "VIRTUAL_VIEW" { return "it is a view" }
        if present["Parameters"]?["table_type"]?.text?.uppercased() == "ICEBERG" { return "it is an Iceberg table" }
        guard !Self.isSame(location, table.location) else { return nil }
        return "it is a table of other files, at \(location.isEmpty ? "no location" : location)"
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        func trimmed(_ text: String) -> Substring { text.hasSuffix("/") ? text.dropLast() : text[...] }
        return trimmed(left) == trimmed(right)
    }

    /// A description that says what this one says and keeps all else that is there.
    ///
    /// - Parameter present: What the catalog has.
    /// - Returns: The description, and what is other than before; nothing if it is the same.
    func merged(into present: ExactJSON) -> (input: ExactJSON, changes: [String]) {
        let keys = (present["PartitionKeys"]?.values ?? []).compactMap { $0["Name"]?.text }
        // A column that the lake has no more stays, and none may have its name beside it.
        if keys != table.partitionKeys, keys.count == table.partitionKeys.count, hasColumn(of: present) {
            var same = self
            same.table.partitionKeys = keys
            return same.merged(into: present)
        }
        var input = present
        var changes: [String] = []
        if let comment = table.comment, !addsOnly || present["Description"]?.text == nil,
            present["Description"]?.text != comment
        {
            input["Description"] = .string(comment)
            changes.append("comment")
        }
        if present["TableType"]?.text != "EXTERNAL_TABLE" {
            input["TableType"] = "EXTERNAL_TABLE"
            changes.append("type of table")
        }
        if keys != table.partitionKeys {
            input["PartitionKeys"] = .array(table.partitionKeys.map { ["Name": .string($0), "Type": "int"] })
            changes.append("partition keys")
        }
        input["Parameters"] = mergedParameters(present["Parameters"] ?? [:], formerKeys: keys, &changes)
        input["StorageDescriptor"] = mergedStorage(present["StorageDescriptor"] ?? [:], &changes)
        return (input, changes)
    }

    /// Whether a name that the columns of folders are to have is one of a column that is there.
    private func hasColumn(of present: ExactJSON) -> Bool {
        let names = (present["StorageDescriptor"]?["Columns"]?.values ?? []).compactMap {
            $0["Name"]?.text?.lowercased()
        }
        return names.contains { name in table.partitionKeys.contains { $0.isSameName(as: name) } }
    }

    private func mergedParameters(
        _ present: ExactJSON,
        formerKeys: [String],
        _ changes: inout [String]
    ) -> ExactJSON {
        var parameters = present
        for (name, value) in table.parameters where parameters[name]?.text != value {
            guard parameters[name] == nil || !addsOnly else { continue }
            parameters[name] = .string(value)
            changes.append(name)
        }
        var projection = table.projection
        let wanted = Set(projection.map(\.name))
        for member in present.members ?? [] where !wanted.contains(member.name) {
            // Of folders that are called otherwise now, or that are registered now.
            guard isProjection(member.name, formerKeys) else { continue }
            parameters[member.name] = nil
            changes.append("no \(member.name)")
        }
        if let name = table.yearRangeParameter, let index = projection.firstIndex(where: { $0.name == name }),
            let years = table.years
        {
            let range = Self.years(parameters[name]?.text).map {
                min($0.lowerBound, years.lowerBound)...max($0.upperBound, years.upperBound)
            }
            let whole = range ?? years
            projection.remove(at: index)
            let text = "\(whole.lowerBound),\(whole.upperBound)"
            if parameters[name]?.text != text {
                parameters[name] = .string(text)
                changes.append("years \(whole.lowerBound) to \(whole.upperBound)")
            }
        }
        let others = projection.filter { parameters[$0.name]?.text != $0.value }
        for (name, value) in others { parameters[name] = .string(value) }
        if !others.isEmpty { changes.append("projection") }
        return parameters
    }

    /// A description of a table with projection whose range of years is widened; nil if it covers them, or has none.
    ///
    /// - Parameters:
    ///   - present: What the catalog has.
    ///   - years: The years that have to be in it.
    /// - Returns: The description.
    static func widened(_ present: ExactJSON, to years: ClosedRange<Int>) -> ExactJSON? {
        guard let key = present["PartitionKeys"]?.values?.first?["Name"]?.text, var parameters = present["Parameters"]
        else { return nil }
        let name = CatalogTable.projectionPrefix + key + ".range"
        guard let range = Self.years(parameters[name]?.text),
            !(range.contains(years.lowerBound) && range.contains(years.upperBound))
        else { return nil }
        let whole = min(range.lowerBound, years.lowerBound)...max(range.upperBound, years.upperBound)
        parameters[name] = .string("\(whole.lowerBound),\(whole.upperBound)")
        var input = present
        input["Parameters"] = parameters
        return input
    }

    private func isProjection(_ name: String, _ keys: [String]) -> Bool {
        guard name != CatalogTable.templateParameter, name != CatalogTable.projectionPrefix + "enabled" else {
            return table.projection.isEmpty
        }
        return keys.contains { key in
            name.hasPrefix(CatalogTable.projectionPrefix + key + ".")
        }
    }

    private static func years(_ text: String?) -> ClosedRange<Int>? {
        let bounds = (text ?? "").split(separator: ",").map { Int($0.drop { $0 == " " }) }
        guard bounds.count == 2, let first = bounds[0], let last = bounds[1], first <= last else { return nil }
        return first...last
    }

    private func mergedStorage(_ present: ExactJSON, _ changes: inout [String]) -> ExactJSON {
        var storage = present
        var formats = false
        for (name, value) in [("InputFormat", Self.inputFormat), ("OutputFormat", Self.outputFormat)]
        where isToBeSet(present[name], value) {
            storage[name] = .string(value)
            formats = true
        }
        var serde = present["SerdeInfo"] ?? [:]
        if isToBeSet(serde["SerializationLibrary"], Self.serialization) {
            serde["SerializationLibrary"] = .string(Self.serialization)
            storage["SerdeInfo"] = serde
            formats = true
        }
        if formats { changes.append("format") }
        storage["Columns"] = .array(mergedColumns(present["Columns"]?.values ?? [], &changes))
        return storage
    }

    private func isToBeSet(_ present: ExactJSON?, _ value: String) -> Bool {
        addsOnly ? present == nil : present?.text != value
    }

    /// Whether a column's type has to become another: never a narrower one, as older files have its values.
    private func isToBecome(_ type: HiveType, from former: String) -> Bool {
        let former = HiveType(former)
        guard !former.holds(type) else { return false }
        // What is neither wider nor narrower is what others want, or wrong.
        return !addsOnly || type.holds(former)
    }

    /// The columns that are there, in their order, then those that come new.
    private func mergedColumns(_ present: [ExactJSON], _ changes: inout [String]) -> [ExactJSON] {
        var columns = present
        let names = Self.places(of: present)
        for column in table.columns {
            guard let index = names[Array(column.name.utf8)] else {
                columns.append(Self.column(column))
                changes.append("column \(column.name) added")
                continue
            }
            let former = columns[index]["Type"]?.text ?? ""
            if isToBecome(column.type, from: former) {
                columns[index]["Type"] = .string("\(column.type)")
                changes.append("column \(column.name) \(former) -> \(column.type)")
            }
            let comment = columns[index]["Comment"]?.text ?? ""
            if let wanted = column.comment, wanted != comment, comment.isEmpty || !addsOnly {
                columns[index]["Comment"] = .string(wanted)
                changes.append("comment of \(column.name)")
            }
        }
        return columns
    }

    /// Where columns are, by the bytes of their names in lower case.
    private static func places(of columns: [ExactJSON]) -> [[UInt8]: Int] {
        Dictionary(
            columns.enumerated().map { (Array(($1["Name"]?.text?.lowercased() ?? "").utf8), $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    // MARK: - Partitions

    /// What has to become of the registered days of this table.
    ///
    /// - Parameters:
    ///   - present: The partitions that there are.
    ///   - days: The days that the lake has.
    /// - Returns: Those to create, and those that lack columns of the table, of which some engines see no values then, or
    ///   have narrower ones, which Athena refuses.
    func partitions(
        _ present: [GluePartition],
        _ days: [CalendarDate]
    ) -> (missing: [ExactJSON], outdated: [(values: [String], input: ExactJSON)]) {
        let known = Set(present.map { $0.values.map { Int($0) } })
        let missing = days.filter { !known.contains(CatalogTable.values(of: $0).map { Int($0) }) }
        var outdated: [(values: [String], input: ExactJSON)] = []
        for partition in present {
            var input = partition.input
            guard var storage = input["StorageDescriptor"], var columns = storage["Columns"]?.values else { continue }
            let names = Self.places(of: columns)
            var isOutdated = false
            for column in table.columns {
                guard let index = names[Array(column.name.utf8)] else {
                    columns.append(Self.column(column))
                    isOutdated = true
                    continue
                }
                guard let former = columns[index]["Type"]?.text, isToBecome(column.type, from: former) else { continue }
                columns[index]["Type"] = .string("\(column.type)")
                isOutdated = true
            }
            guard isOutdated else { continue }
            storage["Columns"] = .array(columns)
            input["StorageDescriptor"] = storage
            outdated.append((partition.values, input))
        }
        return (missing.map(partition), outdated)
    }
}
