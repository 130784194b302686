import Testing

@testable import Telemetry

@Suite
struct ServiceHealthTests {
    private let instruments = Instruments()
    private var health: ServiceHealth { instruments.health }
    private let start = ContinuousClock.now

    @Test
    func `a service is ready once it is connected and has a checkpoint`() {
        #expect(health.report().reason == "changes do not stream yet; the log says what is waited for")
        instruments.connected()
        #expect(health.report().reason == "no checkpoint has been written yet")
        health.tookCheckpointOver()
        #expect(health.report().isReady)
    }

    @Test
    func `a lost connection is a reason, without the password that a message may hold`() {
        health.tookCheckpointOver()
        instruments.connected()
        instruments.connectionLost("cannot reach postgresql://sluice:secret@db/billing")
        let reason = health.report().reason ?? ""
        #expect(reason.hasPrefix("the connection to the database is lost: cannot reach") && !reason.contains("secret"))
        instruments.connected()
        #expect(health.report().isReady)
    }

    @Test
    func `changes that wait too long are a reason, with what keeps them`() {
        health.tookCheckpointOver()
        instruments.connected()
        health.setPatience(.seconds(60))
        health.received(at: start)
        #expect(health.report(at: start + .seconds(59)).isReady)
        health.obstructed("cannot write a yet: no answer")
        let report = health.report(at: start + .seconds(120))
        #expect(report.reason == "changes have waited for the lake for 2 min: cannot write a yet: no answer")
        #expect(health.unconfirmedAge(at: start + .seconds(120)) == .seconds(120))
    }

    @Test
    func `a checkpoint begins the wait anew while more has come, and an idle service waits for nothing`() {
        health.tookCheckpointOver()
        instruments.connected()
        health.setPatience(.seconds(60))
        health.received(at: start)
        health.checkpointed(at: start + .seconds(50))
        #expect(health.report(at: start + .seconds(100)).isReady)
        health.settled()
        #expect(health.report(at: start + .seconds(9_999)).isReady)
    }

    @Test
    func `a service that ends is not ready, even if it connects once more`() {
        health.tookCheckpointOver()
        health.ends()
        instruments.connected()
        #expect(health.report().reason == "the process is about to end")
    }
}
