import Lake
import PostgresClient

extension TablePlanner {
    /// Plans how the rows of a table are compared, by the settings and names under which it is exported.
    ///
    /// - Parameters:
    ///   - table: The table, complete; of a streamed one without what the stream does not carry.
    ///   - stream: The stream that brings its changes into the lake, if one does.
    /// - Returns: The plan.
    /// - Throws: ``ReplicationError`` if settings and table do not go together.
    func checksumPlan(
        of table: SourceTable,
        carriedBy stream: LakeStreams.Stream?
    ) throws(ReplicationError) -> ChecksumPlan {
        let quoting = IdentifierQuoting()
        return ChecksumPlan(
            displayName: table.displayName,
            lakeName: "",
            columns: [],
            key: [],
            partition: nil,
            relation: "\(quoting.quote(table.schema)).\(quoting.quote(table.name))",
            rowFilter: table.rowFilter
        )
    }
}
