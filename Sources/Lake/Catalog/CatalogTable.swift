/// A table of the lake as catalogs describe it, for Athena, Spark, Trino and Redshift Spectrum.
///
/// There is one for the current rows, and one for the changes, whose name ends with `_changes`.
public struct CatalogTable: Sendable, Hashable {
    /// A column.
    public struct Column: Sendable, Hashable {
        /// Its name, in lower case.
        public var name: String
        /// Its type.
        public var type: HiveType
        /// What the database says about it.
        public var comment: String?

        /// Describes a column.
        public init(name: String, type: HiveType, comment: String? = nil) {
            self.name = name
            self.type = type
            self.comment = comment
        }
    }

    /// How engines find the folders of days.
    public enum Partitioning: String, Sendable, Hashable, CaseIterable {
        /// They work them out from a range of years; nothing has to be registered for a new day.
        case projection
        /// Each is registered in the catalog, for engines that do not work them out.
        case registered
    }

    /// Its name.
    public var name: String
    /// Schema and name in the database, with a dot between.
    public var source: String
    /// Its folder, with a slash at its end.
    public var location: String
    /// Its columns, without those of the folders.
    public var columns: [Column]
    /// The names of the columns with year, month and day of the folders; none if it is one object.
    public var partitionKeys: [String]
    /// The years that projection covers; nil without days.
    public var years: ClosedRange<Int>?
    /// How engines find the days.
    public var partitioning: Partitioning
    /// What the database says about it.
    public var comment: String?
    /// The codec of its files: `SNAPPY`, `ZSTD`, `GZIP` or `UNCOMPRESSED`.
    public var compression: String

    /// Describes a table.
    public init(name: String, source: String, location: String, columns: [Column]) {
        self.name = name
        self.source = source
        self.location = location
        self.columns = columns
        partitionKeys = []
        partitioning = .projection
        compression = "SNAPPY"
    }

    /// What marks a table as one of the lake's, and says which.
    public static let sourceParameter = "sluice.table"
    /// What tells a live view that is up to date from others.
    public static let viewParameter = "sluice.live_view"
    /// The parameters of ``projection`` begin with this.
    public static let projectionPrefix = "projection."
    /// The parameter that says where the folder of a day is.
    public static let templateParameter = "storage.location.template"

    /// The properties of every table.
    public var parameters: [(name: String, value: String)] {
        [
            ("EXTERNAL", "TRUE"), ("classification", "parquet"), ("parquet.compression", compression),
            (Self.sourceParameter, source),
        ]
    }

    /// The properties with which engines work out the folders of days; none if they are registered or there are none.
    public var projection: [(name: String, value: String)] {
        guard partitioning == .projection, partitionKeys.count == 3, let years else { return [] }
        let ranges = ["\(years.lowerBound),\(years.upperBound)", "1,12", "1,31"]
        var result = [(name: Self.projectionPrefix + "enabled", value: "true")]
        for (index, key) in partitionKeys.enumerated() {
            let prefix = Self.projectionPrefix + key
            result.append((prefix + ".type", "integer"))
            result.append((prefix + ".range", ranges[index]))
            result.append((prefix + ".digits", index == 0 ? "4" : "2"))
        }
        result.append((Self.templateParameter, folder(partitionKeys.map { "${\($0)}" })))
        return result
    }

    /// The name of the property with the range of years.
    public var yearRangeParameter: String? { partitionKeys.first.map { Self.projectionPrefix + $0 + ".range" } }

    /// The folder of a day, with a slash at its end.
    public func location(of day: CalendarDate) -> String {
        let (year, month, dayOfMonth) = day.parts
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return folder([padded(year, 4), padded(month, 2), padded(dayOfMonth, 2)])
    }

    /// The values of the keys of a day.
    public static func values(of day: CalendarDate) -> [String] {
        let (year, month, dayOfMonth) = day.parts
        return ["\(year)", "\(month)", "\(dayOfMonth)"]
    }

    private func folder(_ parts: [String]) -> String {
        location + "year=\(parts[0])/month=\(parts[1])/day=\(parts[2])/"
    }

    /// The range of years for data of some years: next year is always in it, so that no row comes before its folder can
    /// be found.
    ///
    /// - Parameters:
    ///   - data: The first and the last year that have a folder; nil if none has.
    ///   - now: The present year.
    /// - Returns: The range.
    public static func years(of data: ClosedRange<Int>?, now: Int) -> ClosedRange<Int> {
        let last = max(data?.upperBound ?? now, now) + 1
        return min(data?.lowerBound ?? now, now)...last
    }
}
