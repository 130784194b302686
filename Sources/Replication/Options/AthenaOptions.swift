public import Lake

/// The catalog in which Athena finds the lake's tables.
public struct AthenaOptions: Sendable, Hashable {
    /// The work group that every account has.
    public static let defaultWorkGroup = "primary"

    /// The database of the tables; it is created if it is not there.
    public var database: String
    /// The work group in which statements run.
    public var workGroup: String
    /// Where results of statements go, `s3://bucket/prefix/`; nil leaves it to the work group.
    public var output: String?
    /// How engines find the days.
    public var partitions: CatalogTable.Partitioning
    /// Whether there are views of current rows with pending changes merged in.
    public var liveViews: Bool

    /// Describes a catalog; whatever is left out has its default.
    public init(
        database: String,
        workGroup: String = Self.defaultWorkGroup,
        output: String? = nil,
        partitions: CatalogTable.Partitioning = .projection,
        liveViews: Bool = true
    ) {
        self.database = database
        self.workGroup = workGroup
        self.output = output
        self.partitions = partitions
        self.liveViews = liveViews
    }
}
