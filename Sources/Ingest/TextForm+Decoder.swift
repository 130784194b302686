import PostgresWire

extension TextForm {
    /// How the text of a type becomes the cell that the decoder reads.
    init(_ decoder: CellDecoder) {
        self =
            switch decoder {
            case .boolean: .boolean
            case .int16: .int16
            case .int32: .int32
            case .int64: .int64
            case .float: .float
            case .double: .double
            case .bytes, .masked, .nothing: .same
            case .jsonb: .jsonb
            case .uuidText, .uuidBytes: .uuid
            case .date: .date
            case .timestamp: .timestamp
            case .timeMicroseconds, .timeText: .time
            case .decimal, .numericText, .numericDouble: .numeric
            case .array(_, let element): .array(TextForm(element), delimiter: UInt8(ascii: ","))
            case .hstore: .hstore
            }
    }

    /// How the text of an array's elements becomes cells.
    init(_ element: ElementText) {
        self =
            switch element {
            case .boolean: .boolean
            case .int16: .int16
            case .int32: .int32
            case .int64: .int64
            case .float: .float
            case .double: .double
            case .text, .wholeArray: .same
            case .bytea: .bytea
            case .jsonb: .jsonb
            case .uuid: .uuid
            case .date: .date
            case .time: .time
            case .numeric: .numeric
            case .hstore: .hstore
            case .timestamp: .timestamp
            case .array(let inner): .array(TextForm(inner), delimiter: UInt8(ascii: ","))
            }
    }
}
