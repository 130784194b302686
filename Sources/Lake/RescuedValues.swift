import Ingest

/// The values of a row that its columns cannot hold, as `_rescued` has them: `{"amount":"NaN"}`.
public struct RescuedValues: Sendable {
    /// A column's name in the lake, and the value as PostgreSQL prints it.
    public typealias Value = (column: String, text: [UInt8])

    /// The values, in the table's order.
    public private(set) var values: [Value]

    /// Names the values.
    public init(_ values: [Value] = []) {
        self.values = values
    }

    /// Reads what `_rescued` holds; `nil` if it is no object of texts, or names a column twice.
    public init?(json: UnsafeRawBufferPointer) {
        guard let members = JSONText.members(of: Array(json)) else { return nil }
        values = []
        for member in members {
            guard let column = String(validating: member.name, as: UTF8.self), let text = member.text,
                self.text(of: column) == nil
            else { return nil }
            values.append((column, text))
        }
    }

    /// Whether there are no values, which `_rescued` says with NULL.
    public var isEmpty: Bool { values.isEmpty }

    /// The value of a column, if it is one of these.
    public func text(of column: String) -> [UInt8]? {
        values.first { $0.column.isSameName(as: column) }?.text
    }

    /// The values of some columns, in the order of those.
    public func subset(of columns: [String]) -> RescuedValues {
        RescuedValues(columns.compactMap { column in text(of: column).map { (column, $0) } })
    }

    /// These values and others after them; of a column in both the other's value is taken.
    public func merging(_ other: RescuedValues) -> RescuedValues {
        RescuedValues(values.filter { other.text(of: $0.column) == nil } + other.values)
    }

    /// What `_rescued` holds, byte by byte as the decoder of the rows writes it.
    public func json() -> [UInt8] {
        var json: [UInt8] = [UInt8(ascii: "{")]
        for value in values {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            json += JSONText.quoted(Array(value.column.utf8))
            json.append(UInt8(ascii: ":"))
            json += JSONText.quoted(value.text)
        }
        json.append(UInt8(ascii: "}"))
        return json
    }
}
