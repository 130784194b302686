/// The columns of the lake's files as a catalog can have them.
///
/// Catalogs have names in lower case, and engines find a file's column by its name in any case. Of names that fold
/// together only one can be read; names that Hive's lists of columns cannot hold are left out. Nothing of this fails.
public struct CatalogColumns: Sendable, Equatable {
    /// The longest name, in characters.
    static let nameLimit = 255
    /// The longest comment, in bytes of UTF-8.
    static let commentLimit = 255

    /// The columns.
    public private(set) var columns: [CatalogTable.Column] = []
    /// Columns of the files that are none of these, by their names in the lake.
    public private(set) var omitted: [String] = []
    /// What readers will miss or have to know, each the rest of a sentence about the table.
    public private(set) var warnings: [String] = []

    /// Takes columns over.
    ///
    /// - Parameters:
    ///   - fields: The columns of the files, types as ``ColumnType/parquetText`` writes them.
    ///   - comments: What the database says about columns, by their names in the lake.
    public init(_ fields: [LiveView.Column], comments: [String: String] = [:]) {
        // By the bytes of names: Swift holds names equal that catalogs do not.
        var taken: [[UInt8]: String] = [:]
        // What is in lower case already is the likelier one to be asked for.
        let plain = Set(fields.map(\.name).filter { $0.isSameName(as: $0.lowercased()) }.map { Array($0.utf8) })
        for field in fields {
            let name = field.name.lowercased()
            let bytes = Array(name.utf8)
            omitted.append(field.name)
            guard let type = HiveType(parquet: field.type) else {
                warnings.append(
                    "has a column \(field.name) of type \(field.type), which no catalog knows: it is left out"
                )
                continue
            }
            if let reason = Self.obstacle(name) {
                warnings.append("has a column \(field.name) that is left out: \(reason); rename it, or exclude it")
                continue
            }
            if let other = taken[bytes] ?? (plain.contains(bytes) && !field.name.isSameName(as: name) ? name : nil) {
                warnings.append(
                    "has columns \(other) and \(field.name), whose names differ in letter case only: Athena reads one of them; "
                        + "rename one, or leave it out with exclude_columns"
                )
                continue
            }
            taken[bytes] = field.name
            omitted.removeLast()
            if let remark = type.remark { warnings.append("has a column \(field.name) that \(remark)") }
            columns.append(
                CatalogTable.Column(name: name, type: type, comment: comments[field.name].flatMap(Self.comment))
            )
        }
    }

    /// Names for the columns of the folders that no column has.
    ///
    /// They are `year`, `month` and `day` unless the table has one of these itself; then `partition_year` and so on.
    public var partitionKeys: [String] {
        let names = Set(columns.map(\.name))
        var prefix = ""
        while ["year", "month", "day"].contains(where: { names.contains(prefix + $0) }) {
            prefix = prefix.isEmpty ? "partition_" : "_" + prefix
        }
        return ["year", "month", "day"].map { prefix + $0 }
    }

    /// A comment as catalogs take it: one line of a bounded length; nil if nothing is left.
    public static func comment(_ text: String) -> String? {
        var result = String.UnicodeScalarView()
        var byteCount = 0
        for scalar in text.unicodeScalars {
            // Glue takes no U+FFFE and U+FFFF either.
            let isTaken = scalar.properties.generalCategory != .control && scalar.value & 0xfffe != 0xfffe
            let shown = isTaken ? scalar : " "
            byteCount += UTF8.width(shown)
            guard byteCount <= commentLimit else { break }
            result.append(shown)
        }
        let line = String(result)
        return line.allSatisfy { $0 == " " } ? nil : line
    }

    private static func obstacle(_ name: String) -> String? {
        if name.isEmpty { return "it has no name" }
        if name.unicodeScalars.count > nameLimit { return "its name has more than \(nameLimit) characters" }
        if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "its name has control characters"
        }
        // Hive keeps the names of columns in one text, between these.
        if name.contains(where: { ",:;".contains($0) }) { return "its name has one of , : ;" }
        return nil
    }
}
