import Testing

@testable import Replication

@Suite
struct ServerFactsTests {
    private let healthy = ServerFacts(
        version: 150_018,
        versionText: "15.18",
        place: "db, port 5432, database d",
        role: "r"
    )

    private func facts(_ change: (inout ServerFacts) -> Void) -> ServerFacts {
        var facts = healthy
        change(&facts)
        return facts
    }

    @Test
    func `a server that is well has nothing to do`() {
        let findings = [healthy.version(for: .replicate), healthy.walLevelFinding, healthy.replicationFinding]
        #expect(findings.allSatisfy { $0.status == .ok && $0.remedies.isEmpty })
        #expect(findings[0].message == "PostgreSQL 15.18 at db, port 5432, database d, as role r")
        let others = [healthy.encodingFinding, healthy.synchronousFinding, healthy.senderTimeoutFinding]
        #expect(others.allSatisfy { $0 == nil })
    }

    @Test
    func `a release without replication fails, and not for exports`() {
        let old = facts { $0.version = 120_022 }
        #expect(old.version(for: .replicate).status == .fail)
        #expect(old.version(for: .backfill).status == .ok)
    }

    @Test(arguments: [(150_013, Finding.Status.warn), (150_014, .ok), (160_009, .warn), (170_006, .ok), (180_000, .ok)])
    func `releases that can lose changes are told`(version: Int, status: Finding.Status) {
        #expect(facts { $0.version = version }.version(for: .replicate).status == status)
    }

    @Test
    func `a standby fails, and not for exports`() {
        let standby = facts { $0.isStandby = true }
        #expect(standby.version(for: .replicate).status == .fail)
        #expect(standby.version(for: .backfill).status == .ok)
    }

    @Test
    func `too low a wal_level has the statement that raises it`() {
        let finding = facts { $0.walLevel = "replica" }.walLevelFinding
        #expect(finding.status == .fail)
        #expect(finding.remedies.first == .sql("ALTER SYSTEM SET wal_level = 'logical'"))
        let hosted = facts {
            $0.walLevel = "replica"
            $0.isRDS = true
        }
        #expect(hosted.walLevelFinding.remedies.map(\.kind) == [.advice])
    }

    @Test
    func `a role without REPLICATION has the statement that grants it, quoted`() {
        let finding = facts {
            $0.mayReplicate = false
            $0.role = "Odd \"role\""
        }.replicationFinding
        #expect(finding.status == .fail)
        #expect(finding.remedies == [.sql("ALTER ROLE \"Odd \"\"role\"\"\" REPLICATION")])
        let hosted = facts {
            $0.mayReplicate = false
            $0.isRDS = true
        }
        #expect(hosted.replicationFinding.remedies == [.sql("GRANT rds_replication TO \"r\"")])
    }

    @Test(arguments: [("*", true), ("FIRST 1 (a, Sluice)", true), ("ANY 1 (sluice_2)", false), ("", false)])
    func `a synchronous standby by accident is told`(names: String, isTold: Bool) {
        #expect((facts { $0.synchronousStandbyNames = names }.synchronousFinding != nil) == isTold)
    }

    @Test
    func `text without an encoding and a hasty server are told`() {
        #expect(facts { $0.encoding = "SQL_ASCII" }.encodingFinding?.status == .warn)
        #expect(facts { $0.senderTimeout = 1_000 }.senderTimeoutFinding?.status == .warn)
        #expect(facts { $0.senderTimeout = 0 }.senderTimeoutFinding == nil)
        let hosted = facts {
            $0.senderTimeout = 1_000
            $0.isRDS = true
        }
        let advice = "Set wal_sender_timeout = 60000 (milliseconds) in the server's parameter group"
        #expect(hosted.senderTimeoutFinding?.remedies == [.advice(advice)])
    }

    @Test(arguments: [(0.0, Finding.Status.ok), (59, .ok), (-61, .fail), (3_700, .fail)])
    func `clocks may be a minute apart`(difference: Double, status: Finding.Status) {
        #expect(ClockFacts(owner: "x", difference: difference).finding(.lake).status == status)
    }

    @Test
    func `a clock that is off says by how much and which way`() {
        let message = ClockFacts(owner: "the database server", difference: 120).finding(.database).message
        #expect(message == "this machine's clock is 2 min behind that of the database server")
    }

    @Test
    func `transactions are told after a minute, with the statement that ends them`() {
        let facts = TransactionFacts(
            writers: [
                .init(pid: "42", description: "role app, idle in transaction", age: 90),
                .init(pid: "43", description: "", age: 5),
            ],
            prepared: [.init(identifier: "it's", database: "d", age: 3_600)]
        )
        let findings = facts.findings(hasSlot: false)
        #expect(findings.map(\.status) == [.warn, .warn])
        #expect(findings[0].message.contains("1 min (role app, idle in transaction): the slot waits for its end"))
        #expect(findings[0].remedies == [.sql("SELECT pg_catalog.pg_terminate_backend(42)")])
        #expect(findings[1].remedies == [.sql("ROLLBACK PREPARED 'it''s'")])
        #expect(TransactionFacts().findings(hasSlot: true).map(\.status) == [.ok])
    }

    @Test
    func `transactions that the role may not look into are told, with what lets it`() {
        let findings = TransactionFacts(hiddenCount: 2, role: "Odd").findings(hasSlot: false)
        #expect(findings.map(\.status) == [.warn])
        #expect(
            findings[0].message.hasPrefix(
                "2 transactions of other roles write now, and role Odd may not see for how long"
            )
        )
        #expect(findings[0].remedies == [.sql("GRANT pg_read_all_stats TO \"Odd\"")])
    }

    @Test(arguments: [
        ("a\"b", "\"a\"\"b\""), ("naïve", "\"naïve\""), ("a\nb\\", "U&\"a\\000ab\\\\\""),
        ("\u{202e}x", "U&\"\\202ex\""),
        ("\u{e0001}", "U&\"\\+0e0001\""),
    ])
    func `names are pasted as one line`(name: String, text: String) {
        #expect(PasteableSQL.identifier(name) == text)
    }

    @Test
    func `a shell is given words as they are`() {
        let url = "postgresql://o'hara@db/$x?a=`b`"
        #expect(PasteableShell.word(url) == "'postgresql://o'\\''hara@db/$x?a=`b`'")
        #expect(
            PasteableShell.command(["a", "--b", "s3://c/d_e.f", "", "~", "g h"]) == "a --b s3://c/d_e.f '' '~' 'g h'"
        )
    }
}
