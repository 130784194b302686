/// SQL for what tells a row apart: for each column one value that is equal exactly where the column's values are.
///
/// Values come as columns, and in `_old_key` as PostgreSQL prints them. A value that the column cannot hold, which
/// `_rescued` keeps, is its text after an exclamation mark.
struct RowIdentityText {
    private let name: String
    private let kind: Kind

    private enum Kind {
        case text
        case bytes
        case boolean
        case integer
        case other
        /// A type into which texts are cast, which may fail.
        case checked(type: String, isZoned: Bool)
    }

    /// Prepares for a column; `nil` if its values cannot be read from PostgreSQL's text.
    init?(_ column: LiveView.Column) {
        name = column.name
        let type = column.type
        switch type {
        case "STRING", "BSON": kind = .text
        case "BYTE_ARRAY": kind = .bytes
        case "BOOLEAN": kind = .boolean
        case "UUID": kind = .other
        case "FLOAT": kind = .checked(type: "real", isZoned: false)
        case "DOUBLE": kind = .checked(type: "double", isZoned: false)
        case "DATE": kind = .checked(type: "date", isZoned: false)
        default:
            if type.hasPrefix("INT") || type.hasPrefix("UINT") {
                kind = .integer
            } else if type.hasPrefix("DECIMAL(") {
                kind = .checked(type: type.lowercased(), isZoned: false)
            } else if type.hasPrefix("TIMESTAMP") {
                kind = .checked(type: "timestamp(6)", isZoned: type.contains("UTC"))
            } else if type.hasPrefix("TIME") {
                kind = .checked(type: "time(6)", isZoned: false)
            } else {
                return nil
            }
        }
    }

    /// The value of the column itself; NULL where that is NULL and nothing is rescued.
    var ofColumn: String {
        let column = SQLText.identifier(name)
        return switch kind {
        case .text: column
        case .bytes: "to_hex(\(column))"
        case .integer: "CAST(\(column) AS bigint)"
        case .boolean, .other: "CAST(\(column) AS varchar)"
        case .checked(let type, _):
            "coalesce(CAST(CAST(\(column) AS \(type)) AS varchar), '!' || \(Self.member(name, of: "_rescued")))"
        }
    }

    /// The value in `_old_key`.
    var ofFormerKey: String {
        let text = Self.member(name, of: "_old_key")
        switch kind {
        case .text, .other: return text
        case .bytes: return "upper(substr(\(text), 3))"
        case .integer: return "CAST(\(text) AS bigint)"
        case .boolean: return "CASE \(text) WHEN 't' THEN 'true' WHEN 'f' THEN 'false' ELSE \(text) END"
        case .checked(let type, let isZoned):
            // The session's zone was UTC when this was printed.
            let plain = isZoned ? "replace(\(text), '+00', '')" : text
            let finite = "nullif(nullif(\(plain), 'infinity'), '-infinity')"
            let source = type.hasPrefix("date") || type.hasPrefix("time") ? finite : plain
            return "coalesce(CAST(TRY_CAST(\(source) AS \(type)) AS varchar), '!' || \(text))"
        }
    }

    /// An identity among others that may be NULL, as a text that is not.
    static func orNull(_ identity: String) -> String { "coalesce('=' || CAST(\(identity) AS varchar), '')" }

    private static func member(_ name: String, of json: String) -> String {
        "element_at(CAST(json_parse(\(json)) AS map(varchar, varchar)), \(SQLText.literal(name)))"
    }
}
