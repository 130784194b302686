import PostgresWire
import Testing

@testable import Replication

@Suite
struct SlotFactsTests {
    private func slot(_ change: (inout SlotReading) -> Void = { _ in }) -> SlotReading {
        var slot = SlotReading(
            activePID: "7",
            confirmed: LSN(rawValue: 2),
            restart: LSN(rawValue: 1),
            walStatus: "reserved"
        )
        change(&slot)
        return slot
    }

    private func finding(_ slot: SlotReading?, _ wal: WALFacts? = nil) -> Finding {
        SlotFacts(name: "s", slot: slot, retainedByteCount: 3 << 20).findings(wal)[0]
    }

    @Test
    func `a slot that is read is well, and so is one that is yet to be made`() {
        #expect(finding(slot()).status == .ok)
        #expect(finding(slot()).message == "keeps 3.0 MiB of WAL")
        #expect(finding(nil).status == .ok)
    }

    @Test
    func `a slot that nobody reads says what piles up and when it ends`() {
        let wal = WALFacts(measuredRate: 1_048_576, meanRate: nil, keepLimit: 10 << 30)
        let idle = finding(
            slot {
                $0.activePID = nil
                $0.safeByteCount = 3_600 << 20
            },
            wal
        )
        #expect(idle.status == .warn)
        #expect(idle.message.contains("nobody reads it, and it keeps 3.0 MiB of WAL; it is lost after 3.5 GiB more"))
        #expect(idle.message.hasSuffix("at the present rate in 1 h"))
        #expect(idle.remedies.map(\.text).contains("sluice drop"))
    }

    @Test
    func `commands name the settings, database and lake that were looked at`() {
        let command = SluiceCommand(options: ["--config", "a.yaml", "--database", "postgresql://o'hara@db/x?a=b"])
        let facts = SlotFacts(name: "s", slot: slot { $0.walStatus = "lost" }, command: command)
        let options = "--config a.yaml --database 'postgresql://o'\\''hara@db/x?a=b'"
        #expect(
            facts.findings(nil)[0].remedies.map(\.text) == ["sluice drop \(options)", "sluice replicate \(options)"]
        )
    }

    @Test
    func `a slot that is lost or about to be fails`() {
        #expect(finding(slot { $0.walStatus = "lost" }).status == .fail)
        #expect(finding(slot { $0.walStatus = "unreserved" }).status == .fail)
        #expect(finding(slot { $0.safeByteCount = 0 }).status == .fail)
        #expect(finding(slot { $0.foreignKind = "a physical slot" }).status == .fail)
    }

    @Test
    func `of a slot that is about to be lost a higher limit is the first remedy, as it holds at once`() {
        let wal = WALFacts(measuredRate: 0, meanRate: nil, keepLimit: 20 << 30)
        let remedies = finding(slot { $0.walStatus = "unreserved" }, wal).remedies.map(\.text)
        #expect(
            remedies.prefix(2) == [
                "ALTER SYSTEM SET max_slot_wal_keep_size = '40GB';", "SELECT pg_catalog.pg_reload_conf();",
            ]
        )
        #expect(remedies.last == "sluice status")
    }

    @Test(arguments: ["lost", "unreserved"])
    func `a limit that the slot has run into is not well, however little is written now`(status: String) {
        let wal = WALFacts(measuredRate: 0, meanRate: nil, keepLimit: 64 << 20)
        let findings = SlotFacts(name: "s", slot: slot { $0.walStatus = status }).findings(wal)
        #expect(findings.map(\.check) == ["slot", "max_slot_wal_keep_size"])
        #expect(findings.map(\.status) == [.fail, .warn])
        #expect(findings[1].remedies.first == .sql("ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'"))
        #expect(SlotFacts(name: "s", slot: slot()).findings(wal).map(\.status) == [.ok, .ok])
    }

    @Test
    func `a slot that comes close to the limit is told`() {
        let wal = WALFacts(measuredRate: 0, meanRate: nil, keepLimit: 1 << 30)
        #expect(finding(slot { $0.safeByteCount = 400 << 20 }, wal).status == .warn)
        #expect(finding(slot { $0.safeByteCount = 600 << 20 }, wal).status == .ok)
    }

    @Test
    func `slots of others are told when they are idle and keep much`() {
        let others: [SlotFacts.Other] = [
            .init(name: "old", isActive: false, walStatus: "extended", retainedByteCount: 2 << 30),
            .init(name: "busy", isActive: true, walStatus: "extended", retainedByteCount: 2 << 30),
            .init(name: "small", isActive: false, walStatus: "reserved", retainedByteCount: 1 << 20),
        ]
        let findings = SlotFacts(name: "s", others: others).findings(nil).dropFirst()
        #expect(findings.map(\.subject) == ["old"])
        #expect(findings.first?.remedies.last == .sql("SELECT pg_catalog.pg_drop_replication_slot('old')"))
        #expect(findings.first?.remedies.first?.kind == .advice)
    }

    @Test
    func `no room for a slot or a sender fails, unless they are ours already`() {
        let others = [SlotFacts.Other(name: "old", isActive: false, walStatus: "reserved", retainedByteCount: 0)]
        var facts = SlotFacts(name: "s", others: others, slotLimit: 1, senderLimit: 2, senderCount: 2)
        #expect(facts.roomFindings.map(\.status) == [.fail, .fail])
        #expect(facts.roomFindings[0].remedies.first == .sql("ALTER SYSTEM SET max_replication_slots = 6"))
        // Pasted as a whole, nothing of it drops a slot.
        let drop = "Or, if nobody needs old any more: SELECT pg_catalog.pg_drop_replication_slot('old')"
        #expect(facts.roomFindings[0].remedies.last == .advice(drop))
        #expect(facts.roomFindings[0].remedies.allSatisfy { $0.kind == .advice || !$0.text.contains("drop") })
        #expect(facts.roomFindings[1].remedies.first == .sql("ALTER SYSTEM SET max_wal_senders = 7"))
        facts.others = []
        #expect(facts.roomFindings.map(\.status) == [.ok, .fail])
        // Slots of sessions take places, too.
        facts.temporaryCount = 1
        #expect(facts.roomFindings.map(\.status) == [.fail, .fail])
        facts.isRDS = true
        let advice = "in the server's parameter group and reboot it"
        #expect(facts.roomFindings[0].remedies.first == .advice("Set max_replication_slots = 6 \(advice)"))
        #expect(facts.roomFindings[1].remedies == [.advice("Set max_wal_senders = 7 \(advice)")])
        facts.slot = slot()
        #expect(facts.roomFindings.map(\.status) == [.ok, .ok])
    }

    @Test
    func `no limit of WAL is told, with one that does for a usual day`() {
        let finding = WALFacts(measuredRate: 512, meanRate: 1_048_576, keepLimit: nil).finding()
        #expect(finding.status == .warn)
        #expect(finding.message.contains("1.0 MiB of WAL per second on average, 512 B now"))
        #expect(finding.remedies.first == .sql("ALTER SYSTEM SET max_slot_wal_keep_size = '85GB'"))
        let hosted = WALFacts(measuredRate: 512, meanRate: 1_048_576, keepLimit: nil, isRDS: true).finding()
        let advice = "Set max_slot_wal_keep_size = 87040 (megabytes) in the server's parameter group"
        #expect(hosted.remedies.first == .advice(advice))
        let quiet = WALFacts(measuredRate: 0, meanRate: nil, keepLimit: nil).finding()
        #expect(quiet.remedies.first == .sql("ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'"))
    }

    @Test
    func `a burst in the second that was looked at makes no limit of terabytes`() {
        let burst = 114.0 * 1_048_576
        func first(_ facts: WALFacts) -> String? { facts.finding().remedies.first?.text }
        let usual = WALFacts(measuredRate: burst, meanRate: 512, keepLimit: nil)
        #expect(first(usual) == "ALTER SYSTEM SET max_slot_wal_keep_size = '10GB';")
        let unknown = WALFacts(measuredRate: burst, meanRate: nil, keepLimit: nil)
        #expect(first(unknown) == "ALTER SYSTEM SET max_slot_wal_keep_size = '100GB';")
        let always = WALFacts(measuredRate: burst, meanRate: burst, keepLimit: nil)
        #expect(first(always) == "ALTER SYSTEM SET max_slot_wal_keep_size = '2048GB';")
        #expect(WALFacts(measuredRate: .infinity, meanRate: .infinity, keepLimit: .max).raise(beyond: .max).count == 3)
    }

    @Test
    func `a limit is measured by the usual rate of WAL`() {
        #expect(WALFacts(measuredRate: 0, meanRate: 2_097_152, keepLimit: 1 << 30).finding().status == .warn)
        #expect(WALFacts(measuredRate: 2_097_152, meanRate: 100, keepLimit: 1 << 30).finding().status == .ok)
        #expect(WALFacts(measuredRate: 100, meanRate: nil, keepLimit: 1 << 30).finding().status == .ok)
        #expect(WALFacts(measuredRate: 0, meanRate: nil, keepLimit: 0).finding().status == .ok)
        #expect(WALFacts(measuredRate: 5, meanRate: nil, keepLimit: 0).finding().status == .warn)
    }
}
