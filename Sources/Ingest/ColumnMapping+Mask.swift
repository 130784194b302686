import Columnar
public import PostgresWire

extension ColumnMapping {
    /// Maps a column of the given type whose values are masked.
    ///
    /// - Returns: `nil` if the mask does not fit the type: only of texts can the first characters be kept.
    public init?(typeOID: UInt32, modifier: Int32, mask: ColumnMask, types: TypeCatalog) {
        // What nobody knows comes as PostgreSQL prints it.
        let plain =
            ColumnMapping(typeOID: typeOID, modifier: modifier, override: nil, types: types)
            ?? ColumnMapping(.text(outputFunction: ""), .bytes, .leaf(.byteArray, .string))
        switch mask {
        case .null:
            self.init(plain.selection, .nothing(plain.type), plain.type)
        case .text(let mask):
            if plain.isText {
                self.init(plain.selection, .masked(mask), CellDecoder.masked(mask).columnType)
                return
            }
            // What another type looks like is for the server to say.
            guard case .sha256 = mask, let base = types.base(of: typeOID, modifier: modifier)?.type else { return nil }
            let selection = Selection.text(outputFunction: base.outputFunction)
            self.init(selection, .masked(mask), CellDecoder.masked(mask).columnType)
        }
    }

    /// Whether cells are the text that PostgreSQL prints, whatever it means.
    private var isText: Bool { decoder == .bytes && type == .leaf(.byteArray, .string) }
}
