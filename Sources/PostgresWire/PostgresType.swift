/// A row of `pg_type`, as far as it matters for decoding.
public struct PostgresType: Sendable {
    /// What `typtype` says.
    public enum Kind: Character, Sendable {
        case base = "b"
        case composite = "c"
        case domain = "d"
        case enumeration = "e"
        case multirange = "m"
        case pseudo = "p"
        case range = "r"
    }

    /// The type's OID.
    public var oid: UInt32
    /// The type's name, without schema.
    public var name: String
    /// What kind of type it is.
    public var kind: Kind
    /// A domain's base type.
    public var baseOID: UInt32
    /// A domain's type modifier.
    public var baseModifier: Int32
    /// An array's element type; 0 for what is no true array.
    public var elementOID: UInt32
    /// What stands between an array's elements.
    public var delimiter: String
    /// The output function, quoted and with its schema.
    public var outputFunction: String

    /// Describes a type.
    public init(
        oid: UInt32,
        name: String,
        kind: Kind,
        baseOID: UInt32,
        baseModifier: Int32,
        elementOID: UInt32,
        delimiter: String,
        outputFunction: String
    ) {
        self.oid = oid
        self.name = name
        self.kind = kind
        self.baseOID = baseOID
        self.baseModifier = baseModifier
        self.elementOID = elementOID
        self.delimiter = delimiter
        self.outputFunction = outputFunction
    }
}

/// The types of a database, by OID.
public struct TypeCatalog: Sendable {
    private let types: [UInt32: PostgresType]

    /// Collects the types.
    public init(_ types: [PostgresType]) {
        self.types = Dictionary(types.map { ($0.oid, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The type with its domains taken off, and the modifier that holds for it.
    ///
    /// - Returns: `nil` if the database has no such type.
    public func base(of oid: UInt32, modifier: Int32) -> (type: PostgresType, modifier: Int32)? {
        var oid = oid
        var modifier = modifier
        // Domains over domains end; the bound is against a catalog that lies.
        for _ in 0..<64 {
            guard let type = types[oid] else { return nil }
            guard type.kind == .domain else { return (type, modifier) }
            oid = type.baseOID
            if type.baseModifier >= 0 { modifier = type.baseModifier }
        }
        return nil
    }
}

/// OIDs that are the same in every database (`pg_type.dat`).
package enum TypeOID {
    package static let boolean: UInt32 = 16
    package static let bytea: UInt32 = 17
    package static let name: UInt32 = 19
    package static let bigint: UInt32 = 20
    package static let smallint: UInt32 = 21
    package static let integer: UInt32 = 23
    package static let text: UInt32 = 25
    package static let json: UInt32 = 114
    package static let real: UInt32 = 700
    package static let doublePrecision: UInt32 = 701
    package static let bpchar: UInt32 = 1042
    package static let varchar: UInt32 = 1043
    package static let date: UInt32 = 1082
    package static let time: UInt32 = 1083
    package static let timestamp: UInt32 = 1114
    package static let timestamptz: UInt32 = 1184
    package static let numeric: UInt32 = 1700
    package static let uuid: UInt32 = 2950
    package static let jsonb: UInt32 = 3802
}
