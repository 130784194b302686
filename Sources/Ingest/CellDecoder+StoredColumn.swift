public import Columnar
public import PostgresWire

extension CellDecoder {
    /// The decoder whose values a column holds, for text that is to become such values again.
    ///
    /// What is kept as PostgreSQL prints it has a column of text, and is text here. There is none for types of which the
    /// lake has no columns.
    ///
    /// - Parameters:
    ///   - type: The column's type.
    ///   - typeName: The type in PostgreSQL, as `format_type` prints it, if that is known: a `numeric` may be kept as DOUBLE.
    public init?(storing type: ColumnType, typeName: String? = nil) {
        switch type {
        case .leaf(.byteArray, nil), .leaf(.byteArray, .string), .leaf(.byteArray, .json),
            .leaf(.byteArray, .enumeration):
            self = .bytes
        case .leaf(.double, nil): self = typeName?.hasPrefix("numeric") == true ? .numericDouble : .double
        case .leaf(_, .decimal(let precision, let scale)): self = .decimal(precision: precision, scale: scale)
        case .list(let element):
            guard let decoder = CellDecoder(storing: element, typeName: typeName) else { return nil }
            self = .array(decoder, ElementText(decoder, element))
        default:
            let plain: [CellDecoder] = [
                .boolean, .int16, .int32, .int64, .float, .uuidBytes, .date, .timestamp(isUTC: false),
                .timestamp(isUTC: true), .timeMicroseconds, .hstore,
            ]
            guard let decoder = plain.first(where: { $0.columnType == type }) else { return nil }
            self = decoder
        }
        // A decimal has one carrier for each precision.
        if case .decimal = self, columnType != type { return nil }
    }

    /// How a cell comes that is the text which PostgreSQL prints, for a column of the type.
    public func printedCell(of type: ColumnType) -> TupleColumn {
        let isBinary = self == .bytes && type == .leaf(.byteArray, nil)
        return TupleColumn(text: isBinary ? .bytea : TextForm(self), acceptsBinary: true)
    }
}
