import PostgresClient
import Telemetry

/// Transactions that have been open for long.
struct TransactionFacts: Sendable, Equatable {
    /// A transaction that has written.
    struct Writer: Sendable, Equatable {
        var pid: String
        /// Role, program, and what it is doing.
        var description: String
        /// How long it has been open, in seconds.
        var age: Int
    }

    /// A transaction that waits for `COMMIT PREPARED`.
    struct Prepared: Sendable, Equatable {
        var identifier: String
        var database: String
        var age: Int
    }

    /// Those of all databases, as the slot waits for them.
    var writers: [Writer] = []
    var prepared: [Prepared] = []
    /// Transactions that write, of which the role may not see since when.
    var hiddenCount = 0
    /// The role that asks.
    var role = ""

    /// A minute: shorter ones end before anybody could look.
    private static let tolerance = 60

    /// Asks the server; of sessions that the role may not look into, only that they write is known.
    static func read(on connection: borrowing PostgresConnection) throws(PostgresError) -> TransactionFacts {
        let writers = try connection.query(
            """
            SELECT pid, usename, application_name, state,
                   extract(epoch FROM pg_catalog.clock_timestamp() - xact_start)::pg_catalog.int8
            FROM pg_catalog.pg_stat_activity
            WHERE backend_xid IS NOT NULL AND xact_start IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()
            ORDER BY xact_start LIMIT 3
            """
        ).rows.map { row in
            let program = row[2].map { $0.isEmpty ? "" : ", \($0)" } ?? ""
            let state = row[3].map { ", \($0)" } ?? ""
            return Writer(
                pid: row[0] ?? "",
                description: "role \(row[1] ?? "?")\(program)\(state)",
                age: row[4].flatMap(Int.init) ?? 0
            )
        }
        let prepared = try connection.query(
            """
            SELECT gid, database, extract(epoch FROM pg_catalog.clock_timestamp() - prepared)::pg_catalog.int8
            FROM pg_catalog.pg_prepared_xacts ORDER BY prepared LIMIT 3
            """
        ).rows.map { row in
            Prepared(identifier: row[0] ?? "", database: row[1] ?? "", age: row[2].flatMap(Int.init) ?? 0)
        }
        let hidden = try connection.query(
            """
            SELECT pg_catalog.count(*), current_user FROM pg_catalog.pg_stat_activity
            WHERE backend_xid IS NOT NULL AND xact_start IS NULL AND pid <> pg_catalog.pg_backend_pid()
            """
        ).rows.first
        return TransactionFacts(
            writers: writers,
            prepared: prepared,
            hiddenCount: hidden?[0].flatMap(Int.init) ?? 0,
            role: hidden?[1] ?? ""
        )
    }

    /// What holds things up.
    ///
    /// - Parameter hasSlot: Whether the slot is there already.
    /// - Returns: A finding for each; one that all is well if there are none.
    func findings(hasSlot: Bool) -> [Finding] {
        let effect =
            hasSlot
            ? "its changes are not sent before it ends, and WAL is kept until then" : "the slot waits for its end"
        var findings = writers.filter { $0.age > Self.tolerance }.map { writer in
            Finding(
                .warn,
                .database,
                "transactions",
                of: "process \(writer.pid)",
                "has been writing in one transaction for \(HumanUnits.span(.seconds(writer.age))) (\(writer.description)): "
                    + effect,
                [.sql("SELECT pg_catalog.pg_terminate_backend(\(writer.pid))")]
            )
        }
        findings += prepared.filter { $0.age > Self.tolerance }.map { transaction in
            Finding(
                .warn,
                .database,
                "prepared_transactions",
                of: transaction.identifier,
                "has been prepared in database \(transaction.database) for "
                    + "\(HumanUnits.span(.seconds(transaction.age))) and not ended: \(effect)",
                [.sql("ROLLBACK PREPARED \(PasteableSQL.literal(transaction.identifier))")]
            )
        }
        if hiddenCount > 0 {
            let count = HumanUnits.count(hiddenCount, of: "transaction")
            findings.append(
                Finding(
                    .warn,
                    .database,
                    "transactions",
                    "\(count) of other roles \(hiddenCount == 1 ? "writes" : "write") now, and role \(role) may not see for how long; of one that is open for "
                        + "long, \(effect)",
                    [.sql("GRANT pg_read_all_stats TO \(PasteableSQL.identifier(role))")]
                )
            )
        }
        guard findings.isEmpty else { return findings }
        return [Finding(.ok, .database, "transactions", "none has been writing for more than a minute")]
    }
}
