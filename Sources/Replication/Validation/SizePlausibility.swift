import Lake
import Telemetry

/// Looks for days whose objects are implausibly small, by their rows and by the days around.
///
/// Nothing of it is certain: a quiet day is no mistake. What is found is worth a look, with the figures.
struct SizePlausibility {
    /// Days with fewer rows vary too much.
    private static let leastRowCount = 1_000
    /// A day has not even this share of the rows of the day before.
    private static let fallFactor = 10
    /// A row takes not even this share of what rows of the table take usually.
    private static let sizeFactor = 8

    /// What is known of a day's object.
    struct Day: Equatable {
        var day: CalendarDate
        var rowCount: Int
        var byteCount: Int
    }

    /// Something odd.
    struct Oddity: Equatable {
        var day: CalendarDate
        var text: String
    }

    /// Looks at the days of a table.
    ///
    /// - Parameters:
    ///   - days: The days, in any order.
    ///   - today: The present day, which is not over.
    /// - Returns: What is odd, by day.
    static func oddities(of days: [Day], today: CalendarDate) -> [Oddity] {
        let days = days.sorted { $0.day < $1.day }
        let densities = days.filter { $0.rowCount >= leastRowCount }.map { $0.byteCount / $0.rowCount }.sorted()
        let usual = densities.isEmpty ? 0 : densities[densities.count / 2]
        var oddities: [Oddity] = []
        var before: Day?
        for day in days {
            if day.rowCount >= leastRowCount, day.byteCount / day.rowCount * sizeFactor < usual {
                oddities.append(
                    Oddity(
                        day: day.day,
                        text: "\(HumanUnits.count(day.rowCount)) rows take \(HumanUnits.bytes(day.byteCount)), "
                            + "\(day.byteCount / day.rowCount) bytes each, where \(usual) are usual in this table"
                    )
                )
            }
            if let before, before.day.advanced(by: 1) == day.day, day.day < today, before.rowCount >= leastRowCount,
                day.rowCount * fallFactor < before.rowCount
            {
                oddities.append(
                    Oddity(
                        day: day.day,
                        text:
                            "\(HumanUnits.count(day.rowCount)) rows, after \(HumanUnits.count(before.rowCount)) the day before"
                    )
                )
            }
            before = day
        }
        return oddities
    }
}
