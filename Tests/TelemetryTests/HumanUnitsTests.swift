import Telemetry
import Testing

@Suite
struct HumanUnitsTests {
    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (100_000, "100,000")])
    func `counts have commas`(value: Int, text: String) {
        #expect(HumanUnits.count(value) == text)
    }

    @Test(arguments: [(0, "0 tables"), (1, "1 table"), (1000, "1,000 tables")])
    func `what is counted is one or several`(value: Int, text: String) {
        #expect(HumanUnits.count(value, of: "table") == text)
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1_048_524, "1023.9 KiB"),
        (1_048_575, "1.0 MiB"),
        (134_217_728, "128.0 MiB"), (Int.max, "8.0 EiB"),
    ])
    func `sizes have a binary unit and never 1024 of one`(value: Int, text: String) {
        #expect(HumanUnits.bytes(value) == text)
    }

    @Test(arguments: [
        (Duration.zero, "0.00"), (.milliseconds(5), "0.01"), (.milliseconds(9994), "9.99"),
        (.milliseconds(9996), "10.0"),
        (.milliseconds(99_940), "99.9"), (.milliseconds(99_960), "100"), (.seconds(123_456), "123,456"),
    ])
    func `seconds have as many decimals as matter`(value: Duration, text: String) {
        #expect(HumanUnits.seconds(value) == text)
    }

    @Test(arguments: [
        (Duration.zero, "0:00"), (.seconds(59), "0:59"), (.milliseconds(59_600), "1:00"), (.seconds(3600), "1:00:00"),
        (.seconds(363_599), "100:59:59"),
    ])
    func `clocks show hours only when there are any`(value: Duration, text: String) {
        #expect(HumanUnits.clock(value) == text)
    }

    @Test(arguments: [
        (Duration.seconds(-3), "0 s"), (.milliseconds(59_900), "59 s"), (.seconds(60), "1 min"),
        (.seconds(3599), "59 min"), (.seconds(3600), "1 h"), (.seconds(11_130), "3 h 5 min"),
        (.seconds(172_799), "47 h 59 min"), (.seconds(172_800), "2 days"), (.seconds(86_400_000), "1,000 days"),
    ])
    func `a span has the one or two units that matter`(value: Duration, text: String) {
        #expect(HumanUnits.span(value) == text)
    }

    @Test
    func `a rate needs time`() {
        #expect(HumanUnits.rate(10, in: .zero) == nil)
        #expect(HumanUnits.rate(10, in: .seconds(4)) == 3)
    }
}
