/// A column's type in the catalogs of Athena, Spark and Trino, which have it from Hive.
public struct HiveType: Hashable, Sendable, CustomStringConvertible {
    /// The type as the catalog has it: `bigint`, `decimal(12,2)`, `array<string>`.
    public let description: String
    /// What a reader of the column has to know; nil if there is nothing.
    public let remark: String?

    /// Takes over a type that the catalog has already.
    public init(_ description: String) {
        self.description = description
        remark = nil
    }

    private init(_ description: String, remark: String?) {
        self.description = description
        self.remark = remark
    }

    /// The type for what ``ColumnType/parquetText`` describes; nil if readers have none for it.
    public init?(parquet text: String) {
        if let type = Self.simple[text] {
            self.init(type)
        } else if let inner = Self.parameters(of: text, "DECIMAL("), inner.count == 2,
            let precision = Int(inner[0]), let scale = Int(inner[1]), (1...38).contains(precision),
            (0...precision).contains(scale)
        {
            self.init("decimal(\(precision),\(scale))")
        } else if text.hasPrefix("TIMESTAMP") {
            self.init("timestamp")
        } else if text.hasPrefix("TIME(") || text == "TIME" {
            self.init("bigint", remark: "has microseconds since midnight")
        } else if text == "UUID" {
            self.init(
                "binary",
                remark: "has UUIDs as 16 bytes, which not every engine reads: store them as text, without as: uuid"
            )
        } else if text.hasPrefix("FIXED_LEN_BYTE_ARRAY(") {
            self.init("binary")
        } else if let inner = Self.parameters(of: text, "LIST<"), inner.count == 1,
            let element = HiveType(parquet: inner[0])
        {
            self.init("array<\(element)>", remark: element.remark)
        } else if let inner = Self.parameters(of: text, "MAP<"), inner.count == 2,
            let key = HiveType(parquet: inner[0]), let value = HiveType(parquet: inner[1])
        {
            self.init("map<\(key),\(value)>", remark: key.remark ?? value.remark)
        } else {
            return nil
        }
    }

    private static let simple = [
        "BOOLEAN": "boolean", "INT8": "tinyint", "INT16": "smallint", "INT32": "int", "INT64": "bigint",
        "UINT8": "smallint", "UINT16": "int", "UINT32": "bigint", "FLOAT": "float", "DOUBLE": "double",
        "STRING": "string", "BYTE_ARRAY": "binary", "BSON": "binary", "DATE": "date", "INT96": "timestamp",
        "NULL": "string",
    ]

    /// The parts between brackets, without those of inner ones.
    private static func parameters(of text: String, _ prefix: String) -> [String]? {
        guard text.hasPrefix(prefix), text.hasSuffix(prefix.hasSuffix("(") ? ")" : ">") else { return nil }
        var parts = [""]
        var depth = 0
        for character in text.dropFirst(prefix.count).dropLast() {
            if character == "<" || character == "(" { depth += 1 }
            if character == ">" || character == ")" { depth -= 1 }
            if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }

    /// Whether a column of this type shows every value of a file whose column has the other type.
    public func holds(_ other: HiveType) -> Bool {
        if description == other.description { return true }
        let wider = ["tinyint": ["smallint", "int", "bigint"], "smallint": ["int", "bigint"], "int": ["bigint"]]
        if (wider[other.description] ?? []).contains(description) { return true }
        if other.description == "float", description == "double" { return true }
        guard let own = decimal, let former = other.decimal else { return false }
        return own.scale >= former.scale && own.precision - own.scale >= former.precision - former.scale
    }

    private var decimal: (precision: Int, scale: Int)? {
        guard let parts = Self.parameters(of: description, "decimal("), parts.count == 2,
            let precision = Int(parts[0]), let scale = Int(parts[1])
        else { return nil }
        return (precision, scale)
    }
}
