/// A table as the catalog describes it.
public struct GlueTable: Hashable, Sendable {
    /// What a description may have that is sent; whatever else an answer has is the server's own.
    static let inputMembers: Set<String> = [
        "Name", "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention", "StorageDescriptor",
        "PartitionKeys", "ViewOriginalText", "ViewExpandedText", "TableType", "Parameters", "TargetTable",
        "ViewDefinition",
    ]

    /// The version, with which a replacement says what it was made from.
    public let version: String?
    /// What can be sent back.
    public let input: ExactJSON

    init(_ json: ExactJSON) {
        version = json["VersionId"]?.text
        // A member without a value was not set, and would be refused.
        input = .object((json.members ?? []).filter { Self.inputMembers.contains($0.name) && $0.value != .null })
    }
}

/// A partition as the catalog describes it.
public struct GluePartition: Hashable, Sendable {
    private static let inputMembers: Set<String> = [
        "Values", "LastAccessTime", "StorageDescriptor", "Parameters", "LastAnalyzedTime",
    ]

    /// The values of the keys.
    public let values: [String]
    /// What can be sent back.
    public let input: ExactJSON

    /// Describes a partition.
    public init(values: [String], input: ExactJSON) {
        self.values = values
        self.input = input
    }

    init(_ json: ExactJSON) {
        values = (json["Values"]?.values ?? []).compactMap(\.text)
        input = .object((json.members ?? []).filter { Self.inputMembers.contains($0.name) && $0.value != .null })
    }
}
