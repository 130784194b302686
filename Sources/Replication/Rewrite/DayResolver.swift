import Columnar
import Ingest
import Lake

/// Says to which day a row belongs, by the value of its partition column; as ``DayRouter`` does for cells.
struct DayResolver {
    /// Where rows go whose value is NULL, infinite or before year 1.
    static let epoch = CalendarDate(daysSinceEpoch: 0)
    private static let microsecondsPerDay: Int64 = 86_400_000_000
    /// 0001-01-01.
    private static let firstDay: Int32 = -719_162

    private enum Kind {
        case date
        case timestamp
        case instant(LocalDays)
    }

    /// The partition column's place in the layout.
    let column: Int
    private let kind: Kind

    /// Prepares for a column.
    ///
    /// - Returns: nil if the column is no date and no timestamp, or there is no such time zone.
    init?(_ partition: TableDescription.Partition, layout: RowLayout) {
        guard let column = layout.index(of: partition.column), let days = LocalDays(zoneName: partition.timeZone) else {
            return nil
        }
        self.column = column
        switch layout.columns[column].type {
        case .leaf(.int32, .date): kind = .date
        case .leaf(.int64, .timestamp(unit: .microseconds, isAdjustedToUTC: let isInstant)):
            kind = isInstant ? .instant(days) : .timestamp
        default: return nil
        }
    }

    /// The day of a row.
    func day(of row: Int, in source: RowSource) -> CalendarDate {
        guard let slots = source.slots(ofColumn: column) else { return Self.epoch }
        let days: Int32? = slots.withValue(at: row) { bytes in
            guard let bytes else { return nil }
            switch kind {
            case .date: return Int32(littleEndian: bytes.loadUnaligned(as: Int32.self))
            case .timestamp: return Self.day(of: Int64(littleEndian: bytes.loadUnaligned(as: Int64.self)))
            case .instant(let days):
                let instant = Int64(littleEndian: bytes.loadUnaligned(as: Int64.self))
                return Int32(clamping: days.day(holding: instant).day)
            }
        }
        guard let days, days >= Self.firstDay else { return Self.epoch }
        return CalendarDate(daysSinceEpoch: days)
    }

    private static func day(of local: Int64) -> Int32 {
        let (quotient, remainder) = local.quotientAndRemainder(dividingBy: microsecondsPerDay)
        return Int32(clamping: remainder < 0 ? quotient - 1 : quotient)
    }
}
