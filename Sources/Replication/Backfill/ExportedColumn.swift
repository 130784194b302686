import Ingest

/// A column of a table that is exported.
struct ExportedColumn {
    /// As the catalog describes it.
    var source: SourceTable.Column
    /// Its name in the lake.
    var name: String
    /// How it gets there.
    var mapping: ColumnMapping

    /// The type of what the lake has of it, as `format_type` prints it.
    var typeName: String {
        if case .masked = mapping.decoder { return "text" }
        return source.typeName
    }
}
