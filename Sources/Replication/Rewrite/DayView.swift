import Lake
import ObjectStorage
import PostgresWire

/// The days of a table as a run sees them: their objects and which changes those hold.
///
/// The table's state vouches for the objects whose versions it names. An object of another version was written by an
/// earlier run that did not come to its end, or by an export.
struct DayView {
    private(set) var files: [DayFile]
    /// What all objects hold for which the state vouches.
    private var position: ChangePosition
    /// What the run has seen to for all objects.
    private var covered = ChangePosition.start
    /// The versions that the state vouches for.
    private var known: [String: String]
    /// The days whose objects this run has removed.
    private var removed: Set<String> = []
    /// The snapshot that the whole table was exported from: of a day without an object it found no rows.
    private let loaded: DayProgress.Snapshot?
    /// Whether there were days before the table was exported, and rows that were deleted may belong to others.
    private let isLoadedAgain: Bool

    /// Begins with what there is.
    ///
    /// - Parameters:
    ///   - files: The objects.
    ///   - state: The table's state.
    ///   - loaded: The snapshot from which the whole table was first exported.
    init(files: [DayFile], state: RewriteState, loaded: String?) {
        self.files = files
        position = state.position
        known = state.days
        let exports = files.filter { $0.progress.snapshot?.text == loaded }
        self.loaded = exports.first?.progress.snapshot
        isLoadedAgain = exports.contains { !$0.progress.generations.isEmpty }
    }

    /// Which changes an object holds.
    func progress(of file: DayFile) -> DayProgress {
        file.progress.advanced(to: isKnown(file) ? max(position, covered) : covered)
    }

    /// Which changes a day without an object holds.
    var absent: DayProgress {
        let generations = isLoadedAgain ? [DayProgress.Held(applied: position)] : []
        return DayProgress(applied: position, snapshot: loaded, generations: generations).advanced(to: position)
    }

    /// Whether some objects lack changes that the others hold.
    var hasLaggards: Bool { files.contains { isLaggard($0) } }

    /// From where on changes have to be looked at.
    ///
    /// - Parameter changes: The table's files of changes, in order.
    /// - Returns: The last position of which nothing needs to be looked at any more.
    func floor(_ changes: [ChangeFile]) -> ChangePosition {
        var floor = position
        for held in files.filter(isLaggard).flatMap({ $0.progress.kept }) {
            guard let snapshot = held.snapshot, held.applied == .start else {
                floor = min(floor, held.applied)
                continue
            }
            // A transaction that the snapshot does not see may have written its commit before, and been waiting since:
            // for a synchronous standby, say. It is not expected to wait for longer than a day.
            let near = changes.first { $0.name.last >= snapshot.lsn } ?? changes.last
            guard let day = near?.name.day.advanced(by: -1) else { continue }
            let first = changes.filter { $0.name.day >= day || $0.name.last >= snapshot.lsn }.map(\.name.first).min()
            floor = min(floor, first.map { ChangePosition(before: $0) } ?? floor)
        }
        return floor
    }

    /// Whether a day's object is gone that the state vouches for, and nobody who keeps the state has removed it: what it
    /// held is lost.
    func hasLost(_ day: CalendarDate?) -> Bool {
        let name = RewriteState.name(of: day)
        return known[name] != nil && !removed.contains(name) && !files.contains { $0.day == day }
    }

    /// Takes in an object that was written.
    mutating func replace(_ file: DayFile) {
        files.removeAll { $0.day == file.day }
        removed.remove(RewriteState.name(of: file.day))
        files.append(file)
        files.sort { RewriteState.name(of: $0.day) < RewriteState.name(of: $1.day) }
    }

    /// Forgets a day's object.
    mutating func remove(_ day: CalendarDate?) {
        files.removeAll { $0.day == day }
        removed.insert(RewriteState.name(of: day))
    }

    /// Takes in that all days have been seen to, up to a position.
    mutating func passed(_ end: ChangePosition) {
        covered = max(covered, end)
        guard covered >= position else { return }
        position = covered
        // A day that others have removed stays known, so that somebody misses it.
        known = known.filter { !removed.contains($0.key) }
        for file in files { known[RewriteState.name(of: file.day)] = file.info.version.text }
    }

    /// Writes into the state how far the days are.
    func note(in state: inout RewriteState) {
        state.position = position
        state.days = known
    }

    private func isKnown(_ file: DayFile) -> Bool {
        known[RewriteState.name(of: file.day)] == file.info.version.text
    }

    /// Whether an object lacks changes that others hold.
    private func isLaggard(_ file: DayFile) -> Bool { !isKnown(file) && file.progress.applied < position }
}
