import Lake
import PostgresClient

/// What the database says about tables and columns (`COMMENT ON`).
enum CatalogComments {
    /// Reads the comments of a table.
    ///
    /// - Parameters:
    ///   - table: Schema and name, with a dot between.
    ///   - columns: The columns of the lake, with the names that they have in the table.
    ///   - connection: The database.
    /// - Returns: The comments; none if the table is gone.
    /// - Throws: ``PostgresError``.
    static func read(
        of table: String,
        columns: [SchemaRegistry.Column],
        on connection: borrowing PostgresConnection
    ) throws(PostgresError) -> CatalogEntry.Comments {
        let rows = try connection.query(
            """
            SELECT a.attname, d.description
            FROM pg_catalog.pg_description d
            JOIN pg_catalog.pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
            WHERE n.nspname || '.' || c.relname = $1 AND c.relkind IN ('r', 'p')
            """,
            [table]
        ).rows
        var comments = CatalogEntry.Comments()
        var byColumn: [String: String] = [:]
        for row in rows {
            if let column = row[0] { byColumn[column] = row[1] } else { comments.table = row[1] }
        }
        comments.columns = byColumn
        // A column that goes on under another name in the lake takes its comment along.
        for column in columns where column.name != column.source {
            comments.columns[column.name] = byColumn[column.source]
        }
        return comments
    }
}
