import Ingest
import PostgresWire

/// What the server is asked to print of a column's values: the text that its type's output function makes, as exports and
/// streams carry it.
struct ServerText: Sendable, Equatable {
    private enum Form: Sendable, Equatable {
        /// The text itself.
        case plain
        /// What an output function prints.
        case printed(outputFunction: String)
        /// A `numeric` without the zeros at its end, or an array of them.
        case trimmed(isArray: Bool)
        /// A `numeric` as the nearest number of double precision, or an array of them.
        case rounded(isArray: Bool)
    }

    private let form: Form
    /// How many characters are left of the text; nil for all.
    private let characterCount: Int?

    /// Decides by the column's type, and by what is kept of its values in the lake.
    ///
    /// - Returns: nil if the database has no such type.
    init?(
        typeOID: UInt32,
        modifier: Int32,
        override: ColumnMapping.Override?,
        comparison: ColumnComparison,
        types: TypeCatalog
    ) {
        guard let type = types.base(of: typeOID, modifier: modifier)?.type else { return nil }
        let isArray = type.elementOID != 0
        switch (override, comparison) {
        case (.decimal, .values): form = .trimmed(isArray: isArray)
        case (.double, .values): form = .rounded(isArray: isArray)
        default:
            let isText = [TypeOID.text, TypeOID.varchar].contains(type.oid)
            form = isText ? .plain : .printed(outputFunction: type.outputFunction)
        }
        switch comparison {
        case .values: characterCount = nil
        case .prefix(let count): characterCount = count
        case .presence: characterCount = 0
        }
    }

    /// SQL for the text, NULL where the column is.
    func sql(of column: String) -> String {
        let text =
            switch form {
            case .plain: column
            case .printed(let function): Self.text(function, column)
            case .trimmed(isArray: false): Self.text("pg_catalog.numeric_out", "pg_catalog.trim_scale(\(column))")
            case .trimmed(isArray: true):
                "pg_catalog.regexp_replace(\(Self.text("pg_catalog.array_out", column)), "
                    + "E'(\\\\.[0-9]*[1-9])0+(?![0-9])|\\\\.0+(?![0-9])', E'\\\\1', 'g')"
            case .rounded(isArray: false):
                "CASE WHEN \(Self.isInfinite(column)) THEN \(Self.text("pg_catalog.numeric_out", column)) "
                    + "WHEN \(column) IS NOT NULL THEN \(Self.text("pg_catalog.float8out", Self.rounded(column))) END"
            case .rounded(isArray: true):
                // An array that no list can hold is kept as it is.
                "CASE WHEN pg_catalog.array_ndims(\(column)) > 1 OR pg_catalog.array_lower(\(column), 1) <> 1 "
                    + "OR EXISTS (SELECT FROM pg_catalog.unnest(\(column)) u (e) WHERE \(Self.isInfinite("e")) "
                    + "AND \(Self.text("pg_catalog.numeric_out", "e")) ~ '[0-9]') "
                    + "THEN \(Self.text("pg_catalog.array_out", column)) "
                    + "WHEN \(column) IS NOT NULL THEN pg_catalog.textin(pg_catalog.array_out(ARRAY("
                    + "SELECT CASE WHEN \(Self.isInfinite("e")) THEN e::pg_catalog.float8 ELSE \(Self.rounded("e")) END "
                    + "FROM pg_catalog.unnest(\(column)) WITH ORDINALITY u (e, o) ORDER BY o))) END"
            }
        return characterCount.map { "pg_catalog.left(\(text), \($0))" } ?? text
    }

    /// Whether no finite number of double precision is nearest.
    private static func isInfinite(_ value: String) -> String { "pg_catalog.abs(\(value)) >= \(firstInfinite)" }

    /// The nearest number of double precision, of one that is not too great: the cast refuses what is nearest to 0.
    private static func rounded(_ value: String) -> String {
        "CASE WHEN \(value) = 0 OR pg_catalog.abs(\(value)) >= \(firstNonzero) THEN \(value)::pg_catalog.float8 "
            + "WHEN \(value) < 0 THEN '-0'::pg_catalog.float8 WHEN \(value) > 0 THEN '0'::pg_catalog.float8 END"
    }

    /// 2^1024 - 2^970: half-way between the greatest number of double precision and the one that would follow.
    private static let firstInfinite =
        "17976931348623158079372897140530341507993413271003782693617377898044496829276475094664901797758720709633028641"
        + "669288791094655554785194040263065748867150582068190890200070838367627385484581771153176447573027006985557136695"
        + "9622842914819860834936475292719074168444365510704342711559699508093042880177904174497792"

    /// A little more than half of the least number of double precision that is not 0.
    private static let firstNonzero = "2.4703282292062328e-324"

    /// Casts to text differ from what the output function prints for some types: `boolean`, `inet`, `char`.
    private static func text(_ function: String, _ value: String) -> String {
        "pg_catalog.textin(\(function)(\(value)))"
    }
}
