import Lake
import ObjectStorage

extension TableRewriter {
    /// Where a run is.
    struct Place {
        var store: any ObjectStore
        var slot: String
        /// The table's name in the lake.
        var table: String
        /// Tells this process apart from all others.
        var owner: String
        /// A local folder.
        var folder: String
    }

    /// What a run has done.
    struct Summary: Sendable, Equatable {
        var passes = 0
        var changes = 0
        var writtenDays = 0
        var removedDays = 0
        var insertedRows = 0
        var updatedRows = 0
        var deletedRows = 0
        var encodedGroups = 0
        var groups = 0
        var counts = KeyLocator.Counts()
        /// Days that have to be exported again.
        var repairs: [String] = []
        /// Files of changes that were merged, and what they were merged into.
        var compaction = ChangeCompaction.Summary()
    }

    /// What holds once a pass is done.
    struct PassEnd {
        /// What the days have taken up.
        var position: ChangePosition
        /// Which changes a day without an object holds.
        var absent: DayProgress
    }
}

extension TableRewriter.Summary {
    /// Adds what another run has done.
    mutating func add(_ other: Self) {
        passes += other.passes
        changes += other.changes
        writtenDays += other.writtenDays
        removedDays += other.removedDays
        insertedRows += other.insertedRows
        updatedRows += other.updatedRows
        deletedRows += other.deletedRows
        encodedGroups += other.encodedGroups
        groups += other.groups
        counts.add(other.counts)
        repairs = other.repairs
    }
}
