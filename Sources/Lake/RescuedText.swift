import Ingest

/// SQL that takes `_rescued` apart and puts it together again.
enum RescuedText {
    /// The member of a column, `"amount":"NaN"`; NULL where the column's value is in its place.
    static func member(_ name: String, of json: String) -> String {
        let value = "element_at(CAST(json_parse(\(json)) AS map(varchar, json)), \(SQLText.literal(name)))"
        return SQLText.literal(key(name) + ":") + " || json_format(\(value))"
    }

    /// The object of some members; NULL if there are none.
    static func object(_ members: [String]) -> String {
        "nullif('{' || array_join(ARRAY[\(members.joined(separator: ", "))], ',') || '}', '{}')"
    }

    private static func key(_ name: String) -> String {
        String(decoding: JSONText.quoted(Array(name.utf8)), as: UTF8.self)
    }
}
