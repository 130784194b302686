import Columnar
import Foundation
import Ingest
import Parquet

/// What a file of changes says of itself and of its table; shared by all batches of the file.
final class ChangeFileSchema: Sendable {
    /// The file.
    let key: String
    /// The table's columns, in the file's order.
    let columns: [Field]
    /// What the footer says besides the schema: `sluice.table`, `sluice.identity` and so on.
    let metadata: [String: String]
    /// The same in the footer's order.
    let keyValues: [(key: String, value: String)]
    /// The columns by which changes name a row, by their names in the lake; nil if the footer does not say.
    let keyNames: [String]?
    /// The type that each column has in PostgreSQL, where the footer says it.
    let typeNames: [String?]
    /// All fields of the file, as a writer of another wants them.
    let table: TableSchema
    /// Where ``ChangeSchema/changeFields`` lie among the file's columns.
    private let changePlaces: [Int]
    private let columnPlaces: [Int]
    /// By the bytes of the name: Swift holds names equal that PostgreSQL does not.
    private let columnIndexes: [[UInt8]: Int]

    private struct ColumnDescription: Decodable {
        var name: String
        var type: String?
    }

    /// Reads what the footer says.
    ///
    /// - Parameters:
    ///   - key: The file.
    ///   - reader: The same file, opened.
    /// - Throws: ``ReplicationError`` if it lacks a column that every change has.
    init(key: String, _ reader: ParquetFileReader) throws(ReplicationError) {
        let fields = reader.schema.fields
        var changePlaces: [Int] = []
        for wanted in ChangeSchema.changeFields {
            guard let place = fields.firstIndex(where: { $0.name == wanted.name && $0.type == wanted.type }) else {
                throw .unreadableChanges(
                    key,
                    "it has no column \(wanted.name) of the type that changes have; it may be of an older release"
                )
            }
            changePlaces.append(place)
        }
        let columnPlaces = fields.indices.filter { !changePlaces.contains($0) }
        let columns = columnPlaces.map { fields[$0] }
        let keyValues = reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") }
        let metadata = Dictionary(keyValues.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
        let descriptions: [ColumnDescription] = Self.decoded(metadata["sluice.columns"]) ?? []
        let typeNames = Dictionary(
            descriptions.map { (Array($0.name.utf8), $0.type) },
            uniquingKeysWith: { first, _ in first }
        )
        self.key = key
        self.columns = columns
        self.metadata = metadata
        self.keyValues = keyValues
        self.changePlaces = changePlaces
        self.columnPlaces = columnPlaces
        keyNames = Self.decoded(metadata["sluice.key"])
        self.typeNames = columns.map { typeNames[Array($0.name.utf8)] ?? nil }
        table = TableSchema(fields: ChangeSchema.changeFields + columns)
        columnIndexes = Dictionary(
            columns.enumerated().map { (Array($1.name.utf8), $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The index of the table's column of that name.
    func columnIndex(named name: [UInt8]) -> Int? { columnIndexes[name] }

    /// The columns of a batch of the file, those that every change has first.
    func ordered(_ columns: [Column]) -> (changes: [Column], table: [Column]) {
        (changePlaces.map { columns[$0] }, columnPlaces.map { columns[$0] })
    }

    /// Whether changes of both files may stand in one, as far as their tables are concerned.
    func describesTheSame(as other: ChangeFileSchema) -> Bool {
        func facts(_ file: ChangeFileSchema) -> [String: String] { file.metadata.filter { $0.key != "sluice.version" } }
        return table == other.table && facts(self) == facts(other)
    }

    private static func decoded<Value: Decodable>(_ json: String?) -> Value? {
        json.flatMap { try? JSONDecoder().decode(Value.self, from: Data($0.utf8)) }
    }
}

extension ReplicationError {
    /// A file of changes that cannot be taken in; nothing but somebody's help will change that.
    static func unreadableChanges(_ key: String, _ reason: String) -> ReplicationError {
        ReplicationError(
            .lake,
            "cannot read the changes in \(key): \(reason); bring the file back as it was written, or move it out of the "
                + "lake and export the table again"
        )
    }
}
