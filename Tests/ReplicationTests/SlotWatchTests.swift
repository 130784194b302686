import Testing

@testable import Replication

@Suite
struct SlotWatchTests {
    private static let gibibyte = 1 << 30
    private let start = ContinuousClock.now
    private var watch = SlotWatch(slot: "s")

    private func seen(
        after seconds: Int,
        _ status: String = "reserved",
        kept: Double,
        limit: Double? = 5
    ) -> SlotWatch.Observation {
        SlotWatch.Observation(
            time: start + .seconds(seconds),
            walStatus: status,
            retainedByteCount: Int(kept * Double(Self.gibibyte)),
            safeByteCount: limit.map { Int(($0 - kept) * Double(Self.gibibyte)) },
            limit: limit.map { Int($0 * Double(Self.gibibyte)) }
        )
    }

    @Test
    mutating func `while half of the limit is left nothing is said`() {
        #expect(watch.note(seen(after: 0, kept: 0)) == nil)
        #expect(watch.note(seen(after: 30, kept: 2.5)) == nil)
        #expect(watch.note(seen(after: 60, kept: 40, limit: nil)) == nil)
    }

    @Test
    mutating func `a warning names what is kept and the time left at the present rate`() throws {
        #expect(watch.note(seen(after: 0, kept: 2)) == nil)
        let warning = watch.note(seen(after: 60, kept: 3))
        let text = try #require(warning)
        #expect(
            text.hasPrefix("slot s keeps 3.0 GiB of WAL; at the present rate the limit of 5.0 GiB is reached in 2 min")
        )
        #expect(text.contains("raise max_slot_wal_keep_size"))
    }

    @Test
    mutating func `without growth there is no time left to name`() throws {
        let warning = watch.note(seen(after: 0, kept: 3))
        let text = try #require(warning)
        #expect(text.contains("does not grow at present; 2.0 GiB are left until the limit of 5.0 GiB"))
        #expect(watch.timeLeft == nil)
        _ = watch.note(seen(after: 30, kept: 2.9))
        #expect(watch.timeLeft == nil)
    }

    @Test
    mutating func `the rate is that of the last five minutes`() {
        _ = watch.note(seen(after: 0, kept: 0))
        _ = watch.note(seen(after: 600, kept: 2))
        _ = watch.note(seen(after: 700, kept: 3))
        #expect(watch.timeLeft == .seconds(200))
    }

    @Test
    mutating func `the same is said every ten minutes and worse at once`() {
        #expect(watch.note(seen(after: 0, kept: 2.6)) != nil)
        #expect(watch.note(seen(after: 30, kept: 3)) == nil)
        #expect(watch.note(seen(after: 60, kept: 3.9)) != nil)
        // Better meanwhile, then as bad as before.
        #expect(watch.note(seen(after: 90, kept: 1)) == nil)
        #expect(watch.note(seen(after: 120, kept: 3.9)) == nil)
        #expect(watch.note(seen(after: 150, kept: 4.6)) != nil)
        #expect(watch.note(seen(after: 180, "lost", kept: 0)) != nil)
        #expect(watch.note(seen(after: 210, "lost", kept: 0)) == nil)
        #expect(watch.note(seen(after: 780, "lost", kept: 0)) != nil)
    }

    @Test(arguments: [
        ("reserved", 2.0, SlotWatch.Severity.harmless), ("extended", 2.0, .extended), ("reserved", 2.6, .half),
        ("extended", 3.8, .quarter), ("extended", 4.6, .urgent), ("unreserved", 2.0, .urgent), ("lost", 0.0, .lost),
        ("", 0.0, .harmless),
    ])
    func `severity follows the status and what is left`(status: String, kept: Double, severity: SlotWatch.Severity) {
        #expect(SlotWatch.severity(of: seen(after: 0, status, kept: kept)) == severity)
    }

    @Test
    mutating func `without a limit the disk is what may fill up`() throws {
        let warning = watch.note(seen(after: 0, "extended", kept: 3, limit: nil))
        let text = try #require(warning)
        #expect(text.contains("slot s keeps 3.0 GiB of WAL, and no limit is set"))
    }

    @Test
    mutating func `a limit that is passed already is reached in no time`() {
        _ = watch.note(seen(after: 0, kept: 5))
        _ = watch.note(seen(after: 30, "unreserved", kept: 6))
        #expect(watch.timeLeft == .zero)
    }
}

@Suite
struct PublicationWatchTests {
    private let a = PublishedTable(oid: 1, schema: "public", name: "a")
    private let b = PublishedTable(oid: 2, schema: "public", name: "b")

    @Test
    func `a table is noticed once when it comes and once when it leaves`() {
        var watch = PublicationWatch([a])
        #expect(watch.note([a]) == .init())
        #expect(watch.note([a, b]) == .init(arrived: [b]))
        #expect(watch.note([a, b]) == .init())
        #expect(watch.note([b]) == .init(left: [a]))
        #expect(watch.note([b]) == .init())
        #expect(watch.note([a, b]) == .init(arrived: [a]))
    }

    @Test
    func `a renamed table has not left and one made again has come`() {
        var watch = PublicationWatch([a, b])
        #expect(watch.note([PublishedTable(oid: 1, schema: "public", name: "c"), b]) == .init())
        let again = PublishedTable(oid: 3, schema: "public", name: "b")
        #expect(watch.note([a, again]) == .init(arrived: [again]))
    }

    @Test
    func `names are quoted for commands`() {
        #expect(PublishedTable(oid: 1, schema: "s", name: "O\"dd").qualifiedName == "\"s\".\"O\"\"dd\"")
    }

    @Test
    func `a table that was taken out and put back between two looks has left`() {
        var first = a
        first.membership = "100"
        var watch = PublicationWatch([first, b])
        var again = a
        again.membership = "200"
        #expect(watch.note([again, b]).left == [first])
        #expect(watch.note([again, b]) == .init())
    }
}
