import PostgresClient

/// What a server and the role that asks say of themselves.
struct ServerFacts: Sendable, Equatable {
    /// As a number: 150018 is 15.18.
    var version: Int
    /// As the server writes it.
    var versionText: String
    /// Host, port and database.
    var place: String
    var role: String
    var isStandby = false
    var walLevel = "logical"
    var encoding = "UTF8"
    var synchronousStandbyNames = ""
    /// `wal_sender_timeout` in milliseconds; 0 for none.
    var senderTimeout = 60_000
    /// Whether Amazon RDS runs it, whose settings are those of a parameter group.
    var isRDS = false
    var isSuperuser = false
    /// Whether the role may replicate, by itself or as a member of `rds_replication`.
    var mayReplicate = true
    var mayCreateInDatabase = true

    /// Asks the server.
    static func read(on connection: borrowing PostgresConnection) throws(PostgresError) -> ServerFacts {
        let row =
            try connection.query(
                """
                SELECT current_user, pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('wal_level'),
                       pg_catalog.current_setting('server_encoding'),
                       pg_catalog.current_setting('synchronous_standby_names'),
                       (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'),
                       EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'rds.logical_replication'),
                       r.rolsuper,
                       r.rolsuper OR r.rolreplication
                           OR EXISTS (SELECT FROM pg_catalog.pg_roles m WHERE m.rolname = 'rds_replication'
                                      AND pg_catalog.pg_has_role(m.oid, 'USAGE')),
                       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
                FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
                """
            ).rows.first ?? []
        func text(_ index: Int) -> String { index < row.count ? row[index] ?? "" : "" }
        let target = connection.target
        return ServerFacts(
            version: connection.serverVersion,
            versionText: connection.parameterStatus("server_version") ?? "\(connection.serverVersion)",
            place: "\(target.host), port \(target.port), database \(target.database)",
            role: text(0),
            isStandby: text(1) == "t",
            walLevel: text(2),
            encoding: text(3),
            synchronousStandbyNames: text(4),
            senderTimeout: Int(text(5)) ?? 0,
            isRDS: text(6) == "t",
            isSuperuser: text(7) == "t",
            mayReplicate: text(8) == "t",
            mayCreateInDatabase: text(9) == "t"
        )
    }
}

extension ServerFacts {
    /// The first releases that neither lose changes of transactions which are open while a publication is altered nor
    /// let the slots of busy servers stick on that, by major version.
    private static let repaired = [13: 22, 14: 19, 15: 14, 16: 10, 17: 6]

    /// The version, and whether it can be replicated from.
    func version(for purpose: Preflight.Purpose) -> Finding {
        let what = "PostgreSQL \(versionText) at \(place), as role \(role)"
        guard purpose == .replicate else { return Finding(.ok, .database, "server", what) }
        if version < 130_000 {
            let remedy = Remedy.advice("Upgrade the server to PostgreSQL 13 or later")
            return Finding(.fail, .database, "server", "\(what): replication needs PostgreSQL 13 or later", [remedy])
        }
        if isStandby {
            return Finding(
                .fail,
                .database,
                "server",
                "\(what): a standby, from which tables cannot be loaded beside a stream",
                [.settings("database: { url: … }  # of the primary")]
            )
        }
        if let minor = Self.repaired[version / 10_000], version % 10_000 < minor {
            let better = "\(version / 10_000).\(minor)"
            return Finding(
                .warn,
                .database,
                "server",
                "\(what): before \(better) changes can be lost of transactions that are open while a table is added to a "
                    + "publication, or decoding can stick",
                [.advice("Upgrade the server to \(better) or later")]
            )
        }
        return Finding(.ok, .database, "server", what)
    }

    /// Whether WAL holds what decoding needs.
    var walLevelFinding: Finding {
        guard walLevel != "logical" else { return Finding(.ok, .database, "wal_level", "logical") }
        return Finding(
            .fail,
            .database,
            "wal_level",
            "\(walLevel), but replication needs logical",
            isRDS
                ? [.advice("Set rds.logical_replication = 1 in the server's parameter group and reboot it")]
                : [.sql("ALTER SYSTEM SET wal_level = 'logical'"), .advice("Restart the server")]
        )
    }

    /// Whether the role may replicate.
    var replicationFinding: Finding {
        if isSuperuser {
            let text = "role \(role) is a superuser; LOGIN, REPLICATION and SELECT on the tables would do"
            return Finding(.ok, .database, "replication", text)
        }
        guard !mayReplicate else { return Finding(.ok, .database, "replication", "role \(role) may replicate") }
        let name = PasteableSQL.identifier(role)
        return Finding(
            .fail,
            .database,
            "replication",
            "role \(role) may not replicate",
            [.sql(isRDS ? "GRANT rds_replication TO \(name)" : "ALTER ROLE \(name) REPLICATION")]
        )
    }

    /// Whether texts can be trusted to be what they seem; nothing if they can.
    var encodingFinding: Finding? {
        guard encoding == "SQL_ASCII" else { return nil }
        let text =
            "the database's encoding is SQL_ASCII: a text that is not valid UTF-8 stops the stream where it is and "
            + "cannot be exported"
        return Finding(
            .warn,
            .database,
            "encoding",
            text,
            [.advice("Correct such texts, or leave their columns out with exclude_columns")]
        )
    }

    /// Whether commits of applications would wait for sluice; nothing if not.
    var synchronousFinding: Finding? {
        let names = synchronousStandbyNames.lowercased().split {
            !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "*")
        }
        guard names.contains(where: { $0 == "*" || $0 == "sluice" }) else { return nil }
        return Finding(
            .warn,
            .database,
            "synchronous_standby_names",
            "\(synchronousStandbyNames) makes sluice a synchronous standby, so commits may wait until they are in the lake",
            [
                .advice("Name the standbys that are meant in synchronous_standby_names"),
                .sql("SELECT pg_catalog.pg_reload_conf()"),
            ]
        )
    }

    /// Whether the server waits long enough for a reader; nothing if it does.
    var senderTimeoutFinding: Finding? {
        guard (1..<5_000).contains(senderTimeout) else { return nil }
        return Finding(
            .warn,
            .database,
            "wal_sender_timeout",
            "the server gives a reader up after \(senderTimeout) ms of silence, which a busy machine or network may take",
            ServerParameter(name: "wal_sender_timeout", value: "'60s'", groupValue: "60000 (milliseconds)")
                .remedies(isRDS: isRDS)
        )
    }
}
