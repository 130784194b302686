public import PostgresWire

/// The key of a file of changes, which says what is inside.
///
/// ```
/// <table>_changes/year=2026/month=11/day=22/<table>_changes_20261122_<first>-<last>-<generation>[_<part>].parquet
/// ```
/// The positions are the commit LSNs of the first and the last transaction in the file, in 16 hexadecimal digits; the
/// generation counts the starts of the process that wrote it; the part tells files apart that differ in nothing else,
/// as when a table is altered within one transaction. Names sort in commit order.
public struct ChangeFileName: Sendable, Hashable {
    /// The table's name in the lake.
    public var table: String
    /// The commit date in UTC.
    public var day: CalendarDate
    /// The commit LSN of the first transaction in the file.
    public var first: LSN
    /// The commit LSN of the last.
    public var last: LSN
    /// The generation of the writer.
    public var generation: Int
    /// From 1.
    public var part: Int

    /// Names a file.
    public init(table: String, day: CalendarDate, first: LSN, last: LSN, generation: Int, part: Int = 1) {
        self.table = table
        self.day = day
        self.first = first
        self.last = last
        self.generation = generation
        self.part = part
    }

    /// The folder of a table's changes.
    public static func folder(of table: String) -> String { table + "_changes" }

    /// Whether two tables would share a folder, of rows or of changes.
    public static func shareFolder(_ left: String, _ right: String) -> Bool {
        left == right || left == folder(of: right) || folder(of: left) == right
    }

    /// The folder of a table's changes of one commit date.
    public static func folder(of table: String, day: CalendarDate) -> String {
        let (year, month, dayOfMonth) = day.parts
        return "\(folder(of: table))/year=\(padded(year, 4))/month=\(padded(month, 2))/day=\(padded(dayOfMonth, 2))/"
    }

    /// The key of the object.
    public var key: String {
        let (year, month, dayOfMonth) = day.parts
        let date = Self.padded(year, 4) + Self.padded(month, 2) + Self.padded(dayOfMonth, 2)
        let suffix = part > 1 ? "_" + Self.padded(part, 4) : ""
        return Self.folder(of: table, day: day)
            + "\(Self.folder(of: table))_\(date)_\(first.padded)-\(last.padded)-\(generation)\(suffix).parquet"
    }

    /// Reads a key; `nil` if it is not exactly what ``key`` gives.
    public init?(key: String) {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].hasSuffix("_changes"), parts[4].hasPrefix(parts[0] + "_") else { return nil }
        let fields = parts[4].dropFirst(parts[0].count + 1)
            .split(whereSeparator: { $0 == "_" || $0 == "-" || $0 == "." })
        guard (5...6).contains(fields.count), fields[0].utf8.count == 8, let first = UInt64(fields[1], radix: 16),
            let last = UInt64(fields[2], radix: 16), let generation = Int(fields[3]),
            let part = fields.count == 6 ? Int(fields[4]) : 1,
            let day = CalendarDate("\(fields[0].prefix(4))-\(fields[0].dropFirst(4).prefix(2))-\(fields[0].suffix(2))")
        else { return nil }
        self.init(
            table: String(parts[0].dropLast(8)),
            day: day,
            first: LSN(rawValue: first),
            last: LSN(rawValue: last),
            generation: generation,
            part: part
        )
        guard self.key == key else { return nil }
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
