import PostgresWire
import Testing

@testable import Replication

@Suite
struct LagEstimateTests {
    private let start = ContinuousClock.now
    private var estimate = LagEstimate()

    /// Takes in a look at a number of seconds.
    private mutating func look(_ seconds: Int, server: UInt64, durable: UInt64) -> Int {
        let lag = estimate.note(LSN(rawValue: server), at: start + .seconds(seconds), durable: LSN(rawValue: durable))
        return Int(lag.components.seconds)
    }

    @Test
    mutating func `a lake that has everything has no lag, however long nothing was written`() {
        #expect(look(0, server: 100, durable: 100) == 0)
        #expect(look(10, server: 100, durable: 100) == 0)
        #expect(look(9_000, server: 100, durable: 150) == 0)
    }

    @Test
    mutating func `the lag begins with the last look at which the lake had all there was`() {
        #expect(look(0, server: 100, durable: 100) == 0)
        #expect(look(10, server: 200, durable: 100) == 10)
        #expect(look(20, server: 300, durable: 100) == 20)
        #expect(look(30, server: 400, durable: 200) == 20)
        #expect(look(40, server: 400, durable: 350) == 20)
        #expect(look(50, server: 400, durable: 400) == 0)
    }

    @Test
    mutating func `what was behind at the first look is so since then`() {
        #expect(look(0, server: 500, durable: 100) == 0)
        #expect(look(60, server: 500, durable: 100) == 60)
        #expect(look(70, server: 600, durable: 500) == 10)
        #expect(look(80, server: 600, durable: 600) == 0)
    }

    @Test
    mutating func `a lag of days costs no memory, and its beginning stays known`() {
        _ = look(0, server: 1, durable: 1)
        for number in 1...3 * LagEstimate.sampleLimit { _ = look(number * 10, server: UInt64(number + 1), durable: 1) }
        #expect(look(100_000, server: 99_999, durable: 1) == 100_000)
    }
}
