public import Columnar
public import PostgresWire

/// How a column of a table gets into the lake: what to ask the server for, how to decode it, what column takes it.
public struct ColumnMapping: Sendable {
    /// How a column is stored when not by default.
    public enum Override: Sendable, Equatable {
        /// A `numeric` as DECIMAL.
        case decimal(precision: Int, scale: Int)
        /// A `numeric` as DOUBLE.
        case double
        /// A `uuid` as UUID.
        case uuid
        /// A `time` as TIME.
        case time
    }

    /// What the server is asked for.
    public enum Selection: Sendable, Equatable {
        /// The column as it is.
        case column
        /// The text that the type's output function prints.
        case text(outputFunction: String)
        /// The array, each element as the text that its type's output function prints.
        case textArray
        /// As before, for types whose arrays have another delimiter than the comma; an array that no list can hold
        /// comes as an array of two dimensions, whose one element is its text.
        case textArrayByElement(outputFunction: String)
    }

    /// What the server is asked for.
    public let selection: Selection
    /// How its cells are decoded.
    public let decoder: CellDecoder
    /// The column that takes the values.
    public let type: ColumnType
    /// What stands between the elements of the type's text, if it is an array.
    let delimiter: UInt8

    /// Maps a column of the given type.
    ///
    /// - Returns: `nil` if the override does not fit the type.
    public init?(typeOID: UInt32, modifier: Int32, override: Override?, types: TypeCatalog) {
        guard let (base, modifier) = types.base(of: typeOID, modifier: modifier) else {
            return nil
        }
        if base.elementOID != 0 {
            if let element = Self.element(of: base, modifier: modifier, override: override, types: types) {
                self = element
                return
            }
            guard override == nil else { return nil }
            self.init(.text(outputFunction: base.outputFunction), .bytes, .leaf(.byteArray, .string))
            return
        }
        guard let (decoder, type) = Self.binary(base, modifier, override) else {
            guard override == nil else { return nil }
            if base.name == "hstore", base.kind == .base {
                self.init(.column, .hstore, CellDecoder.hstore.columnType)
            } else {
                self.init(.text(outputFunction: base.outputFunction), .bytes, .leaf(.byteArray, .string))
            }
            return
        }
        self.init(.column, decoder, type)
    }

    init(
        _ selection: Selection,
        _ decoder: CellDecoder,
        _ type: ColumnType,
        delimiter: UInt8 = UInt8(ascii: ",")
    ) {
        self.selection = selection
        self.decoder = decoder
        self.type = type
        self.delimiter = delimiter
    }

    /// How cells of the column may come in a replication stream, which cannot be asked for anything but the column.
    ///
    /// Types that are kept as PostgreSQL prints them have to come as text.
    public var tupleColumn: TupleColumn {
        switch (selection, decoder) {
        // Any form will do.
        case (_, .nothing): TupleColumn(text: .same, acceptsBinary: true)
        case (.column, .array(_, let element)):
            TupleColumn(text: .array(TextForm(element), delimiter: delimiter), acceptsBinary: true)
        // Unlike text, `bytea` is printed in another form than it has.
        case (.column, .bytes) where type == .leaf(.byteArray, nil): TupleColumn(text: .bytea, acceptsBinary: true)
        case (.column, _): TupleColumn(text: TextForm(decoder), acceptsBinary: true)
        case (.text, _): TupleColumn(text: .same, acceptsBinary: false)
        case (.textArray, _): TupleColumn(text: .array(.same, delimiter: delimiter), acceptsBinary: false)
        case (.textArrayByElement, _): TupleColumn(text: .wholeArray(delimiter: delimiter), acceptsBinary: false)
        }
    }

    private static func element(
        of array: PostgresType,
        modifier: Int32,
        override: Override?,
        types: TypeCatalog
    ) -> ColumnMapping? {
        guard let (element, elementModifier) = types.base(of: array.elementOID, modifier: modifier) else { return nil }
        if element.elementOID != 0 {
            // An array of a domain over arrays: a list of lists.
            guard let inner = self.element(of: element, modifier: elementModifier, override: override, types: types),
                inner.selection == .column, case .array(_, let text) = inner.decoder
            else { return nil }
            return ColumnMapping(
                .column,
                .array(inner.decoder, .array(text)),
                .list(inner.type),
                delimiter: delimiter(of: array)
            )
        }
        if let (decoder, type) = binary(element, elementModifier, override), let text = text(of: element) {
            return ColumnMapping(.column, .array(decoder, text), .list(type), delimiter: delimiter(of: array))
        }
        guard override == nil else { return nil }
        let strings = ColumnType.list(.leaf(.byteArray, .string))
        guard array.delimiter == "," else {
            let selection = Selection.textArrayByElement(outputFunction: element.outputFunction)
            return ColumnMapping(selection, .array(.bytes, .wholeArray), strings, delimiter: delimiter(of: array))
        }
        return ColumnMapping(.textArray, .array(.bytes, .text), strings)
    }

    private static func delimiter(of array: PostgresType) -> UInt8 { array.delimiter.utf8.first ?? UInt8(ascii: ",") }

    /// The decoder of a type whose binary form is known.
    private static func binary(
        _ type: PostgresType,
        _ modifier: Int32,
        _ override: Override?
    ) -> (CellDecoder, ColumnType)? {
        func plain(_ decoder: CellDecoder) -> (CellDecoder, ColumnType)? {
            override == nil ? (decoder, decoder.columnType) : nil
        }
        if type.kind == .enumeration { return plain(.bytes) }
        switch type.oid {
        case TypeOID.boolean: return plain(.boolean)
        case TypeOID.smallint: return plain(.int16)
        case TypeOID.integer: return plain(.int32)
        case TypeOID.bigint: return plain(.int64)
        case TypeOID.real: return plain(.float)
        case TypeOID.doublePrecision: return plain(.double)
        case TypeOID.text, TypeOID.varchar, TypeOID.bpchar, TypeOID.name: return plain(.bytes)
        case TypeOID.json: return override == nil ? (.bytes, .leaf(.byteArray, .json)) : nil
        case TypeOID.bytea: return override == nil ? (.bytes, .leaf(.byteArray, nil)) : nil
        case TypeOID.jsonb: return plain(.jsonb)
        case TypeOID.date: return plain(.date)
        case TypeOID.timestamp: return plain(.timestamp(isUTC: false))
        case TypeOID.timestamptz: return plain(.timestamp(isUTC: true))
        case TypeOID.uuid:
            if override == .uuid { return (.uuidBytes, CellDecoder.uuidBytes.columnType) }
            return plain(.uuidText)
        case TypeOID.time:
            if override == .time { return (.timeMicroseconds, CellDecoder.timeMicroseconds.columnType) }
            return plain(.timeText)
        case TypeOID.numeric:
            guard let decoder = numeric(modifier, override) else { return nil }
            return (decoder, decoder.columnType)
        default: return nil
        }
    }

    /// Precision and scale lie in the modifier (`numeric_typmod_precision`, `numeric_typmod_scale`).
    private static func numeric(_ modifier: Int32, _ override: Override?) -> CellDecoder? {
        switch override {
        case .decimal(let precision, let scale): return .decimal(precision: precision, scale: scale)
        case .double: return .numericDouble
        case .uuid, .time: return nil
        case nil: break
        }
        guard modifier >= 4 else { return .numericText }
        let packed = Int(modifier) - 4
        var precision = packed >> 16 & 0xffff
        var scale = (packed & 0x7ff ^ 1_024) - 1_024
        // Parquet knows no negative scale and none beyond the precision.
        if scale < 0 { (precision, scale) = (precision - scale, 0) }
        precision = max(precision, scale)
        return precision <= 38 ? .decimal(precision: precision, scale: scale) : .numericText
    }

    private static func text(of type: PostgresType) -> ElementText? {
        if type.kind == .enumeration { return .text }
        switch type.oid {
        case TypeOID.boolean: return .boolean
        case TypeOID.smallint: return .int16
        case TypeOID.integer: return .int32
        case TypeOID.bigint: return .int64
        case TypeOID.real: return .float
        case TypeOID.doublePrecision: return .double
        case TypeOID.text, TypeOID.varchar, TypeOID.bpchar, TypeOID.name, TypeOID.json: return .text
        case TypeOID.bytea: return .bytea
        case TypeOID.jsonb: return .jsonb
        case TypeOID.date: return .date
        case TypeOID.timestamp: return .timestamp(isUTC: false)
        case TypeOID.timestamptz: return .timestamp(isUTC: true)
        case TypeOID.uuid: return .uuid
        case TypeOID.time: return .time
        case TypeOID.numeric: return .numeric
        default: return nil
        }
    }
}
