public import PostgresWire

/// How far the current rows of one table have taken up its changes.
///
/// Kept as `_sluice/<slot>/tables/<table>.json` and replaced by compare-and-swap only, see ``RewriteStateStore``.
public struct RewriteState: Codable, Sendable, Equatable {
    /// The layout of the document.
    public static let currentFormat = 1

    /// The layout of the document.
    public var format = Self.currentFormat
    /// The commit LSN of the last change that every day has taken up.
    public var lsn = LSN(rawValue: 0)
    /// Its ordinal in the transaction, if the others of that transaction are still pending.
    public var sequence: Int64?
    /// The versions of the objects that are known to hold all changes up to the position, by day.
    ///
    /// A day is `2025-01-31`, or ``wholeTable``. An object of another version was written by somebody else since.
    public var days: [String: String] = [:]
    /// Days that have to be exported again, because an old row that a change builds on was not found in the lake.
    public var repairs: [String] = []
    /// Days that the present pass writes.
    public var writing: [String]?
    /// Days that processes were writing which have been replaced since.
    ///
    /// What they send may still arrive, until these days are
    /// written anew: then it no longer meets the object that it is to replace.
    public var unsettled: [String]?
    /// The commit date of the last change that was taken up: where to begin to look for files.
    public var commitDay: String?
    /// Which process rewrites; another one's name here ends its work.
    public var owner = ""
    /// When this was written, ISO 8601.
    public var updated = ""

    /// What stands for a day in a table without days.
    public static let wholeTable = "all"

    /// Nothing has been taken up.
    public init() {}

    /// The position as one value.
    public var position: ChangePosition {
        get { ChangePosition(lsn: lsn, sequence: sequence ?? ChangePosition.wholeTransaction) }
        set {
            lsn = newValue.lsn
            sequence = newValue.sequence == ChangePosition.wholeTransaction ? nil : newValue.sequence
        }
    }

    /// Notes that a pass has written its days.
    public mutating func settle(_ days: [String]) {
        let rest = Set(unsettled ?? []).subtracting(days).sorted()
        (writing, unsettled) = (nil, rest.isEmpty ? nil : rest)
    }

    /// The name of a day in the document.
    public static func name(of day: CalendarDate?) -> String { day?.description ?? wholeTable }

    /// The days of names in the document, nil for ``wholeTable``; without names that are of no day.
    public static func days(named names: some Sequence<String>) -> [CalendarDate?] {
        names.compactMap { name -> CalendarDate?? in
            guard name != wholeTable else { return .some(nil) }
            return CalendarDate(name).map { .some($0) }
        }
    }
}
