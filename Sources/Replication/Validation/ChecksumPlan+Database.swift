import Lake
import PostgresClient

extension ChecksumPlan {
    /// The statement that computes the checksums of all days, or of some.
    ///
    /// - Parameter days: The days that are wanted; nil for all. Has no effect on a table without days.
    /// - Returns: The statement; for its columns see ``read(from:days:)``.
    /// - Throws: ``ReplicationError`` with code `configuration` if there is no such time zone.
    func sql(days: ClosedRange<CalendarDate>? = nil) throws(ReplicationError) -> String {
        ""
    }

    /// Computes the checksums in PostgreSQL, in the transaction that the connection is in.
    ///
    /// - Parameters:
    ///   - connection: A session with the settings that ``DatabaseSession`` pins.
    ///   - days: The days that are wanted; nil for all. Has no effect on a table without days.
    /// - Returns: For each day that has rows its checksum; of a table without days that of nil.
    /// - Throws: ``ReplicationError`` if the database refuses.
    func read(
        from connection: borrowing PostgresConnection,
        days: ClosedRange<CalendarDate>? = nil
    ) throws(ReplicationError) -> [CalendarDate?: DayChecksum] {
        [:]
    }
}
