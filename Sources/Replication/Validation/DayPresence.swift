import Lake

/// Decides what it means that only one of database and lake has rows of a day.
struct DayPresence {
    /// The days of which the database has rows.
    var database: Set<CalendarDate>
    /// The rows of each object by its footer, deleted ones that are kept included; nil of those that cannot be read.
    var lake: [CalendarDate: Int?]
    /// The days of which the table's state knows an object.
    var known: Set<CalendarDate> = []
    /// The days that are looked at; nil for all.
    var wanted: ClosedRange<CalendarDate>?
    /// The present day.
    var today: CalendarDate
    /// What is known of changes that the days have not taken up.
    var pending: Pending

    /// How far the lake may be behind the database.
    enum Pending: Equatable {
        /// No stream brings changes: the lake has what was exported.
        case noStream
        /// All changes that the database had are in the days.
        case nothing
        /// Changes are on their way.
        case something
    }

    /// What is found.
    struct Finding: Equatable {
        var severity: ValidationFinding.Severity
        var kind: ValidationFinding.Kind
        var days: [CalendarDate]
        var text: String
    }

    /// The findings; days of one kind in one.
    var findings: [Finding] {
        missing + extra
    }

    private var missing: [Finding] {
        let absent = database.filter { lake.index(forKey: $0) == nil && wanted?.contains($0) ?? true }.sorted()
        guard !absent.isEmpty else { return [] }
        switch pending {
        case .nothing:
            return [
                Finding(
                    severity: .failure,
                    kind: .missing,
                    days: absent,
                    text: "the database has rows and the lake no object"
                )
            ]
        case .something:
            let lost = absent.filter { known.contains($0) }
            let late = absent.filter { !known.contains($0) }
            return [
                Finding(
                    severity: .failure,
                    kind: .missing,
                    days: lost,
                    text: "the object is gone that the stream has written"
                ),
                Finding(
                    severity: .warning,
                    kind: .missing,
                    days: late,
                    text: "the database has rows and the lake no object yet, while changes are waiting to be taken up"
                ),
            ].filter { !$0.days.isEmpty }
        case .noStream:
            guard wanted == nil, let first = lake.keys.min(), let last = lake.keys.max() else {
                return [
                    Finding(
                        severity: .failure,
                        kind: .missing,
                        days: absent,
                        text: "the database has rows and the lake no object"
                    )
                ]
            }
            return [
                Finding(
                    severity: .failure,
                    kind: .missing,
                    days: absent.filter { $0 > first && $0 < last },
                    text: "the database has rows and the lake no object"
                ),
                Finding(
                    severity: .warning,
                    kind: .missing,
                    days: absent.filter { $0 < first },
                    text: "the database has rows of days before the first that was exported"
                ),
                Finding(
                    severity: .warning,
                    kind: .missing,
                    days: absent.filter { $0 > last && $0 < today },
                    text: "the database has rows of days after the last that was exported"
                ),
            ].filter { !$0.days.isEmpty }
        }
    }

    private var extra: [Finding] {
        let days = lake.filter { ($0.value ?? 0) > 0 && !database.contains($0.key) && wanted?.contains($0.key) ?? true }
        guard !days.isEmpty else { return [] }
        let text = "the lake has rows and the database none"
        return [
            pending == .something
                ? Finding(
                    severity: .warning,
                    kind: .extra,
                    days: days.keys.sorted(),
                    text: text + ", while changes are waiting to be taken up"
                )
                : Finding(severity: .failure, kind: .extra, days: days.keys.sorted(), text: text)
        ]
    }
}
