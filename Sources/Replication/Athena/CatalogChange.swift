/// What was done about one thing of the catalog.
public struct CatalogChange: Sendable, Equatable {
    /// What it is.
    public enum Kind: String, Sendable {
        /// A database.
        case database
        /// A table.
        case table
        /// The registered days of a table.
        case partitions
        /// A live view.
        case view
    }

    /// What came of it.
    public enum Outcome: Sendable, Equatable {
        /// It was not there.
        case created
        /// It says other things than before.
        case changed([String])
        /// It was as it has to be.
        case unchanged
        /// There is none, and why.
        case left(String)
        /// It could not be done, and why.
        case failed(String)

        /// There is no view, as what it would read is not there.
        static let withoutTable = Outcome.left("its tables are not in the catalog")
    }

    /// What it is.
    public var kind: Kind
    /// Its name.
    public var name: String
    /// What came of it.
    public var outcome: Outcome

    /// Describes what was done.
    public init(_ kind: Kind, _ name: String, _ outcome: Outcome) {
        self.kind = kind
        self.name = name
        self.outcome = outcome
    }

    /// Whether the catalog is another than before.
    var isChange: Bool {
        switch outcome {
        case .created, .changed: true
        case .unchanged, .left, .failed: false
        }
    }
}
