import AWS
import Lake
import Logging
import Synchronization

/// Has the catalog know of years before the first day of them is there, so that no reader misses its rows.
///
/// Blocks the calling thread, for some seconds at most: what fails is a warning, and the next look at the catalog does it.
/// After a failure it does nothing any more, so that a catalog which does not answer costs many tables no more than one.
final class CatalogYears: Sendable {
    /// What days wait for a catalog that does not answer.
    private static let patience = 5.0

    private let options: AthenaOptions
    private let lake: LakeOptions
    private let logger: Logger
    private let control: RunControl
    private let hasFailed = Atomic(false)

    /// Nil if no catalog has ranges of years of this lake.
    init?(_ options: AthenaOptions?, of lake: LakeOptions, logger: Logger, control: RunControl) {
        guard let options, options.partitions == .projection, case .s3 = lake.location else { return nil }
        self.options = options
        self.lake = lake
        self.logger = logger
        self.control = control
    }

    /// Widens the range of a table if days are about to come that the present ones do not let it expect.
    ///
    /// - Parameters:
    ///   - table: The table's name in the lake.
    ///   - days: The days that come.
    ///   - present: Those that there are.
    func cover(_ table: String, _ days: [CalendarDate], present: [CalendarDate]) {
        guard let years = Self.years(days, present, now: CatalogEntry.Settings.year),
            !hasFailed.load(ordering: .relaxed)
        else { return }
        do {
            let update = try CatalogUpdate(options, services: try lake.services())
            let location = CatalogEntry.Settings.location(of: lake)
            try waitForResult(cancelledBy: control, within: Self.patience) {
                try await update.cover(years, of: table, at: "\(location)/\(table)/")
            }
        } catch {
            guard !control.isCancelled else { return }
            hasFailed.store(true, ordering: .relaxed)
            let failure = error as? AWSError
            let reason =
                failure?.code == .cancelled
                ? "it did not answer within \(Int(Self.patience)) seconds"
                : failure.map { ReplicationError($0).description } ?? "\(error)"
            let range = "\(years.lowerBound) to \(years.upperBound)"
            logger.warning(
                "the catalog does not have the years \(range) of table \(table) until it is looked at again: \(reason)"
            )
        }
    }

    /// The years that have to be in the range; nil if they are in it already.
    static func years(_ days: [CalendarDate], _ present: [CalendarDate], now: Int) -> ClosedRange<Int>? {
        let former = CatalogTable.years(of: span(present), now: now)
        guard let new = span(days), !former.contains(new.lowerBound) || !former.contains(new.upperBound) else {
            return nil
        }
        let all = min(former.lowerBound, new.lowerBound)...max(former.upperBound - 1, new.upperBound)
        return CatalogTable.years(of: all, now: now)
    }

    private static func span(_ days: [CalendarDate]) -> ClosedRange<Int>? {
        let years = days.map { $0.parts.year }.filter { $0 < CatalogEntry.lastYear }
        return years.min().flatMap { first in years.max().map { first...$0 } }
    }
}
