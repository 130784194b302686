import ArgumentParser
import Lake
import Replication

/// Turns `--mode`, `--date`, `--from` and `--to` into the days of a backfill.
struct DaySelection {
    /// The names of the modes on the command line.
    enum ModeName: String, CaseIterable, ExpressibleByArgument {
        case full, incremental
    }

    var mode: ModeName
    var date: String?
    var from: String?
    var to: String?

    /// The days, or what is wrong with the options and how to put it right.
    func resolve() throws(ValidationError) -> BackfillRequest.Mode {
        guard mode == .incremental else {
            if date != nil || from != nil || to != nil {
                throw ValidationError("--mode full exports every day: leave out --date, --from and --to.")
            }
            return .full
        }
        if let date {
            if from != nil || to != nil {
                throw ValidationError("--date names one day: leave out --from and --to, or give both without --date.")
            }
            let day = try Self.day(date, of: "--date")
            return .incremental(.days(from: day, through: day))
        }
        guard from != nil || to != nil else { return .incremental(.yesterday) }
        guard let from, let to else {
            throw ValidationError("--from and --to name a period together: give both, or --date for one day.")
        }
        let first = try Self.day(from, of: "--from")
        let last = try Self.day(to, of: "--to")
        guard first <= last else {
            throw ValidationError("--from \(first) is after --to \(last): exchange them.")
        }
        return .incremental(.days(from: first, through: last))
    }

    private static func day(_ text: String, of option: String) throws(ValidationError) -> CalendarDate {
        guard let day = CalendarDate(text) else {
            let found = SettingsDocument.quoted(text)
            throw ValidationError("\(option): date must be YYYY-MM-DD and a day of the calendar, found \(found).")
        }
        return day
    }
}
