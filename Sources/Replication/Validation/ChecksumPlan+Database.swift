import Lake
import PostgresClient
import PostgresWire

extension ChecksumPlan {
    /// The statement that computes the checksums of all days, or of some.
    ///
    /// - Parameters:
    ///   - days: The days that are wanted; nil for all. Has no effect on a table without days.
    ///   - encoding: The encoding of the database, as `server_encoding` names it.
    /// - Returns: The statement. Its rows have as text the day, counted from 1970-01-01, the number of rows, the sum of the
    ///   keys' hashes and that of each column's, not yet modulo 2^64; where the day depends on a time zone's rules, the
    ///   first and the last instant as well.
    /// - Throws: ``ReplicationError`` with code `configuration` if there is no such time zone.
    func sql(
        days: ClosedRange<CalendarDate>? = nil,
        encoding: String = "UTF8"
    ) throws(ReplicationError) -> String {
        let query = ChecksumQuery(plan: self, encoding: encoding)
        guard let partition else { return try query.sql(day: nil, where: []) }
        return try query.sql(
            day: "coalesce(\(partition.day(of: ChecksumQuery.instant)), 0)",
            where: [try days.map { days throws(ReplicationError) in try partition.sql(days) }].compactMap(\.self)
        )
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
        let encoding = connection.parameterStatus("server_encoding") ?? "UTF8"
        var checksums: [CalendarDate?: DayChecksum] = [:]
        func add(_ checksum: DayChecksum, to day: Int?) {
            guard checksum.rowCount > 0 else { return }
            let date = day.map { CalendarDate(daysSinceEpoch: Int32(truncatingIfNeeded: $0)) }
            checksums[date, default: DayChecksum(columnCount: columns.count)].add(checksum)
        }
        var split = DaySplit(partition)
        for row in try rows(of: try sql(days: days, encoding: encoding), on: connection) {
            guard partition != nil else {
                add(row.checksum, to: nil)
                continue
            }
            if let day = split.day(of: row) { add(row.checksum, to: day) }
        }
        guard let partition, !split.serverDays.isEmpty else { return checksums }
        let serverDay = try "coalesce(\(partition.day(of: partition.valueWithDay)), 0)"
        var conditions = ["\(serverDay) IN (\(split.serverDays.map(String.init).joined(separator: ", ")))"]
        if let days { conditions.append(try partition.sql(days)) }
        let query = ChecksumQuery(plan: self, encoding: encoding)
        let sql = try query.sql(day: split.bucket(of: ChecksumQuery.instant), where: conditions)
        for row in try rows(of: sql, on: connection) {
            guard let day = split.day(ofBucket: row.day) else { throw unexpectedAnswer }
            add(row.checksum, to: day)
        }
        return checksums
    }

    /// Runs a statement of ``ChecksumQuery`` and reads its rows; few are in memory at a time, as their cells take more
    /// room than what is made of them.
    private func rows(
        of sql: String,
        on connection: borrowing PostgresConnection
    ) throws(ReplicationError) -> [ChecksumRow] {
        let hasInstants = partition?.dependsOnRules ?? false
        let wire = WireRowBatch(columnCount: columns.count + (hasInstants ? 5 : 3), rowCapacity: 256)
        var rows: [ChecksumRow] = []
        do {
            try connection.startCopy("COPY (\(sql)) TO STDOUT (FORMAT binary)")
            var isFirst = true
            var hasMore = true
            while hasMore {
                wire.removeAll()
                hasMore = try connection.readCopy(into: wire, byteLimit: 1 << 20, isFirst: &isFirst)
                for row in 0..<wire.rowCount {
                    guard let row = ChecksumRow(wire, row, columnCount: columns.count) else { throw unexpectedAnswer }
                    rows.append(row)
                }
            }
        } catch let error as PostgresError {
            throw ReplicationError(error, table: displayName)
        } catch {
            throw (error as? ReplicationError) ?? ReplicationError(.database, "table \(displayName): \(error)")
        }
        return rows
    }

    private var unexpectedAnswer: ReplicationError {
        ReplicationError(
            .database,
            "table \(displayName): the database has not answered with a day and its sums; please report this with the table's "
                + "definition"
        )
    }
}
