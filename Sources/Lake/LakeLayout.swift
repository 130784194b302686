/// Where things lie in the lake.
///
/// ```
/// <table>/year=2025/month=01/day=01/<table>_20250101.parquet   current rows of a day
/// <table>/<table>.parquet                                      current rows of a table without days
/// _sluice/runs/2026/11/22/<time>-<command>-<id>.json           what each run has done
/// ```
public enum LakeLayout {
    /// The name of a table in the lake, safe as part of a key.
    ///
    /// `public.invoices` is `invoices`, `billing.invoices` is `billing_invoices`. Letters become lower case, as Glue
    /// has them. Bytes that could leave the folder, hide it from readers or mean something in a URL are
    /// percent-encoded, so that different names stay different.
    public static func tableName(schema: String, table: String) -> String {
        encode(schema == "public" ? table : schema + "_" + table)
    }

    /// Encodes a name that was given in the configuration.
    public static func encode(_ name: String) -> String {
        var encoded = ""
        for (index, byte) in name.lowercased().utf8.enumerated() {
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                switch scalar {
                case "a"..."z", "0"..."9", "-": true
                // Readers skip what begins with one of these.
                case "_", ".": index > 0
                default: false
                }
            if isPlain {
                encoded.unicodeScalars.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += (digits.utf8.count < 2 ? "%0" : "%") + digits
            }
        }
        return encoded
    }

    /// The key of a day's object, or of the whole table where there are no days.
    public static func key(table: String, day: CalendarDate?) -> String {
        guard let day else { return "\(table)/\(table).parquet" }
        let (year, month, dayOfMonth) = day.parts
        let (y, m, d) = (padded(year, 4), padded(month, 2), padded(dayOfMonth, 2))
        return "\(table)/year=\(y)/month=\(m)/day=\(d)/\(table)_\(y)\(m)\(d).parquet"
    }

    /// Whether the key is one that ``key(table:day:)`` gives for some day of the table, or for none.
    public static func isCurrentRows(_ key: String, of table: String) -> Bool {
        key == self.key(table: table, day: day(ofKey: key))
    }

    /// The day whose rows a key of current rows holds; nil where there are no days, or the key is another's.
    public static func day(ofKey key: String) -> CalendarDate? {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, let year = value(parts[1], "year=").flatMap({ Int($0) }),
            let month = value(parts[2], "month=").flatMap({ Int($0) }),
            let dayOfMonth = value(parts[3], "day=").flatMap({ Int($0) })
        else { return nil }
        return CalendarDate(year: year, month: month, day: dayOfMonth)
    }

    private static func value(_ part: Substring, _ name: String) -> Substring? {
        guard part.hasPrefix(name) else { return nil }
        let digits = part.dropFirst(name.count)
        return digits.isEmpty || !digits.utf8.allSatisfy({ (48...57).contains($0) }) ? nil : digits
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
