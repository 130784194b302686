/// One value of one metric, as CloudWatch takes it.
public struct MetricDatum: Hashable, Sendable {
    /// The metric's name.
    public var name: String
    /// What tells it apart from others of the name, 30 at the most.
    public var dimensions: [Dimension]
    /// The value, neither infinite nor not a number.
    public var value: Double
    /// `Count`, `Bytes`, `Seconds`, … or `None`.
    public var unit: String
    /// When it held, in seconds since 1970-01-01T00:00:00Z.
    public var time: Int64

    /// One dimension.
    public struct Dimension: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its value: 1 to 1,024 characters of ASCII that are no control characters, the first no colon.
        public var value: String

        /// Makes a dimension; what the service would refuse in a value is written as `?`.
        public init(_ name: String, _ value: String) {
            self.name = name
            let text = String(value.unicodeScalars.prefix(1_024).map { Self.isAllowed($0) ? Character($0) : "?" })
            // Nothing but blanks is refused, and so is a colon at the beginning.
            let isRefused = text.first == ":" || text.allSatisfy { $0 == " " }
            self.value = isRefused ? "?\(text.dropFirst())" : text
        }

        private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool { (0x20..<0x7f).contains(scalar.value) }
    }

    /// Describes a value.
    public init(_ name: String, _ value: Double, unit: String, dimensions: [Dimension], time: Int64) {
        self.name = name
        self.value = value
        self.unit = unit
        self.dimensions = dimensions
        self.time = time
    }
}
