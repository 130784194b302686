import Lake
import PostgresWire

/// A table as database, settings and stream describe it at one moment.
struct ValidatedTable: Sendable {
    var source: SourceTable
    /// Its name in the lake.
    var name: String
    /// The stream that brings its changes into the lake, if one does.
    var stream: LakeStreams.Stream?
    /// What that stream's checkpoint says of it.
    var entry: Checkpoint.Table?
    var options: TableOptions
    /// The columns that come into the lake, in the table's order.
    var columns: [ExportedColumn]
    /// The names in the lake of the columns that tell its rows apart.
    var key: [String]
    /// For each column, by its name in the lake, what tells its mask from others.
    var masks: [String: String]
    var checksums: ChecksumPlan
    /// The days that are looked at; nil for all, and where there are none.
    var days: ClosedRange<CalendarDate>?

    /// Whether its rows are divided into days.
    var hasDays: Bool { checksums.partition != nil }
    /// Whether an object is one of its current rows, as it is divided now.
    func mayHold(_ key: String) -> Bool {
        LakeLayout.isCurrentRows(key, of: name) && (LakeLayout.day(ofKey: key) != nil) == hasDays
    }
    /// About how many pages of the database hold its rows.
    var pageCount: Int { source.leaves.reduce(0) { $0 + $1.pageCount } }
    /// Whether the checksums of both can be compared, also if the table was described at another moment.
    func isComparable(with other: ValidatedTable) -> Bool {
        name == other.name && hasDays == other.hasDays
            && checksums.columns.map { Array($0.name.utf8) } == other.checksums.columns.map { Array($0.name.utf8) }
            && (try? checksums.sql()) == (try? other.checksums.sql())
    }

    /// How messages call it.
    var displayName: String { source.displayName }

    /// The option of a command that names it, as a person pastes it into a shell.
    var option: String {
        let name = TablePattern(schema: source.schema, table: source.name).description
        let isPlain = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        }
        return "--table \(isPlain ? source.displayName : PasteableShell.word(name))"
    }
}
